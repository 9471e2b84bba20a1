"""The log in memory: partitions, the group's offsets and a shard's transaction, as Kafka keeps them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from adapters import failpoints
from adapters.errors import UnknownOutcome
from adapters.kafka.records import digest
from adapters.rows.positions import Place
from contracts.partitioning import home
from contracts.wire import Outgoing, RawHeaders, Record, mark


@dataclass(slots=True)
class MemoryLog:
    """A broker's partitions; `offsets` are the group's, with the batch that wrote them, `epochs` fence producers."""

    partitions: int = 1
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    offsets: dict[Place, tuple[int, int]] = field(default_factory=dict)
    epochs: dict[int, int] = field(default_factory=dict)
    _records: dict[Place, list[Record]] = field(default_factory=dict)
    _starts: dict[Place, int] = field(default_factory=dict)

    def append(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: RawHeaders = ()
    ) -> int:
        """Write a record as a partner does; return its offset."""
        place, at = (topic, partition), round(self.clock().timestamp() * 1000)
        offset = self._end(place)
        self._records.setdefault(place, []).append(Record(topic, partition, offset, key, headers, value, at))
        return offset

    def records(self, *topics: str) -> list[Record]:
        """Return what lies in some topics, in all if none are named, partition by partition."""
        places = sorted(place for place in self._records if not topics or place[0] in topics)
        return [record for place in places for record in self._records[place]]

    def remove(self, place: Place, below: int) -> None:
        """Remove the records below an offset, as retention does."""
        self._records[place] = [record for record in self._records.get(place, []) if record.offset >= below]
        self._starts[place] = below

    def recreate(self, place: Place) -> None:
        """Empty a partition, as deleting its topic and making it anew does."""
        self._records.pop(place, None)
        self._starts.pop(place, None)

    def _end(self, place: Place) -> int:
        records = self._records.get(place)
        return records[-1].offset + 1 if records else self._starts.get(place, 0)

    async def starts(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return the first offset of each partition."""
        return {place: self._starts.get(place, 0) for place in places}

    async def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return the offset behind the last record of each partition."""
        return {place: self._end(place) for place in places}

    async def committed(self, places: Sequence[Place]) -> dict[Place, tuple[int, int]]:
        """Return the group's committed offsets with the batch that wrote them, for partitions that have one."""
        return {place: self.offsets[place] for place in places if place in self.offsets}

    async def digests(self, places: Mapping[Place, int]) -> dict[Place, bytes | None]:
        """Return the digest of the record at each place's offset, None where that record is gone."""
        there = {place: {record.offset: record for record in self._records.get(place, [])} for place in places}
        found = {place: there[place].get(offset) for place, offset in places.items()}
        return {place: None if record is None else digest(record.key, record.value) for place, record in found.items()}

    async def marks_at_the_end(self, places: Sequence[Place]) -> set[str]:
        """Return the marks of some partitions' records."""
        return {mark(record.headers) for place in places for record in self._records.get(place, [])} - {""}


class MemoryEmission:
    """The Kafka transaction of one shard; the one that started last fences those before it."""

    def __init__(self, log: MemoryLog, shard: int) -> None:
        self._log = log
        self._shard = shard
        self._epoch: int | None = None
        self._prepared: tuple[Sequence[Outgoing], dict[Place, tuple[int, int]]] = [], {}

    async def start(self) -> None:
        """Fence whoever wrote for the shard before."""
        self._epoch = self._log.epochs[self._shard] = self._log.epochs.get(self._shard, 0) + 1

    async def emit(self, messages: Sequence[Outgoing], positions: Mapping[Place, int], batch: int) -> None:
        """Publish a batch and its positions, all or nothing; raises UnknownOutcome."""
        await self.prepare(messages, positions, batch)
        await self.commit()

    async def prepare(self, messages: Sequence[Outgoing], positions: Mapping[Place, int], batch: int) -> None:
        """Take a batch and its positions, which nobody sees before `commit`; raises UnknownOutcome."""
        try:
            for point in ("begun", "sending", "acknowledged"):
                await failpoints.hit(point)
        except (OSError, asyncio.CancelledError) as error:
            raise UnknownOutcome("the log in memory", repr(error)) from error
        self._check()
        self._prepared = messages, {place: (offset, batch) for place, offset in positions.items()}

    async def commit(self) -> None:
        """Let readers see what was prepared; raises UnknownOutcome."""
        self._check()
        (messages, offsets), self._prepared = self._prepared, ([], {})
        for message in messages:
            partition = message.partition
            if partition is None:
                partition = home((message.key or b"").decode("latin-1"), self._log.partitions)
            self._log.append(message.topic, partition, message.key, message.value, message.headers)
        self._log.offsets |= offsets
        try:
            await failpoints.hit("ended")
        except (OSError, asyncio.CancelledError) as error:
            raise UnknownOutcome("the log in memory", repr(error)) from error

    async def abandon(self) -> None:
        """Take back what was prepared; raises UnknownOutcome."""
        self._check()
        self._prepared = [], {}

    def _check(self) -> None:
        if self._epoch is None or self._epoch != self._log.epochs[self._shard]:
            raise UnknownOutcome("the log in memory", f"a newer producer writes for shard {self._shard}")

    async def close(self) -> None:
        """End the producer."""
        self._epoch = None
