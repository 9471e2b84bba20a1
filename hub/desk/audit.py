"""Audit: what operators did, which locks were ended by force, and what was refused to whom over HTTP."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import cast

from adapters.postgres import api_calls, api_problems, audit_reads, people, sign_ins
from adapters.postgres import refusals as stored
from adapters.postgres.audit_reads import AuditEntry as AuditEntry
from adapters.postgres.audit_reads import AuditFilter as AuditFilter
from adapters.postgres.audit_reads import EntryKind as EntryKind
from adapters.postgres.refusals import StoredRefusal as StoredRefusal
from hub.desk import cursors
from hub.desk.callers import Caller
from hub.desk.paging import Paging
from hub.desk.resources import Desk


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries of the audit, the newest first, and where the next page begins if there is one."""

    items: Sequence[AuditEntry]
    next_cursor: str | None


async def entries(desk: Desk, caller: Caller, wanted: AuditFilter, paging: Paging) -> AuditPage:
    """Return a page of the audit; what names an order only where the caller may see it.

    Raises CursorIsInvalid or CursorMismatches.
    """
    of = cursors.fingerprint("audit", {name: _plain(held) for name, held in asdict(wanted).items()})
    after = None if paging.cursor is None else cursors.read(paging.key, of, paging.cursor)
    place = None if after is None else cast("tuple[datetime, str, str]", tuple(after))
    found = await audit_reads.entries(desk.engine, replace(wanted, stores=caller.sees), place, paging.limit + 1)
    here = found[: paging.limit]
    if len(found) == len(here):
        return AuditPage(here, None)
    last = here[-1]
    return AuditPage(here, cursors.written(paging.key, of, [last.at, last.kind, last.id]))


def _plain(held: object) -> object:
    return sorted(held) if isinstance(held, (tuple, frozenset)) else held


async def refused(desk: Desk, caller: Caller, method: str, route: str, code: str, detail: str) -> None:
    """Write down that somebody was refused something for want of a right; `route` as declared."""
    await stored.refused(desk.engine, caller.id, method, route, code, detail)


async def signed_in(desk: Desk, caller: Caller) -> None:
    """Write down that somebody uses the API in this hour."""
    await sign_ins.signed_in(desk.engine, caller.id, caller.tool)


async def refusals(desk: Desk, limit: int) -> Sequence[StoredRefusal]:
    """Return what was refused, the newest first."""
    return await stored.refusals(desk.engine, limit)


async def tidy(desk: Desk) -> int:
    """Drop what is kept no longer; returns how many rows.

    Acts and problems are kept for a week, refusals and sign-ins for 90 days, partners' hours for two days, names of
    people for a year.
    """
    kept = (api_calls, api_problems, people)
    return sum([await each.tidy(desk.engine) for each in kept])
