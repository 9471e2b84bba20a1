"""Timers: deadlines of orders, armed, disarmed and due."""

from datetime import datetime
from typing import Final

from adapters.postgres.encoding import columns
from adapters.postgres.session import Session
from adapters.postgres.statements import Input
from adapters.rows.batch import Batch
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


class Timers:
    """The timers of a shard."""

    def __init__(self, session: Session) -> None:
        self._session = session

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
