"""What the log says: the committed records of a partition, partition by partition, by a consumer of its own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final

from aiokafka import TopicPartition

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.records import as_record
from adapters.rows.positions import Place
from contracts.wire import Record

RECORDS: Final = 2_000
"""Records in hand at a time."""
POLL_MS: Final = 20


class PartitionReader:
    """Reads partitions; records of transactions that were not committed are passed over."""

    def __init__(self, kafka: KafkaConnection) -> None:
        self._kafka = kafka
        self._consumer: Any = kafka.consumer(fetch_max_wait_ms=20)
        self._ends: dict[TopicPartition, int] = {}

    async def __aenter__(self) -> "PartitionReader":
        await self._consumer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def spans(self, places: Sequence[Place]) -> dict[Place, tuple[int, int]]:
        """Return the first offset of each partition, and the one behind its last committed record."""
        partitions = [self._partition(place) for place in places]
        # Partitions that are assigned are asked for at once; unknown topics cost a tenth of a second each.
        self._consumer.assign(partitions)
        starts = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        return {
            place: (starts[partition], ends[partition]) for place, partition in zip(places, partitions, strict=True)
        }

    def open(self, spans: Mapping[Place, tuple[int, int]]) -> None:
        """Begin with these partitions, each to be read from its start to below its end.

        The consumer fetches ahead for all of them, at most a fetch of each: going from one to the next costs no wait.
        """
        self._ends = {self._partition(place): end for place, (start, end) in spans.items() if start < end}
        self._consumer.assign(list(self._ends))
        for place, (start, end) in spans.items():
            if start < end:
                self._consumer.seek(self._partition(place), start)

    async def one(self, place: Place) -> AsyncIterator[Record]:
        """Yield the records of one open partition, by offset."""
        partition = self._partition(place)
        while partition in self._ends:
            for chunk in await self._fetch([partition]):
                for record in chunk:
                    yield record

    async def all(self) -> AsyncIterator[list[Record]]:
        """Yield the records of all open partitions, by offset within each, in chunks of one partition."""
        while self._ends:
            for chunk in await self._fetch(list(self._ends)):
                yield chunk

    async def _fetch(self, partitions: Sequence[TopicPartition]) -> list[list[Record]]:
        fetched = await self._consumer.getmany(*partitions, timeout_ms=POLL_MS, max_records=RECORDS)
        chunks = [
            [as_record(self._kafka, record) for record in records if record.offset < self._ends[partition]]
            for partition, records in fetched.items()
        ]
        # A partition often ends in a control record, which only the position shows as passed.
        for partition in partitions:
            if await self._consumer.position(partition) >= self._ends[partition]:
                del self._ends[partition]
                self._consumer.pause(partition)
        return [chunk for chunk in chunks if chunk]

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self._kafka.topic(place[0]), place[1])
