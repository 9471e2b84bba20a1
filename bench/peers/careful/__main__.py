"""The peer `careful`: what a competent team writes on day one with FastStream and SQLAlchemy's async ORM.

Each topic has a handler. It takes one message of a partition at a time, in one database transaction, and then commits
the offset: partitions run at once and keep their order. A second process relays the outbox.
"""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from sqlalchemy.ext.asyncio import async_sessionmaker

from bench.peers import messages
from bench.peers.careful.handling import handle
from bench.peers.careful.relay import relay
from bench.peers.careful.tables import engine
from bench.peers.surroundings import BOOTSTRAP, GROUP, PREFIX


async def hub(stop: asyncio.Event) -> None:
    """Read the five topics."""
    store = engine(len(messages.TOPICS) * messages.PARTITIONS)
    sessions = async_sessionmaker(store, expire_on_commit=False)
    # A KafkaMessage parameter costs a thread hop a message, so the decoder hands over the record itself: twice as fast.
    broker = KafkaBroker(BOOTSTRAP, logger=None, apply_types=False, decoder=_as_record)

    async def take_record(record: Any) -> None:
        await handle(sessions, record.value, (record.topic, record.partition, record.offset))

    for topic in messages.TOPICS:  # one group a topic: many members of one group rebalance over and over at the start
        subscriber = broker.subscriber(
            PREFIX + topic,
            group_id=f"{GROUP}-{topic}",
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.NACK_ON_ERROR,
            max_workers=messages.PARTITIONS,
            fetch_max_wait_ms=100,
        )
        subscriber(take_record)
    await broker.start()
    await stop.wait()
    await broker.stop()
    await store.dispose()


async def _as_record(message: Any) -> Any:
    return message.raw_message


async def until_told(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await work(stop)


def main() -> None:
    """Run the hub, and the relay in a process of its own."""
    logging.disable(logging.WARNING)
    child = os.fork()
    uvloop.run(until_told(relay if child == 0 else hub))
    if child:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
