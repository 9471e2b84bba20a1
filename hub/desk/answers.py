"""Answers to acts: looked up in the journal for all who wait, by one task, faster while somebody does."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from adapters.postgres import api_calls
from adapters.postgres.api_calls import Call, Found
from hub.desk.resources import Desk
from hub.errors import SERVER_ERRORS

LOG: Final = structlog.get_logger("answers")
SOON: Final = 0.02
"""Seconds between two looks while somebody waits: a batch of a shard takes as long."""
LATER: Final = 0.25
"""Seconds between two looks once nobody new has waited for `PATIENT`."""
PATIENT: Final = 2.0


@dataclass(slots=True)
class _Waited:
    """A command that somebody waits for, how many do, and what will be known of it."""

    call: Call
    known: asyncio.Future[Found]
    readers: int = 0


class Answers:
    """What became of commands, for any number of waiting requests by three questions a look."""

    def __init__(self, desk: Desk, source: str) -> None:
        self._desk, self._source = desk, source
        self._waited: dict[str, _Waited] = {}
        self._wanted = asyncio.Event()
        self._latest = 0.0
        self._task: asyncio.Task[None] | None = None

    async def wait(self, call: Call, patience: timedelta) -> Found | None:
        """Return what became of a command as soon as it is known; None if nothing is within so long."""
        found = (await api_calls.answers(self._desk.engine, self._source, [call])).get(call.command_id)
        seconds = patience.total_seconds()
        if found is not None or seconds <= 0:
            return found
        waited = self._ask(call)
        try:
            return await asyncio.wait_for(asyncio.shield(waited.known), seconds)
        except TimeoutError:
            return None
        finally:
            waited.readers -= 1
            if not waited.readers and self._waited.get(call.command_id) is waited:
                del self._waited[call.command_id]

    def _ask(self, call: Call) -> _Waited:
        """Have it looked for from now on."""
        loop = asyncio.get_running_loop()
        waited = self._waited.setdefault(call.command_id, _Waited(call, loop.create_future()))
        waited.readers += 1
        self._latest = loop.time()
        self._wanted.set()
        if self._task is None:
            self._task = asyncio.create_task(self._look(), name="answers")
        return waited

    async def _look(self) -> None:
        """Look again and again, as long as somebody waits."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wanted.wait()
            while self._waited:
                await self._once()
                await asyncio.sleep(SOON if loop.time() - self._latest < PATIENT else LATER)
            self._wanted.clear()

    async def _once(self) -> None:
        try:
            calls = [each.call for each in self._waited.values()]
            found = await api_calls.answers(self._desk.engine, self._source, calls)
        except SERVER_ERRORS as error:
            LOG.warning("answers.unavailable", reason=type(error).__name__)
            await asyncio.sleep(LATER)
            return
        for command_id, each in found.items():
            waited = self._waited.pop(command_id, None)
            if waited is not None and not waited.known.done():
                waited.known.set_result(each)

    async def close(self) -> None:
        """Stop looking."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
