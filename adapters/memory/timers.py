"""Timers: deadlines of orders, armed, disarmed and due."""

from datetime import datetime

from adapters.memory.session import Session
from adapters.rows.batch import Batch
from adapters.rows.timers import TimerRow


class Timers:
    """The timers of a shard."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, batch: Batch) -> None:
        """Disarm timers, then arm others."""
        timers = self._session.store.timers
        for key in batch.disarmed:
            timers.pop(key, None)
        timers |= {(timer.subject, timer.timer_id): (self._session.shard, timer) for timer in batch.armed}

    async def due(self, until: datetime, limit: int = 500) -> list[TimerRow]:
        """Return the timers that are due by then."""
        timers, shard = self._session.store.timers.values(), self._session.shard
        found = [row for owner, row in timers if owner == shard and row.due_at <= until]
        return sorted(found, key=lambda row: (row.due_at, row.subject, row.timer_id))[:limit]
