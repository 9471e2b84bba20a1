"""Turns: of what costs a server much, so many at once; who would be one too many is asked to come again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from hub.api.problems import Problem
from hub.desk.callers import Caller


@dataclass(slots=True)
class Turns:
    """So many at once in a process, whoever they are."""

    most: int
    _taken: int = 0

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take a turn as long as the block; raises Problem where there is none."""
        if self._taken >= self.most:
            raise _too_many(f"{self.most} at once are carried out, and so many are under way")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


@dataclass(slots=True)
class Seats:
    """How many of something (`what`) each caller has: so many at most."""

    most: int
    what: str
    _taken: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def taken(self, caller: Caller) -> Iterator[None]:
        """Take a seat as long as the block; raises Problem where the caller has too many."""
        if self._taken[caller.id] >= self.most:
            raise _too_many(f"you have {self.most} {self.what}: end one of them, or wait for it")
        self._taken[caller.id] += 1
        try:
            yield
        finally:
            self._taken[caller.id] -= 1
            if not self._taken[caller.id]:
                del self._taken[caller.id]


class Queue:
    """So many at once in a process; the others wait, and each caller may be there so many times."""

    def __init__(self, most: int, seats: Seats) -> None:
        self._turns, self._seats = asyncio.Semaphore(most), seats

    @asynccontextmanager
    async def turn(self, caller: Caller) -> AsyncIterator[None]:
        """Wait for a turn, and have it as long as the block; raises Problem where the caller waits too often."""
        with self._seats.taken(caller):
            async with self._turns:
                yield


def _too_many(detail: str) -> Problem:
    return Problem("rate", detail, more={"retry_after": 1}, headers={"Retry-After": "1"})
