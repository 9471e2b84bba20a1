"""Audit: what was refused to whom over HTTP."""

from collections.abc import Sequence

from adapters.postgres import api_calls
from adapters.postgres import refusals as stored
from adapters.postgres.refusals import StoredRefusal as StoredRefusal
from hub.desk.callers import Caller
from hub.desk.resources import Desk


async def refused(desk: Desk, caller: Caller, method: str, route: str, code: str, detail: str) -> None:
    """Write down that somebody was refused something for want of a right; `route` as declared."""
    await stored.refused(desk.engine, caller.id, method, route, code, detail)


async def refusals(desk: Desk, limit: int) -> Sequence[StoredRefusal]:
    """Return what was refused, the newest first."""
    return await stored.refusals(desk.engine, limit)


async def tidy(desk: Desk) -> int:
    """Drop what is kept no longer: acts after a week, refusals after 90 days; returns how many rows."""
    return await api_calls.tidy(desk.engine)
