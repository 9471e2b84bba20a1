"""What each partner said by the hour: counted with the samples, from the batches that were stored since the last one.

The pipeline does nothing for it. A sample adds a row or two for each partner that spoke in that second; who makes
sources up is counted under none of them once an hour has 500.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.tables.api import partner_hour

KEPT: Final = timedelta(days=2)
ROOM: Final = 500
"""Sources that are counted by themselves in an hour, in the order in which they come."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What a partner said in an hour: events that came to a decision, those of them that were late, and failures."""

    hour: datetime
    events: int
    late: int
    failed: int


async def tidy(connection: AsyncConnection) -> int:
    """Drop what is kept no longer; returns how many rows."""
    return (await connection.execute(delete(partner_hour).where(partner_hour.c.hour < func.now() - KEPT))).rowcount


async def of(engine: AsyncEngine, source: str, since: datetime) -> list[Hour]:
    """Return the hours since then in which a partner said something, the oldest first."""
    columns = [partner_hour.c[name] for name in Hour.__dataclass_fields__]
    here = (partner_hour.c.source == source, partner_hour.c.hour >= since)
    async with engine.connect() as connection:
        rows = await connection.execute(select(*columns).where(*here).order_by(partner_hour.c.hour))
        return [Hour(**row) for row in rows.mappings()]
