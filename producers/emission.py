"""The Kafka transaction of a shard: messages, dead letters and positions leave together, or not at all."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalOperation, KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.structs import OffsetAndMetadata

from adapters import failpoints
from adapters.errors import ShardAccident, UnknownOutcome
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.ending import end
from adapters.rows.positions import Place
from contracts.partitioning import home_of_key
from contracts.wire import Outgoing

TRANSACTION_SECONDS: Final = 15
"""Longer than any batch takes; a dead owner's open transaction hides its records from readers for so long at most."""
SEND_SECONDS: Final = 12.0
START_SECONDS: Final = 30.0
BATCH_BYTES: Final = 512 * 1024
REQUEST_BYTES: Final = 4 * 1024 * 1024
_CLIENT_TROUBLE: Final = (KafkaError, IllegalOperation, OSError, TimeoutError, AssertionError)
"""What the client says of a broker that is away or of a producer that was fenced, its own checks included."""


class Emission:
    """Writes what a shard decided; its `transactional.id` fences whoever wrote for the shard before."""

    def __init__(self, kafka: KafkaConnection, shard: int) -> None:
        self._kafka = kafka
        self._shard = shard
        self._producer: AIOKafkaProducer | None = None
        self._partitions: dict[str, int] = {}

    async def start(self) -> None:
        """Start the shard's own producer, which ends and aborts the former owner's transaction."""
        await self.close()
        self._producer = self._kafka.producer(
            transactional_id=f"{self._kafka.transactions}{self._shard}",
            transaction_timeout_ms=TRANSACTION_SECONDS * 1000,
            max_batch_size=BATCH_BYTES,
            max_request_size=REQUEST_BYTES,
            linger_ms=0,
            request_timeout_ms=10_000,
            retry_backoff_ms=20,
        )
        async with asyncio.timeout(START_SECONDS):
            await self._producer.start()

    async def emit(self, messages: Sequence[Outgoing], positions: Mapping[Place, int], batch: int) -> None:
        """Publish a batch and its positions in one transaction; any error leaves its outcome unknown."""
        await self.prepare(messages, positions, batch)
        await self.commit()

    async def prepare(self, messages: Sequence[Outgoing], positions: Mapping[Place, int], batch: int) -> None:
        """Have Kafka take a batch and its positions in one transaction, which nobody sees before `commit`.

        Raises UnknownOutcome, or ShardAccident for a message that Kafka refuses: nothing of it can be committed then.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._prepare(messages, positions, batch)
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            what = f"Kafka refused what batch {batch} publishes: {error}"
            raise ShardAccident(self._shard, what, "Raise max.message.bytes of the topic, then resume") from error
        except (*_CLIENT_TROUBLE, asyncio.CancelledError) as error:
            raise UnknownOutcome("Kafka", repr(error)) from error

    async def _prepare(self, messages: Sequence[Outgoing], positions: Mapping[Place, int], batch: int) -> None:
        producer = self._started()
        await producer.begin_transaction()
        await failpoints.hit("begun")
        offsets = {
            TopicPartition(self._kafka.topic(topic), partition): OffsetAndMetadata(offset, str(batch))
            for (topic, partition), offset in positions.items()
        }
        # A failed send doesn't fail the transaction by itself: every acknowledgement is awaited before its end. Only
        # then do the positions join it: a broker asks the coordinator whether a transaction is open, for messages and
        # for positions alike, and has one such question of a producer waiting at a time. The second drops the first,
        # which is tried again after a pause of 20 ms.
        await asyncio.gather(*await self._send(producer, messages))
        if offsets:
            await producer.send_offsets_to_transaction(offsets, self._kafka.group)
        await failpoints.hit("acknowledged")

    async def commit(self) -> None:
        """Let readers see what was prepared; an error leaves open whether they do."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._started().commit_transaction()
                await failpoints.hit("ended")
        except (*_CLIENT_TROUBLE, asyncio.CancelledError) as error:
            raise UnknownOutcome("Kafka", repr(error)) from error

    async def abandon(self) -> None:
        """Take back what was prepared: nobody ever sees it. Raises UnknownOutcome: the producer has to start anew."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._started().abort_transaction()
        except _CLIENT_TROUBLE as error:
            raise UnknownOutcome("Kafka", repr(error)) from error

    def _started(self) -> AIOKafkaProducer:
        assert self._producer is not None, "nothing is published before the start"
        return self._producer

    async def _send(self, producer: AIOKafkaProducer, messages: Sequence[Outgoing]) -> list[Any]:
        grouped: dict[tuple[str, int], list[Outgoing]] = {}
        for message in messages:
            topic = self._kafka.topic(message.topic)
            grouped.setdefault((topic, await self._partition(producer, topic, message)), []).append(message)
        sent: list[Any] = []
        for number, ((topic, partition), group) in enumerate(grouped.items()):
            if number == len(grouped) // 2:
                await failpoints.hit("sending")
            sent.extend(await _send_group(producer, topic, partition, group))
        return sent

    async def _partition(self, producer: AIOKafkaProducer, topic: str, message: Outgoing) -> int:
        count = self._partitions.get(topic)
        if count is None:
            count = self._partitions[topic] = len(await producer.partitions_for(topic))
        if message.partition is not None:
            return message.partition
        return home_of_key(message.key or b"", count)

    async def close(self) -> None:
        """End the producer without waiting long for a broker that may be gone."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        try:
            await end(producer)
        except _CLIENT_TROUBLE:
            return


async def _send_group(producer: AIOKafkaProducer, topic: str, partition: int, group: Sequence[Outgoing]) -> list[Any]:
    sent = []
    builder = producer.create_batch()
    for message in group:
        arguments = {"key": message.key, "value": message.value, "timestamp": None, "headers": list(message.headers)}
        if builder.append(**arguments) is None:
            sent.append(await producer.send_batch(builder, topic, partition=partition))
            builder = producer.create_batch()
            if builder.append(**arguments) is None:  # one message larger than a batch goes alone
                sent.append(
                    await producer.send(
                        topic, message.value, key=message.key, partition=partition, headers=list(message.headers)
                    )
                )
                continue
    if builder.record_count():
        sent.append(await producer.send_batch(builder, topic, partition=partition))
    return sent
