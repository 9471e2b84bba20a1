"""The end of a producer whose broker may be gone.

aiokafka's `stop` waits until everything in hand is sent. Broken off, it leaves the producer alive: its tasks go on
looking for the broker, connect again once it is back, and nobody ever closes them.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer

STOP_SECONDS: Final = 3.0
ROUNDS: Final = 5
"""How often its tasks are told to end: one that waits for another passes the word on once."""


async def end(producer: AIOKafkaProducer, seconds: float = STOP_SECONDS) -> None:
    """Stop a producer, by force when it takes longer; raises what `stop` raises, once all of it is closed."""
    stopping = asyncio.create_task(producer.stop())
    try:
        await asyncio.wait([stopping], timeout=seconds)
    finally:
        if not stopping.done():
            stopping.cancel()
            await _end_tasks(producer, stopping)
        # Closing twice is nothing; and `stop` doesn't come so far where its sender has failed.
        with suppress(TimeoutError):
            await asyncio.wait_for(producer.client.close(), seconds)
    if not stopping.cancelled():
        stopping.result()


async def _end_tasks(producer: Any, stopping: asyncio.Task[None]) -> None:
    parts = (producer, producer._sender, producer._message_accumulator)
    for _ in range(ROUNDS):
        left = [task for task in asyncio.all_tasks() if task is stopping or _owner(task) in parts]
        if not left:
            return
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=1)


def _owner(task: asyncio.Task[Any]) -> Any:
    """Return whose method a task runs."""
    frame = getattr(task.get_coro(), "cr_frame", None)
    return None if frame is None else frame.f_locals.get("self")
