"""What the log says: the committed records of a partition, one partition at a time, by a consumer of its own."""

from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Final

from aiokafka import TopicPartition

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import as_record
from adapters.rows import Place
from contracts.wire import Record

RECORDS: Final = 2_000
"""Records in hand at a time."""
POLL_MS: Final = 20


class PartitionReader:
    """Reads partitions; records of transactions that were not committed are passed over."""

    def __init__(self, kafka: KafkaConnection) -> None:
        self._kafka = kafka
        self._consumer: Any = kafka.consumer(fetch_max_wait_ms=50)

    async def __aenter__(self) -> "PartitionReader":
        await self._consumer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def one(self, place: Place, start: int, end: int) -> AsyncIterator[Record]:
        """Yield the records of one partition from `start` to below `end`, by offset."""
        async for chunk in self.many({place: (start, end)}):
            for record in chunk:
                yield record

    async def many(self, spans: Mapping[Place, tuple[int, int]]) -> AsyncIterator[list[Record]]:
        """Yield the records of several partitions, each from its start to below its end, in chunks of one partition."""
        ends = {self._partition(place): end for place, (start, end) in spans.items() if start < end}
        if not ends:
            return
        self._consumer.assign(list(ends))
        for partition in ends:
            place = (self._kafka.name(partition.topic), partition.partition)
            self._consumer.seek(partition, spans[place][0])
        while ends:
            fetched = await self._consumer.getmany(*ends, timeout_ms=POLL_MS, max_records=RECORDS)
            for partition, records in fetched.items():
                yield [as_record(self._kafka, record) for record in records if record.offset < ends[partition]]
            # A partition often ends in a control record, which only the position shows as passed.
            for partition in [each for each in ends if await self._consumer.position(each) >= ends[each]]:
                del ends[partition]
                self._consumer.pause(partition)

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self._kafka.topic(place[0]), place[1])
