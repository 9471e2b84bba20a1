"""The batch reader of one shard: FastStream's subscriber over its partitions, handing raw records over, and no more."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from aiokafka import ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka import TopicPartition as Assigned

from adapters.errors import LostShard
from adapters.kafka.connection import KafkaConnection
from adapters.rows.positions import Place

MAX_RECORDS: Final = 1000
"""In a backlog larger batches bring more, since an order's state is written once for all that it heard in one; but all
shards of a process have one in hand, and each keeps others from deciding."""
FETCH_WAIT_MS: Final = 100
"""A partition that has been read empty waits behind a fetch of the others; asking more often costs Kafka too much."""
FETCH_BYTES: Final = 128 * 1024
"""Of each partition at once: a process reads some hundred partitions in a bounded memory, whatever the backlog."""
Records = tuple[ConsumerRecord[bytes, bytes], ...]


class BatchReader:
    """Reads some partitions; where from is whoever's it is who seeks, before the first turn of the loop."""

    def __init__(self, broker: KafkaBroker, kafka: KafkaConnection, places: Sequence[Place]) -> None:
        self._broker = broker
        self._kafka = kafka
        self._places = places
        self._subscriber: Any = None

    async def start(self, handle: Callable[[Records], Awaitable[None]]) -> Any:
        """Start reading and return the consumer; whoever seeks does so before the first await: else it fetches."""
        subscriber = self._broker.subscriber(
            partitions=[Assigned(self._kafka.topic(topic), number) for topic, number in self._places],
            batch=True,
            max_records=MAX_RECORDS,
            batch_timeout_ms=10,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=FETCH_BYTES,
            persistent=False,
            parser=_parse,
            decoder=_decode,
        )
        subscriber(handle)
        self._subscriber = subscriber
        await subscriber.start()
        return subscriber.consumer

    async def stop(self) -> None:
        """Stop reading."""
        if self._subscriber is not None:
            await self._subscriber.stop()


async def _parse(records: Any) -> KafkaMessage:
    """Wrap the raw records; unlike the library's own parser this can't fail on a header."""
    return KafkaMessage(body=b"", raw_message=records, consumer=_NO_CONSUMER)


async def _decode(message: KafkaMessage) -> Any:
    """Hand the raw records on."""
    return message.raw_message


class _NoConsumer:
    async def commit(self) -> None:
        raise LostShard(-1)

    def seek(self, partition: Any, offset: int) -> None:
        raise LostShard(-1)


_NO_CONSUMER: Final = _NoConsumer()
