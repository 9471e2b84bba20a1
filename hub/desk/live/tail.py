"""The tailer: one task that looks what the shards have stored, and hands it out to any number of readers."""

import asyncio
from contextlib import suppress
from typing import Final

import structlog

from hub.desk.live import cursor as cursors
from hub.desk.live.cursor import START, Cursor
from hub.desk.live.event import Event, Told, Wish
from hub.desk.live.feed import DatabaseIsAnother, Feed
from hub.desk.live.reader import Reader, Reason
from hub.desk.resources import Desk
from hub.errors import SERVER_ERRORS

LOG: Final = structlog.get_logger("live")
EVERY_SECONDS: Final = 0.25
LATER_SECONDS: Final = 1.0
"""How long is waited after a server did not answer."""
IDLE_SECONDS: Final = 60.0
"""How long is looked on after the last reader has left."""
SLICE: Final = 32
"""Events that are handed out before the readers may take them."""
FROM_START: Final = "start"
FROM_NOW: Final = "now"


class Tail:
    """The tailer of a process; it looks only as long as somebody reads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._readers: set[Reader] = set()
        self._feed: Feed | None = None
        self._task: asyncio.Task[None] | None = None
        self._opening, self._looking = asyncio.Lock(), asyncio.Lock()
        self._coming = 0
        self._left = 0.0
        self._over = False

    async def follow(self, wish: Wish, after: str | None = None) -> Reader:
        """Return a reader of what comes behind a cursor, from the `start` of the journal, or from `now` on.

        Raises CursorIsInvalid. A cursor that says nothing here any more is reset to now.
        """
        self._coming += 1
        try:
            feed = await self._opened()
            cursor = await self._placed(feed, FROM_NOW if after is None else after)
        finally:
            self._coming -= 1
        reader = Reader(feed, wish, feed.cursor.copy() if cursor is None else cursor, was_reset=cursor is None)
        self._readers.add(reader)
        if self._over or feed is not self._feed:
            reader.end(Reason.RESTART)
        return reader

    def leave(self, reader: Reader) -> None:
        """Let a reader go."""
        self._readers.discard(reader)
        self._left = asyncio.get_running_loop().time()
        reader.end(Reason.GONE)

    def end(self) -> None:
        """Tell all readers that this process ends; who comes now is told so, too."""
        self._over = True
        for reader in tuple(self._readers):
            reader.end(Reason.RESTART)

    async def close(self) -> None:
        """Stop looking."""
        self.end()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    # -- where a reader begins ---------------------------------------------------------------------------------------

    async def _opened(self) -> Feed:
        async with self._opening:
            if self._feed is None:
                self._feed = await Feed.opened(self._desk.engine)
                self._task = asyncio.create_task(self._watch(self._feed), name="live")
                self._task.add_done_callback(_noted)
            return self._feed

    async def _placed(self, feed: Feed, after: str) -> Cursor | None:
        """Return where a reader begins; None where nobody can say what came behind his cursor."""
        if after == FROM_NOW:
            return feed.cursor.copy()
        if after == FROM_START:
            return Cursor(feed.cursor.mark, [START] * len(feed.cursor))
        cursor = cursors.read(after)
        if cursor.mark != feed.cursor.mark:
            return None
        if not feed.knows(cursor):  # another process has seen more
            await self._look(feed)
        before = len(cursor)
        grown = before == len(feed.cursor) or cursor.grow(len(feed.cursor))
        return cursor if grown and feed.knows(cursor) and await feed.keeps(cursor, before) else None

    # -- what is new -------------------------------------------------------------------------------------------------

    async def _watch(self, feed: Feed) -> None:
        """Look again and again, until nobody has read for some time."""
        loop = asyncio.get_running_loop()
        try:
            while self._feed is feed and (self._readers or self._coming or loop.time() - self._left < IDLE_SECONDS):
                await asyncio.sleep(EVERY_SECONDS)
                try:
                    await self._look(feed)
                except SERVER_ERRORS as error:
                    LOG.warning("live.unavailable", reason=type(error).__name__)
                    await asyncio.sleep(LATER_SECONDS)
                for reader in [each for each in self._readers if each.is_stuck(loop.time())]:
                    reader.end(Reason.SLOW)
        finally:
            self._forget(feed)

    async def _look(self, feed: Feed) -> None:
        """Hand out what was stored since; where the database was replaced, everybody begins anew."""
        async with self._looking:
            try:
                handed = 0
                async for event in feed.refresh():
                    self._hand_out(event, feed.cursor)
                    handed += 1
                    if handed % SLICE == 0:
                        await self._taken()
            except DatabaseIsAnother:
                LOG.warning("live.database_replaced")
                self._forget(feed)

    def _hand_out(self, event: Event, cursor: Cursor) -> None:
        for reader in self._readers:
            if reader.wish.passes(event):
                reader.offer(Told(cursor.text, event))

    async def _taken(self) -> None:
        """Wait while readers who are quick enough have much to take: a burst must not cut them."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0)
        while any(reader.is_crowded(loop.time()) for reader in self._readers):  # noqa: ASYNC110 - a moment, and rarely
            await asyncio.sleep(0.01)

    def _forget(self, feed: Feed) -> None:
        """Have readers come back to a feed that is opened anew."""
        if self._feed is feed:
            self._feed = None
            for reader in tuple(self._readers):
                reader.end(Reason.RESTART)


def _noted(task: asyncio.Task[None]) -> None:
    """Log what ended the tailer: its readers have been told to come back."""
    if not task.cancelled() and task.exception() is not None:
        LOG.error("live.failed", error=type(task.exception()).__name__, exc_info=task.exception())
