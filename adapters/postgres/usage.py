"""When rows were used last: noted so seldom that what is used all the time is not written all the time."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Table, func, or_, update
from sqlalchemy.ext.asyncio import AsyncEngine


async def note(engine: AsyncEngine, table: Table, ids: Collection[str], every: timedelta) -> None:
    """Note that rows are used now, where that was noted longer ago than `every`, or never."""
    if not ids:
        return
    column = table.c
    stale = or_(column.used_at.is_(None), column.used_at < func.now() - every)
    async with engine.begin() as connection:
        await connection.execute(update(table).where(column.id.in_(ids), stale).values(used_at=func.now()))
