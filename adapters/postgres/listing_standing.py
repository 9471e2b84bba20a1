"""How the listing stands: how far behind the shards, whether it is being built, and what its last check found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class StoredStanding:
    """What is stored of the listing; `walked` is None while nothing is built, `behind` is in seconds."""

    form: int
    walked: str | None
    done: int
    total: int
    begun_at: datetime
    built_at: datetime | None
    checked_at: datetime | None
    differences: int | None
    behind: float


_STANDING: Final = text(
    """SELECT form, walked, done, total, begun_at, built_at, checked_at, differences, coalesce((
      SELECT extract(epoch FROM now() - min(oldest.recorded_at)) FROM listing l JOIN shard s ON s.k = l.shard
      CROSS JOIN LATERAL (SELECT recorded_at FROM journal j WHERE j.shard = l.shard AND j.batch > l.batch
        ORDER BY j.shard, j.batch LIMIT 1) AS oldest WHERE s.batch > l.batch), 0)::float AS behind
    FROM listing_build WHERE id = 1"""
)


async def standing(connection: AsyncConnection) -> StoredStanding | None:
    """Return how the listing stands, None where nobody has begun to build one."""
    row = (await connection.execute(_STANDING)).mappings().first()
    return None if row is None else StoredStanding(**row)
