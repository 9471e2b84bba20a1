"""Server-sent events: a stream of what a reader is to see, until one of the two sides ends it."""

import asyncio
import math
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog
from fastapi import Response

from hub.api.connections import ABORT, Receive, Scope, Send
from hub.api.live import Live
from hub.desk.callers import Caller
from hub.desk.live import Reader, Reason, Told, Wish
from hub.errors import SERVER_ERRORS

LOG: Final = structlog.get_logger("api")
KEEP_ALIVE_SECONDS: Final = 15.0
RETRY_MS: Final = 3_000
JITTER_MS: Final = 1_000
"""Readers who were sent away together come back one by one."""
GRACE_SECONDS: Final = 1.0
"""How long a reader has to take the goodbye."""
HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"Authorization, Cookie"),
    (b"x-accel-buffering", b"no"),  # said to proxies that would keep events back
)


class Stream(Response):
    """The answer that goes on: events as they are stored."""

    def __init__(self, live: Live, caller: Caller, wish: Wish, after: str | None) -> None:
        super().__init__()
        self._live, self._caller, self._wish, self._after = live, caller, wish, after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the reader leaves, is too slow, or may see no more; raises Problem before the first."""
        with self._live.seats.taken(self._caller):
            reader = await self._live.tail.follow(self._wish, self._after)
            leaving = asyncio.create_task(_leave(reader, receive))
            cutting = _cut_in_time(reader, scope.get("extensions", {}).get(ABORT))
            try:
                await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
                await self._speak(reader, send)
            finally:
                leaving.cancel()
                self._live.tail.leave(reader)
                for each in cutting:
                    each.cancel()

    async def _speak(self, reader: Reader, send: Send) -> None:
        """Send what the reader is to see, and why there is no more of it."""
        await write(send, _beginning(reader))
        while reader.reason is None:
            seconds = min(seconds_left(self._caller), KEEP_ALIVE_SECONDS)
            try:
                told = await reader.next(seconds) if seconds > 0 else []
            except SERVER_ERRORS as error:
                LOG.warning("api.stream_ended", reason=type(error).__name__)
                reader.end(Reason.RESTART)
                break
            if told:
                await write(send, b"".join(map(_frame, told)))
            elif seconds_left(self._caller) <= 0:
                reader.end(Reason.TOKEN)
            elif reader.reason is None:
                await write(send, b":\nid: %b\n\n" % reader.cursor.encode())
        if reader.reason is not Reason.GONE:
            await write(send, b"id: %b\n%b" % (reader.cursor.encode(), goodbye(str(reader.reason))), more=False)


async def _leave(reader: Reader, receive: Receive) -> None:
    """Let the reader go as soon as the client has."""
    await gone(receive)
    reader.end(Reason.GONE)


def _cut_in_time(reader: Reader, abort: Callable[[], None] | None) -> list[asyncio.TimerHandle]:
    """Have the connection broken off where even the goodbye is not taken; what is returned is to be cancelled."""
    cutting: list[asyncio.TimerHandle] = []
    if abort is not None:
        loop = asyncio.get_running_loop()
        reader.on_end = lambda: cutting.append(loop.call_later(GRACE_SECONDS, abort))
    return cutting


def _beginning(reader: Reader) -> bytes:
    """Return what a stream begins with: when to come back, from where on, and whether what was missed is lost."""
    reset = b"event: reset\ndata: {}\n" if reader.was_reset else b""
    return b"%bid: %b\n%b\n" % (coming_back(), reader.cursor.encode(), reset)


def _frame(told: Told) -> bytes:
    event = told.event
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (told.cursor.encode(), event.type.encode(), event.document)


def coming_back() -> bytes:
    """Return the line that says after how long a reader who was sent away comes back."""
    return b"retry: %d\n" % (RETRY_MS + secrets.randbelow(JITTER_MS))


def goodbye(reason: str) -> bytes:
    """Return the event that says why a stream ends."""
    return b'event: bye\ndata: {"reason":"%b"}\n\n' % reason.encode()


def seconds_left(caller: Caller) -> float:
    """Return how long the caller's token is good."""
    return math.inf if caller.expires_at is None else (caller.expires_at - datetime.now(UTC)).total_seconds()


async def gone(receive: Receive) -> None:
    """Return once the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def write(send: Send, body: bytes, *, more: bool = True) -> None:
    """Send a part of a stream, its last one without `more`."""
    await send({"type": "http.response.body", "body": body, "more_body": more})
