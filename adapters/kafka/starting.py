"""The start of a Kafka client. One that can't start is stopped: half of it would stay behind at every try."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer


async def start(client: Any, end: Callable[[], Awaitable[None]]) -> None:
    """Start a client. Where that fails, `end` it and raise what it raised."""
    try:
        await client.start()
    except BaseException:
        await end()
        raise


@asynccontextmanager
async def started(consumer: AIOKafkaConsumer) -> AsyncIterator[AIOKafkaConsumer]:
    """Run a consumer for as long as the block."""
    await start(consumer, consumer.stop)
    try:
        yield consumer
    finally:
        await consumer.stop()
