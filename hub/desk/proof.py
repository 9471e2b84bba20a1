"""The proof from outside: the log, the journal and the orders compared; nothing is changed."""

from typing import Final

from hub.desk.errors import DatabasesAreUnnamed
from hub.desk.resources import Desk
from verification import Report as Report
from verification import Verification, verify

BEGINNING: Final = "Verifying: every record, every decision, every message"
"""What a face says before: it takes a while."""


async def prove(desk: Desk) -> Report:
    """Return what the comparison found; raises DatabasesAreUnnamed."""
    settings = desk.settings
    others, (_, parts) = settings.other_databases(), settings.database.share
    if len(others) != parts - 1:
        raise DatabasesAreUnnamed(parts)
    return await verify(
        Verification(desk.kafka, settings.database_url(), settings.shards, ahead=settings.clock.ahead, others=others)
    )
