"""Intake: the one writer of what comes in by HTTP; a record counts once Kafka has acknowledged it."""

import asyncio
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaTimeoutError

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.ending import end
from adapters.kafka.starting import start
from contracts.envelope import Headers
from contracts.partitioning import partition_of

LINGER_MS: Final = 2
"""Records of requests that come together travel together."""
SECONDS: Final = 10.0
"""How long a record may wait for its acknowledgement."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the log took a record; `topic` as in the topic table."""

    topic: str
    partition: int
    offset: int


class Intake:
    """Writes to the topics that the hub reads, each record to the partition of its order's home."""

    def __init__(self, kafka: KafkaConnection, shards: int) -> None:
        self._kafka = kafka
        self._shards = shards
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def write(self, topic: str, order_id: str | None, headers: Headers, value: bytes) -> Place:
        """Write a record, and return its place once all replicas have it; raises KafkaError.

        A record that names its order by a number of its own lies in any partition: the hub sends it home.
        """
        try:
            async with asyncio.timeout(SECONDS):
                return await self._written(topic, order_id, headers, value)
        except TimeoutError as error:
            raise KafkaTimeoutError("no acknowledgement") from error

    async def _written(self, topic: str, order_id: str | None, headers: Headers, value: bytes) -> Place:
        producer, name = await self._started(), self._kafka.topic(topic)
        partitions = len(await producer.partitions_for(name))
        sent = await producer.send(
            name,
            value,
            key=None if order_id is None else order_id.encode(),
            partition=None if order_id is None else partition_of(order_id, partitions, self._shards),
            headers=list(headers),
        )
        written = await asyncio.shield(sent)  # who waits no more must not take it out of its batch
        return Place(topic, written.partition, written.offset)

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = self._kafka.producer(linger_ms=LINGER_MS)
                await start(producer, lambda: end(producer))
                self._producer = producer
            return self._producer

    async def close(self) -> None:
        """Write what is still under way, and disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await end(producer)
