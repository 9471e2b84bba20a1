"""What gateways write: the answers of parties that speak HTTP, each acknowledged by all replicas."""

import asyncio
from datetime import datetime
from typing import Final

from aiokafka import AIOKafkaProducer

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.ending import end
from adapters.kafka.starting import start
from contracts import tracing
from contracts.envelope import Envelope, schema_url
from contracts.partitioning import home
from contracts.topics import Topic

SEND_SECONDS: Final = 15.0


class Answers:
    """An idempotent producer of a gateway; what it is given twice it writes twice under one id, which the hub knows."""

    def __init__(self, kafka: KafkaConnection, topic: Topic, gateway: str) -> None:
        self._kafka, self._topic, self._source = kafka, topic, f"/gateways/{gateway}"
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect."""
        producer = self._kafka.producer(linger_ms=0, request_timeout_ms=10_000)
        await start(producer, lambda: end(producer, SEND_SECONDS))
        self._producer = producer

    async def close(self) -> None:
        """Disconnect, without waiting long for a broker that may be gone."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await end(producer, SEND_SECONDS)

    async def publish(
        self, order_id: str, answer: tuple[str, str, bytes], at: datetime, trace: bytes | None = None
    ) -> None:
        """Publish an answer (type, event id, bytes) that was known at `at`; raises KafkaError or TimeoutError.

        `trace` is the trace context of what it answers.
        """
        assert self._producer is not None, "publish before start"
        name, event_id, data = answer
        head = Envelope(event_id, self._source, name, order_id, at, schema_url(self._topic.name, name))
        own = tracing.continued(trace, event_id.encode())
        traced = [] if own is None else [(tracing.HEADER, own)]
        topic = self._kafka.topic(self._topic.name)
        # An idempotent send doesn't give up by itself.
        async with asyncio.timeout(SEND_SECONDS):
            partition = home(order_id, len(await self._producer.partitions_for(topic)))
            await self._producer.send_and_wait(
                topic, data, key=order_id.encode(), partition=partition, headers=[*head.headers(), *traced]
            )
