"""Timers: deadlines of orders, armed, disarmed and due."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from adapters.postgres.encoding import columns
from adapters.postgres.session import Session
from adapters.postgres.statements import Input
from adapters.rows.batch import Batch
from adapters.rows.references import Lost
from adapters.rows.timers import TimerRow

DISARMED: Final[Input[Batch]] = Input("disarmed", "text text", lambda batch: columns(batch.disarmed, 2))
ARMED: Final[Input[Batch]] = Input(
    "armed",
    "text text text timestamptz",
    lambda batch: columns([(t.subject, t.timer_id, t.kind, t.due_at) for t in batch.armed], 4),
)
STORED: Final = """disarmed AS (
  DELETE FROM timers USING mine, {disarmed} AS row (o, t)
  WHERE order_id = row.o AND timer_id = row.t
), armed AS (
  INSERT INTO timers (shard, order_id, timer_id, kind, due_at)
  SELECT k, o, t, w, d FROM mine, {armed} AS row (o, t, w, d)
  ON CONFLICT (order_id, timer_id) DO UPDATE SET due_at = excluded.due_at, kind = excluded.kind
)"""

NOTICE: Final = """INSERT INTO timers (shard, order_id, timer_id, kind, due_at)
  SELECT $1::int, o, t, w, now() FROM unnest($2::text[], $3::text[], $4::text[]) AS row (o, t, w)
  ON CONFLICT DO NOTHING"""


class Timers:
    """The timers of a shard."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def notice(self, lost: Iterable[Lost]) -> None:
        """Have orders told at once of numbers that others have."""
        now = datetime.now(UTC)  # replaced by PostgreSQL's own
        told = [each.notice(now) for each in lost]
        rows = list(dict.fromkeys((each.subject, each.timer_id, each.kind) for each in told if each is not None))
        if rows:
            await self._session.connection.execute(NOTICE, self._session.shard, *columns(rows, 3))

    async def due(self, until: datetime, limit: int = 500) -> list[TimerRow]:
        """Return the timers that are due by then."""
        rows = await self._session.connection.fetch(
            """SELECT order_id, timer_id, kind, due_at FROM timers WHERE shard = $1 AND due_at <= $2
            ORDER BY due_at, order_id, timer_id LIMIT $3""",
            self._session.shard,
            until,
            limit,
        )
        return [TimerRow(*row) for row in rows]
