"""Reads of the sources of events for people: what came of each of late, what failed, which are paused.

The journal has no index by source: of each shard the latest decisions are looked at, so many and no more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.operations import pause
from adapters.postgres.tables.set_aside import set_aside

WINDOW: Final = 2_000
"""Decisions of each shard that are looked at."""
OVERDUE_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Heard:
    """What a source said of late: how many events of a type in a topic, and when the last one was stored."""

    source: str
    topic: str
    type: str
    count: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Failing:
    """Records of a source that failed and are open: of which kind, how many, and since when."""

    source: str
    kind: str
    count: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """A paused source: who paused it, why and since when."""

    source: str
    who: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Overdue:
    """Answers that a party owes and that are late: which message, how many orders wait, since when the first is due."""

    by: str
    what: str
    count: int
    oldest: datetime


_HEARD: Final = text(
    """SELECT late.source, late.topic, late.type, count(*) AS count, max(late.recorded_at) AS last
    FROM shard s CROSS JOIN LATERAL (
      SELECT source, topic, type, recorded_at FROM journal WHERE journal.shard = s.k
      ORDER BY batch DESC, n DESC LIMIT :rows) AS late
    WHERE late.source NOT LIKE '/hub/%' AND late.source <> '/api'
    GROUP BY late.source, late.topic, late.type ORDER BY late.source, late.topic, late.type"""
)
_SINCE: Final = text(
    """SELECT max(oldest) FROM shard s CROSS JOIN LATERAL (
      SELECT recorded_at AS oldest FROM journal WHERE journal.shard = s.k
      ORDER BY batch DESC, n DESC OFFSET :rows - 1 LIMIT 1) AS late"""
)
_OVERDUE: Final = text(
    """SELECT late.by, late.what, count(*) AS count, min(late.at) AS oldest
    FROM (SELECT by, what, at FROM reason_list WHERE kind = 'overdue' ORDER BY at LIMIT :rows) AS late
    GROUP BY late.by, late.what ORDER BY late.by, late.what"""
)


async def heard(engine: AsyncEngine, rows: int = WINDOW) -> tuple[list[Heard], datetime | None]:
    """Return what partners said in so many latest decisions of each shard, and since when that is all they said.

    None: it is all that they ever said.
    """
    async with engine.connect() as connection:
        found = [Heard(**row) for row in (await connection.execute(_HEARD, {"rows": rows})).mappings()]
        since: datetime | None = await connection.scalar(_SINCE, {"rows": rows})
    return found, since


async def failing(engine: AsyncEngine) -> list[Failing]:
    """Return how many records of each source are failed and open, by kind."""
    column = set_aside.c
    open_ = text("closed_batch IS NULL AND kind IN ('dead_letter', 'quarantined', 'held', 'waiting')")  # as the index
    at = (func.count().label("count"), func.min(column.recorded_at).label("first"))
    last = func.max(column.recorded_at).label("last")
    statement = select(column.source, column.kind, *at, last).where(open_, ~column.archived, column.source.is_not(None))
    async with engine.connect() as connection:
        rows = await connection.execute(statement.group_by(column.source, column.kind))
        return [Failing(**row) for row in rows.mappings()]


async def paused(engine: AsyncEngine) -> list[Pause]:
    """Return the sources whose records are kept back."""
    async with engine.connect() as connection:
        return [Pause(**row) for row in (await connection.execute(select(pause))).mappings()]


async def overdue(engine: AsyncEngine) -> list[Overdue]:
    """Return the answers that are late, by who owes them; of very many the oldest."""
    async with engine.connect() as connection:
        return [Overdue(**row) for row in (await connection.execute(_OVERDUE, {"rows": OVERDUE_ROWS})).mappings()]
