"""The proof from outside: the log, the journal, the orders and their listing compared; nothing is changed."""

from dataclasses import replace
from typing import Final

from hub.desk import listing
from hub.desk.errors import DatabasesAreUnnamed, ListingIsNotBuilt
from hub.desk.resources import Desk
from verification import Check, Difference, Verification, verify
from verification import Report as Report

LISTED: Final = 50
"""Orders whose listing differs that are told by name."""
BEGINNING: Final = "Verifying: every record, every decision, every message"
"""What a face says before: it takes a while."""


async def prove(desk: Desk) -> Report:
    """Return what the comparison found, of the listing too if this database has one; raises DatabasesAreUnnamed."""
    settings = desk.settings
    others, (_, parts) = settings.other_databases(), settings.database.share
    if len(others) != parts - 1:
        raise DatabasesAreUnnamed(parts)
    wanted = Verification(
        desk.kafka, settings.database_url(), settings.shards, others=others, tls=settings.database.tls()
    )
    return await _with_listing(desk, await verify(wanted))


async def _with_listing(desk: Desk, report: Report) -> Report:
    try:
        found = await listing.look(desk)
    except ListingIsNotBuilt:
        return report
    check = Check("listing", found.checked, len(found.differences))
    told = [Difference(f"listing {each.what}", f"order {each.order_id}", _MEND) for each in found.differences[:LISTED]]
    return replace(report, checks=(*report.checks, check), differences=(*report.differences, *told))


_MEND: Final = "it isn't listed as its document says: hub listing check --mend"
