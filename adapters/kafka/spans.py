"""Committed records between two offsets of some partitions: partition by partition, or merged by append time."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.records import as_record
from adapters.kafka.starting import started
from adapters.rows.positions import Place
from contracts.wire import Record

Spans = Mapping[Place, tuple[int, int]]
"""For each partition the first offset, and the one behind the last."""
MERGED_RECORDS: Final = 500
"""Records of each partition in hand while partitions are merged."""


async def read(kafka: KafkaConnection, spans: Spans) -> AsyncIterator[Record]:
    """Yield the records of each span, each partition by offset, partitions as they are fetched."""
    async with started(_assigned(kafka, spans)) as consumer:
        ends = _begin(kafka, consumer, spans)
        left = dict(ends)
        while left:
            for partition, records in (await consumer.getmany(timeout_ms=100)).items():
                for record in records:
                    if record.offset < ends[partition]:
                        yield as_record(kafka, record)
            for partition in [p for p in left if await consumer.position(p) >= left[p]]:
                del left[partition]
                consumer.pause(partition)


async def read_merged(kafka: KafkaConnection, spans: Spans) -> AsyncIterator[Record]:
    """Yield the records of all spans by append time: what the hub wrote comes after what made it write.

    Memory stays bounded, however far the partitions are apart.
    """
    spans = {place: (start, end) for place, (start, end) in spans.items() if start < end}
    if not spans:
        return
    async with started(_assigned(kafka, spans)) as consumer:
        ends = _begin(kafka, consumer, spans)
        held: dict[TopicPartition, list[Record]] = {partition: [] for partition in ends}
        while True:
            for partition in [each for each in held if not held[each]]:
                held[partition] = await _chunk(kafka, consumer, partition, ends[partition])
                if not held[partition]:
                    del held[partition]
            if not held:
                return
            first = min(held, key=lambda each: held[each][0].appended_at)
            yield held[first].pop(0)


def _assigned(kafka: KafkaConnection, spans: Spans) -> AIOKafkaConsumer:
    consumer = kafka.consumer(fetch_max_wait_ms=50)
    consumer.assign([TopicPartition(kafka.topic(topic), number) for topic, number in spans])
    return consumer


def _begin(kafka: KafkaConnection, consumer: AIOKafkaConsumer, spans: Spans) -> dict[TopicPartition, int]:
    """Seek to the start of each span; return the ends."""
    ends = {}
    for (topic, number), (start, end) in spans.items():
        partition = TopicPartition(kafka.topic(topic), number)
        consumer.seek(partition, start)
        ends[partition] = end
    return ends


async def _chunk(kafka: KafkaConnection, consumer: Any, partition: TopicPartition, end: int) -> list[Record]:
    """Return the next records of a partition below its end, none where that is reached."""
    while await consumer.position(partition) < end:
        found = await consumer.getmany(partition, timeout_ms=100, max_records=MERGED_RECORDS)
        records = [as_record(kafka, each) for each in found.get(partition, ()) if each.offset < end]
        if records:
            return records
    return []
