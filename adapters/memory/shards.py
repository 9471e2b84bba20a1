"""A shard's row: who may write its batches, which was the last, and what operators want of it."""

from datetime import UTC, datetime

from adapters.errors import LostShard
from adapters.memory.positions import paused
from adapters.memory.session import Session
from adapters.rows.batch import Batch
from adapters.rows.shards import TakenOver, Wishes


class ShardState:
    """What the store knows of a shard as a whole."""

    def __init__(self, session: Session) -> None:
        self.number = session.shard
        self._session = session

    def take(self) -> TakenOver:
        """Write the session's token into the row."""
        row = self._session.row
        row.token = self._session.token
        return TakenOver(row.batch, row.emitted, row.stopped)

    def check(self, batch: Batch) -> None:
        """Refuse a batch of who isn't the owner, or that isn't the next one; raises LostShard."""
        if not self._session.owns or self._session.row.batch != batch.number - 1:
            raise LostShard(self.number)

    def write(self, batch: Batch, emitted: int) -> None:
        """Let a batch be the last one; its owner did not die."""
        row = self._session.row
        row.batch, row.emitted = batch.number, emitted
        row.unfinished, row.trying = 0, None

    async def opened(self) -> tuple[int, str | None]:
        """Return how many owners in a row stored nothing, this one included, and what the last one had in hand."""
        if not self._session.owns:
            raise LostShard(self.number)
        row = self._session.row
        row.unfinished += 1
        return row.unfinished, row.trying

    async def note_trying(self, what: str | None) -> None:
        """Write down what is in hand, for whoever owns the shard when this process has died of it."""
        if self._session.owns:
            self._session.row.trying = what

    async def ended_well(self) -> None:
        """Write down that this owner did not die."""
        if self._session.owns:
            self._session.row.unfinished, self._session.row.trying = 0, None

    async def note_emitted(self, emitted: int) -> None:
        """Copy Kafka's mark when no batch comes that would carry it."""
        if self._session.owns:
            self._session.row.emitted = emitted

    async def stop(self, reason: str) -> None:
        """Write down why the shard stops; it stays stopped until somebody resumes it."""
        if self._session.owns:
            self._session.row.stopped = reason

    async def wishes(self) -> Wishes:
        """Return what operators want of this shard just now."""
        store = self._session.store
        work = any(row.asked for row in store.quarantine.values() if row.shard == self.number)
        return Wishes(self._session.row.stopped, frozenset(paused(store, self.number)), work, datetime.now(UTC))
