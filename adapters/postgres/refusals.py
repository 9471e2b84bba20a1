"""What the API refused to whom for want of a right: counted by the hour, so that nobody fills the table by asking."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.api import api_refusal

_KEY: Final = ("caller", "method", "route", "code", "hour")
_THIS_HOUR: Final = func.date_trunc("hour", func.now(), "UTC")


@dataclass(frozen=True, slots=True)
class StoredRefusal:
    """What was refused to somebody in an hour, and how often; `at` and `detail` are of the last time."""

    at: datetime
    caller: str
    method: str
    route: str
    code: str
    detail: str
    count: int
    first_at: datetime


async def refused(engine: AsyncEngine, caller: str, method: str, route: str, code: str, detail: str) -> None:
    """Write down that somebody was refused something for want of a right."""
    row = {"caller": caller, "method": method, "route": route, "code": code, "detail": detail}
    fresh = insert(api_refusal).values(**row, hour=_THIS_HOUR, first_at=func.now())
    again = {"count": api_refusal.c.count + 1, "at": func.now(), "detail": fresh.excluded.detail}
    async with engine.begin() as connection:
        await connection.execute(fresh.on_conflict_do_update(index_elements=_KEY, set_=again))


async def refusals(engine: AsyncEngine, limit: int) -> list[StoredRefusal]:
    """Return what was refused, the newest first."""
    names = [name for name in StoredRefusal.__dataclass_fields__ if name != "first_at"]
    first = func.coalesce(api_refusal.c.first_at, api_refusal.c.at).label("first_at")
    statement = select(*(api_refusal.c[name] for name in names), first).order_by(api_refusal.c.at.desc()).limit(limit)
    async with engine.connect() as connection:
        return [StoredRefusal(**row) for row in (await connection.execute(statement)).mappings()]
