"""Watching: the hub at a glance, looked at once a second for everybody who asks, and what changed of it as a stream."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from fastapi import Response

from hub.api.connections import ABORT, Receive, Scope, Send
from hub.api.live import Live
from hub.api.sse import HEADERS, coming_back, gone, goodbye, seconds_left, write
from hub.desk import figures, operations
from hub.desk.callers import Caller
from hub.desk.causes import PATIENCE_SECONDS, Causes
from hub.desk.figures import Overview
from hub.desk.live import Reason
from hub.desk.operations import Followed, Progress
from hub.desk.resources import Desk
from hub.desk.stores import Stores
from hub.errors import SERVER_ERRORS

LOG: Final = structlog.get_logger("api")
SECONDS: Final = 1.0
TAKE_SECONDS: Final = 20.0
"""How long a reader may take nothing before its connection is broken off."""
OPERATIONS: Final = 5
"""Newest operations that are followed, whatever became of them."""
UNDER_WAY: Final = 50
"""Newest operations of which records wait, and that are followed."""
ENDED_SECONDS: Final = 30.0
"""How long an operation is followed after its last record: slow readers hear of the end as well."""


@dataclass(slots=True)
class Watch:
    """The last look of a process; whoever asks within a second gets it, too. `clock` tells seconds.

    `patience`: how many seconds a look waits for a new count of the causes of failures.
    """

    clock: Callable[[], float] = time.monotonic
    patience: float = PATIENCE_SECONDS
    _overview: Overview | None = None
    _causes: Causes = field(init=False)
    _operations: Followed = field(default_factory=Followed)
    _waited: dict[int, float] = field(default_factory=dict)
    """When each operation had records that waited."""
    _due: dict[str, float] = field(default_factory=dict)
    """When each is to be looked at again."""
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._causes = Causes(self.clock, self.patience)

    async def overview(self, desk: Desk) -> Overview:
        """Return the hub at a glance, a second old at most but for the causes of failures."""
        async with self._looking:
            if self._overview is None or self._is_old("overview"):
                self._overview = None  # where a look fails, nobody is told an earlier one
                self._overview = await figures.overview(desk, await self._causes.read(desk))
                self._looked("overview")
            return self._overview

    async def operations(self, desk: Desk, stores: Stores) -> Sequence[Progress]:
        """Return how far operations are that are under way or the newest, a second old at most.

        Those that name an order of other stores are left out; that is asked once for all who look.
        """
        async with self._looking:
            if self._is_old("operations"):
                newest = await operations.history(desk, OPERATIONS)
                numbers = {each.id for each in newest} | await self._under_way(desk)
                self._operations = await operations.followed(desk, sorted(numbers))
                self._looked("operations")
            return self._operations.seen(stores)

    async def _under_way(self, desk: Desk) -> set[int]:
        """Return the operations that are under way, or were a moment ago."""
        now = self.clock()
        self._waited |= dict.fromkeys(await operations.under_way(desk, UNDER_WAY), now)
        self._waited = {number: at for number, at in self._waited.items() if now - at < ENDED_SECONDS}
        return set(self._waited)

    async def close(self) -> None:
        """End what is looked at in the background."""
        await self._causes.close()

    def _is_old(self, what: str) -> bool:
        return self.clock() >= self._due.get(what, 0.0)

    def _looked(self, what: str) -> None:
        self._due[what] = self.clock() + SECONDS


News = Callable[[], Awaitable[Sequence[tuple[str, str, bytes]]]]
"""What there is to be told now: of which event, about what of its kind, and the data."""


class Told(Response):
    """The answer that goes on: looks at the news every second, and sends those that differ from the last ones."""

    def __init__(self, news: News, live: Live, caller: Caller) -> None:
        super().__init__()
        self._news, self._live, self._caller = news, live, caller

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what happens until the reader leaves, takes nothing, or may see no more."""
        abort = scope.get("extensions", {}).get(ABORT)
        with self._live.seats.taken(self._caller):
            leaving = asyncio.create_task(gone(receive))
            try:
                await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
                await self._speak(send, leaving)
            except TimeoutError:  # the reader takes nothing
                if abort is not None:
                    abort()
            finally:
                leaving.cancel()

    async def _speak(self, send: Send, leaving: asyncio.Task[None]) -> None:
        await _write(send, coming_back() + b"\n")
        seen: dict[tuple[str, str], bytes] = {}
        while not leaving.done():
            reason = self._over()
            try:
                frames = [] if reason else _frames(seen, await self._news())
            except SERVER_ERRORS as error:
                LOG.warning("api.stream_ended", reason=type(error).__name__)
                reason = Reason.RESTART
            if reason is not None:
                await _write(send, goodbye(reason), more=False)
                return
            await _write(send, b"".join(frames) or b":\n\n")
            await asyncio.wait({leaving}, timeout=SECONDS)

    def _over(self) -> Reason | None:
        """Return why there is no more to be seen, if so."""
        if self._live.ending:
            return Reason.RESTART
        return Reason.TOKEN if seconds_left(self._caller) <= 0 else None


def _frames(seen: dict[tuple[str, str], bytes], news: Sequence[tuple[str, str, bytes]]) -> list[bytes]:
    """Return the news that the reader has not seen as they are sent; what is no news any more is forgotten."""
    for old in seen.keys() - {(kind, name) for kind, name, _ in news}:
        del seen[old]
    return [each for each in map(partial(_frame, seen), news) if each]


def _frame(seen: dict[tuple[str, str], bytes], told: tuple[str, str, bytes]) -> bytes:
    """Return news as they are sent, and note them; nothing where the reader has seen them."""
    kind, name, data = told
    if seen.get((kind, name)) == data:
        return b""
    seen[(kind, name)] = data
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)


async def _write(send: Send, body: bytes, *, more: bool = True) -> None:
    """Send a part of the answer; raises TimeoutError where the reader takes nothing for so long."""
    async with asyncio.timeout(TAKE_SECONDS):
        await write(send, body, more=more)
