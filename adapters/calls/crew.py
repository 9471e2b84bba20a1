"""A crew: claims calls, works on each in a task of its own, up to so many at once, until it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, Generic, TypeVar

Claim = TypeVar("Claim")
LOOK: Final = 0.5
"""Seconds between two looks for calls whose time has come."""


class Crew(Generic[Claim]):
    """Claims by `claim`, which is told how much room there is, and works on each claim by `work`.

    What `work` raises ends the crew: an error that concerns one call alone is for `work` to deal with.
    """

    def __init__(
        self,
        claim: Callable[[int], Awaitable[Sequence[Claim]]],
        work: Callable[[Claim], Coroutine[Any, Any, None]],
        concurrency: int,
        look: float = LOOK,
    ) -> None:
        self._claim, self._work = claim, work
        self._concurrency, self._look = concurrency, look
        self.wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then bring what is under way to its end; raises what `claim` and `work` do."""
        running: set[asyncio.Task[None]] = set()
        try:
            while not stop.is_set():
                self.wake.clear()
                room = self._concurrency - len(running)
                claimed = await self._claim(room) if room > 0 else ()
                running |= {asyncio.create_task(self._work(mine)) for mine in claimed}
                running = await self._wait(running)
            for task in running:
                await task
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _wait(self, running: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
        """Wait until a call is done, new ones are there, or it is time to look; raise what ended one."""
        woken = asyncio.create_task(self.wake.wait())
        await asyncio.wait({woken, *running}, timeout=self._look, return_when=asyncio.FIRST_COMPLETED)
        woken.cancel()
        done = {task for task in running if task.done()}
        for task in done:
            task.result()
        return running - done


async def together(*work: Coroutine[Any, Any, None]) -> None:
    """Run all until they end; where one fails, end the others and raise the failure as it is."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
