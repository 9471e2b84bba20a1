"""What batches hold, counted in one reading: the figures of a second, and what each partner said in the hour."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres.failed_reads import FAILED
from adapters.postgres.partner_hours import ROOM
from contracts.topics import API_SOURCE
from domain.deciding.decision import Outcome

Figures = Mapping[str, float | None]
_COUNT: Final = text(
    """WITH spans AS (
      SELECT * FROM unnest(CAST(:shards AS int[]), CAST(:since AS bigint[]), CAST(:until AS bigint[])) AS s(k, a, b)
    ), decided AS MATERIALIZED (
      SELECT j.source, j.outcome, j.refers_to, CASE WHEN j.refers_to IS NULL
        THEN 1000 * extract(epoch FROM j.recorded_at - j.appended_at)::float END AS ms
      FROM spans CROSS JOIN LATERAL (SELECT * FROM journal WHERE shard = k AND batch > a AND batch <= b
        ORDER BY shard, batch, n LIMIT :rows) AS j
    ), failed AS MATERIALIZED (
      SELECT f.source, f.kind FROM spans CROSS JOIN LATERAL (SELECT source, kind FROM set_aside
        WHERE shard = k AND batch > a AND batch <= b AND kind = ANY(:kinds) LIMIT :rows) AS f
    ), said AS (
      SELECT source, 1 AS events, (outcome = 'late')::int AS late, 0 AS failed FROM decided WHERE refers_to IS NULL
      UNION ALL
      SELECT source, 0, 0, 1 FROM failed WHERE kind IN ('dead_letter', 'quarantined') AND source IS NOT NULL
    ), summed AS (
      SELECT source, sum(events) AS events, sum(late) AS late, sum(failed) AS failed,
        EXISTS (SELECT 1 FROM partner_hour p WHERE p.hour = :hour AND p.source = said.source) AS known
      FROM said WHERE source NOT LIKE '/hub/%' AND source <> :api AND source <> '' GROUP BY source
    ), ranked AS (
      SELECT *, row_number() OVER (PARTITION BY known ORDER BY events DESC, source) AS place FROM summed
    ), placed AS (
      SELECT CASE WHEN known OR place <= :room - (SELECT count(*) FROM partner_hour WHERE hour = :hour)
        THEN source ELSE '' END AS source, events, late, failed FROM ranked
    ), kept AS (
      INSERT INTO partner_hour AS held (hour, source, events, late, failed)
      SELECT :hour, source, sum(events), sum(late), sum(failed) FROM placed GROUP BY source
      ON CONFLICT (hour, source) DO UPDATE SET events = held.events + excluded.events,
        late = held.late + excluded.late, failed = held.failed + excluded.failed
    )
    SELECT coalesce(outcome, 'decided') AS what, count(*) AS count,
      percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS p50, percentile_disc(0.99) WITHIN GROUP (ORDER BY ms) AS p99
    FROM decided GROUP BY GROUPING SETS ((outcome), ())
    UNION ALL SELECT 'failed', count(*), NULL, NULL FROM failed"""
)


@dataclass(frozen=True, slots=True)
class Spans:
    """Some batches: of each of the `shards` those after `since`, `until` included, and so many `rows` at most."""

    shards: Sequence[int]
    since: Sequence[int]
    until: Sequence[int]
    rows: int


async def count(connection: AsyncConnection, spans: Spans, seconds: float, now: datetime) -> Figures:
    """Return what batches hold, as so much a second, and how long it took; adds it to the partners' hour."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    given = {**asdict(spans), "kinds": [kind.value for kind in FAILED], "hour": hour, "room": ROOM, "api": API_SOURCE}
    rows = (await connection.execute(_COUNT, given)).mappings().all()
    whole = next(row for row in rows if row["what"] == "decided")
    found: dict[str, float | None] = {outcome.value: 0.0 for outcome in Outcome}
    return (
        found | {row["what"]: row["count"] / seconds for row in rows} | {"p50_ms": whole["p50"], "p99_ms": whole["p99"]}
    )
