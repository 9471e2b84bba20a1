"""What is done after an answer, so that the time to it doesn't tell that something was done."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Final

import structlog

from hub.errors import SERVER_ERRORS

MOST: Final = 200
"""How much is under way at once: more would lie in memory while the database is slow."""
LOG = structlog.get_logger("api")


@dataclass(slots=True)
class Later:
    """Work that no answer waits for; the process waits for it before it ends."""

    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def do(self, work: Coroutine[None, None, None]) -> None:
        """Begin some work; where much is under way, wait until some of it is done."""
        while len(self._tasks) >= MOST:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(_done(work), name="later")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def done(self) -> None:
        """Wait until all work is done."""
        await asyncio.gather(*self._tasks)


async def _done(work: Coroutine[None, None, None]) -> None:
    try:
        await work
    except SERVER_ERRORS as error:
        LOG.warning("api.not_noted", reason=type(error).__name__)
