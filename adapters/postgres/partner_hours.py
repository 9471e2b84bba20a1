"""What each partner said by the hour: counted with the samples, from the batches that were stored since the last one.

The pipeline does nothing for it. A sample adds a row or two for each partner that spoke in that second; who makes
sources up is counted under none of them once an hour has 500.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.tables.api import partner_hour
from contracts.topics import API_SOURCE

KEPT: Final = timedelta(days=2)
ROOM: Final = 500
"""Sources that are counted by themselves in an hour, in the order in which they come."""
_COUNT: Final = text(
    """WITH spans AS (
      SELECT * FROM unnest(CAST(:shards AS int[]), CAST(:since AS bigint[]), CAST(:until AS bigint[])) AS s(k, a, b)
    ), said AS (
      SELECT j.source, 1 AS events, (j.outcome = 'late')::int AS late, 0 AS failed FROM spans CROSS JOIN LATERAL (
        SELECT source, outcome, refers_to FROM journal WHERE shard = k AND batch > a AND batch <= b
        ORDER BY shard, batch, n LIMIT :rows) AS j WHERE j.refers_to IS NULL
      UNION ALL
      SELECT f.source, 0, 0, 1 FROM spans CROSS JOIN LATERAL (
        SELECT source FROM set_aside WHERE shard = k AND batch > a AND batch <= b
          AND kind IN ('dead_letter', 'quarantined') AND source IS NOT NULL LIMIT :rows) AS f
    ), summed AS (
      SELECT source, sum(events) AS events, sum(late) AS late, sum(failed) AS failed,
        EXISTS (SELECT 1 FROM partner_hour p WHERE p.hour = :hour AND p.source = said.source) AS known
      FROM said WHERE source NOT LIKE '/hub/%' AND source <> :api AND source <> '' GROUP BY source
    ), ranked AS (
      SELECT *, row_number() OVER (PARTITION BY known ORDER BY events DESC, source) AS place FROM summed
    ), placed AS (
      SELECT CASE WHEN known OR place <= :room - (SELECT count(*) FROM partner_hour WHERE hour = :hour)
        THEN source ELSE '' END AS source, events, late, failed FROM ranked
    )
    INSERT INTO partner_hour AS held (hour, source, events, late, failed)
    SELECT :hour, source, sum(events), sum(late), sum(failed) FROM placed GROUP BY source
    ON CONFLICT (hour, source) DO UPDATE SET events = held.events + excluded.events,
      late = held.late + excluded.late, failed = held.failed + excluded.failed"""
)


@dataclass(frozen=True, slots=True)
class Hour:
    """What a partner said in an hour: events that came to a decision, those of them that were late, and failures."""

    hour: datetime
    events: int
    late: int
    failed: int


async def count(connection: AsyncConnection, spans: Mapping[str, object], now: datetime) -> None:
    """Add what partners said in some batches (`shards`, `since`, `until`, and `rows` at most) to the hour of now."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    if spans["shards"]:
        await connection.execute(_COUNT, {**spans, "hour": hour, "room": ROOM, "api": API_SOURCE})


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
