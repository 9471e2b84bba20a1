"""What is written to Kafka and read from it in a benchmark."""

import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.ground.topics import Topics
from bench.records import Read, Recorded, Written
from bench.workload import HUB_TOPICS

BATCH_BYTES: Final = 262_144
CREATED: Final = 0
"""Kafka's word for records that keep the time that their writer gave."""
Headers = tuple[tuple[str, bytes], ...] | tuple[tuple[str, bytes | None], ...]
Sending = tuple[str, bytes | None, bytes | None, int | None, int, Headers]
"""Topic, value, key, partition, time and headers. Without a partition, the key decides."""


class Log:
    """Writes and reads records of topics that are there."""

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._bootstrap = bootstrap
        self._topics = topics

    async def write(self, prefix: str, records: Iterable[Written]) -> bool:
        """Write records as they come, by their keys. Returns whether they kept the times they were given."""
        return await self._write(
            (prefix + each.topic, each.value, each.key.encode(), None, each.at, each.headers) for each in records
        )

    async def write_backlog(self, prefix: str, records: Sequence[Written]) -> None:
        """Write records as if they had come one a millisecond until now. From then on the topics count append times.

        A writer in a hurry sends batches of a topic, and the broker would give hundreds of records one time.
        """
        start = int(time.time() * 1000) - len(records)
        kept = await self.write(prefix, [each._replace(at=start + n) for n, each in enumerate(records)])
        await self._count_append_times({prefix + name for name in HUB_TOPICS}, kept=kept)

    async def write_recorded(self, prefix: str, records: Sequence[Recorded]) -> None:
        """Write recorded records as `write_backlog` does: each into its partition, its key as it was, even none."""
        start = int(time.time() * 1000) - len(records)
        kept = await self._write(
            (prefix + each.topic, each.value, each.key, each.partition, start + n, each.headers)
            for n, each in enumerate(records)
        )
        await self._count_append_times({prefix + each.topic for each in records}, kept=kept)

    async def _write(self, records: Iterable[Sending]) -> bool:
        last = None
        async with self.producer(linger_ms=20, max_batch_size=BATCH_BYTES) as producer:
            for topic, value, key, partition, at, headers in records:
                last = await producer.send(topic, value, key, partition, at, list(headers))
            await producer.flush()
        return last is None or bool((await last).timestamp_type == CREATED)

    async def _count_append_times(self, names: Iterable[str], *, kept: bool) -> None:
        if not kept:
            raise RuntimeError("the broker gave the backlog other times than it was written with")
        await self._topics.count_append_times(names)

    @asynccontextmanager
    async def producer(self, **settings: Any) -> AsyncIterator[AIOKafkaProducer]:
        """Run an idempotent producer that waits for all replicas."""
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, enable_idempotence=True, acks="all", **settings)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    @asynccontextmanager
    async def consumer(self, places: Sequence[TopicPartition], **settings: Any) -> AsyncIterator[AIOKafkaConsumer]:
        """Run a reader of the committed records of some partitions, from their beginning."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **settings,
        )
        consumer.assign(list(places))
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def read(self, topic: str) -> AsyncIterator[Read]:
        """Yield everything that a reader of committed records sees in a topic now, partition by partition in order."""
        async for record in self.read_raw(topic):
            yield as_read(record)

    async def read_raw(self, topic: str) -> AsyncIterator[Any]:
        """Yield the same as the client gives it: with partition, offset and time, and None where there is nothing."""
        places = await self._topics.partitions(topic)
        async with self.consumer(places, fetch_max_wait_ms=50) as consumer:
            left = {place: end for place, end in (await consumer.end_offsets(places)).items() if end}
            while left:
                for records in (await consumer.getmany(timeout_ms=100, max_records=5_000)).values():
                    for record in records:
                        yield record
                left = {place: end for place, end in left.items() if await consumer.position(place) < end}


def as_read(record: Any) -> Read:
    """Return the client's record as the benchmark's own."""
    return Read(record.key or b"", dict(record.headers), record.value or b"")


def silence() -> None:
    """Keep the clients from telling of every retry on a topic that was made a moment ago."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
