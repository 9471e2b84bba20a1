"""Positions: how far a shard's partitions are read, and which are read no further."""

from collections.abc import Sequence
from dataclasses import replace

from adapters.errors import LostShard
from adapters.memory.session import Session
from adapters.memory.tables import MemoryStore
from adapters.rows.batch import Batch
from adapters.rows.positions import Place, PositionRow


class Positions:
    """The positions of a shard's partitions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, batch: Batch) -> None:
        """Move the positions; the last record stays known where a batch says nothing of it."""
        there = self._session.store.positions
        for row in batch.positions:
            place = (row.topic, row.partition)
            before = there.get(place)
            if before is not None:
                offset = before[1].last_offset if row.last_offset is None else row.last_offset
                row = replace(row, last_offset=offset, digest=before[1].digest if row.digest is None else row.digest)
            there[place] = (self._session.shard, row)

    async def read(self) -> list[PositionRow]:
        """Return the positions; raises LostShard."""
        if not self._session.owns:
            raise LostShard(self._session.shard)
        return [row for shard, row in self._session.store.positions.values() if shard == self._session.shard]

    async def write_starts(self, starts: Sequence[PositionRow]) -> None:
        """Write down where partitions begin that were never read."""
        for start in starts:
            first = PositionRow(start.topic, start.partition, start.next_offset)
            self._session.store.positions.setdefault((start.topic, start.partition), (self._session.shard, first))

    async def paused(self) -> set[Place]:
        """Return the partitions that are read no further until an operator resumes them."""
        return paused(self._session.store, self._session.shard)

    async def pause(self, topic: str, partition: int, reason: str) -> None:
        """Read this partition no further until an operator resumes it."""
        if (topic, partition) in self._session.store.positions:
            self._session.store.paused[topic, partition] = reason

    async def accepted_ends(self) -> dict[Place, int]:
        """Return nothing: a store in memory has no older copy."""
        return {}


def paused(store: MemoryStore, shard: int) -> set[Place]:
    """Return the partitions of a shard that are read no further."""
    return {place for place in store.paused if store.positions[place][0] == shard}
