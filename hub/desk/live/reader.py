"""A reader: catches up from the journal or the ring, then takes what the tailer hands out, unless it is too slow."""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final, Protocol

from hub.desk.live.cursor import Cursor
from hub.desk.live.event import Told, Wish

CHUNK: Final = 256
"""Events that a reader gets at a time."""
MOST_EVENTS: Final = 256
MOST_BYTES: Final = 1_000_000
"""What may wait for a reader; with more of it, he is cut."""
STUCK_SECONDS: Final = 60.0
"""How long a reader may take what he was given last; the machine behind some connections is gone."""
PATIENCE_SECONDS: Final = 0.25
"""How long the others wait for a reader when there is much to hand out at once."""
SEARCH_SECONDS: Final = 1.0
"""How long is looked for events that a reader wishes for, at least, before he hears that there are none yet."""


class Reason(StrEnum):
    """Why a reader gets nothing more."""

    TOKEN = "token"  # noqa: S105 - a word
    """What he signed in with has expired."""
    SLOW = "slow"
    """He took too long, and comes back by his cursor."""
    RESTART = "restart"
    """This process ends, or begins anew."""
    GONE = "gone"
    """He has left."""


class Source(Protocol):
    """What a reader reads from."""

    @property
    def cursor(self) -> Cursor:
        """Return where the newest event ends."""

    async def page(self, cursor: Cursor, wish: Wish, most: int) -> tuple[list[Told], bool]:
        """Move a cursor on; return what is wished for on its way, and whether it stands at the end now."""


class Reader:
    """One who reads; `was_reset` tells that his cursor was of no use, so that he begins with what comes now."""

    def __init__(self, source: Source, wish: Wish, cursor: Cursor, *, was_reset: bool) -> None:
        self.wish, self.was_reset = wish, was_reset
        self.reason: Reason | None = None
        self.on_end: Callable[[], object] = lambda: None
        self._source, self._at = source, cursor
        self._live = False
        self._queue: deque[Told] = deque()
        self._bytes = 0
        self._given = cursor.text
        self._news = asyncio.Event()
        self._busy: float | None = None

    @property
    def is_current(self) -> bool:
        """Tell whether nothing waits for him."""
        return self._live and not self._queue

    @property
    def cursor(self) -> str:
        """Return the cursor to go on from behind all that he was given."""
        return self._source.cursor.text if self.is_current else self._given

    async def next(self, seconds: float, most: int = CHUNK) -> list[Told]:
        """Return what he is to see next; nothing if there is none within so long, or he is to get nothing more."""
        self._busy = None
        loop = asyncio.get_running_loop()
        try:
            until = loop.time() + max(seconds, SEARCH_SECONDS)
            while not self._live and self.reason is None and loop.time() < until:
                if told := await self._catch_up(most):
                    return told
            if self.is_current and self.reason is None and seconds > 0:
                await self._wait(seconds)
            return self._take(most)
        finally:
            self._busy = loop.time()

    async def _catch_up(self, most: int) -> list[Told]:
        """Go on to what is newer; from the end on, what comes is handed out to him."""
        told, whole = await self._source.page(self._at, self.wish, most)
        if self.reason is not None:  # meanwhile; what he was not given stays behind his cursor
            return []
        self._given, self._live = self._at.text, whole
        return told

    async def _wait(self, seconds: float) -> None:
        self._news.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _take(self, most: int) -> list[Told]:
        told = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
        if told:
            self._given = told[-1].cursor
            self._bytes = sum(len(each.event.document) for each in self._queue)
        return told

    def offer(self, told: Told) -> None:
        """Have an event wait for him, if he is at the end; he is cut where too much waits."""
        if not self._live:
            return
        size = len(told.event.document)
        if len(self._queue) >= MOST_EVENTS or (self._queue and self._bytes + size > MOST_BYTES):
            self.end(Reason.SLOW)
            return
        self._queue.append(told)
        self._bytes += size
        self._news.set()

    def is_crowded(self, now: float) -> bool:
        """Tell whether much waits for him, and he may take it in a moment."""
        much = len(self._queue) * 2 > MOST_EVENTS or self._bytes * 2 > MOST_BYTES
        return much and (self._busy is None or now - self._busy < PATIENCE_SECONDS)

    def is_stuck(self, now: float) -> bool:
        """Tell whether he still has not taken what he was given long ago."""
        return self._busy is not None and now - self._busy > STUCK_SECONDS

    def end(self, reason: Reason) -> None:
        """Let him have nothing more, for this reason; only the first one counts."""
        if self.reason is not None:
            return
        self._given = self.cursor
        self.reason, self._live = reason, False
        self._queue.clear()
        self._bytes = 0
        self._news.set()
        self.on_end()
