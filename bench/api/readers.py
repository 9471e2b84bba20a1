"""Readers of the API's stream: many sockets of this process, which count what they are told and keep nothing of it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from bench.api.house import PATIENCE_SECONDS, Api
from hub.api.serving import OTHER_FILES, allow_files

ANSWERED: Final = b"HTTP/1.1 200 "
EVENT: Final = b"\nevent: "
GOODBYES: Final = (b"\nevent: bye", b"\nevent: reset")
OVERLAP: Final = max(len(each) for each in GOODBYES)
"""Bytes that are looked at again with the next ones: a mark may be cut in two. No event's data has a line feed."""
AT_ONCE: Final = 50
"""Readers who connect together."""


class Reader(asyncio.Protocol):
    """One reader: how many events came, and whether it was sent away."""

    def __init__(self, request: bytes) -> None:
        self.events = 0
        self.gone = False
        self.there = asyncio.get_running_loop().create_future()
        self._request = request
        self._end = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count the events that begin here."""
        if not self.there.done():
            self._note_answer(data)
        whole = self._end + data
        self.events += whole.count(EVENT) - self._end.count(EVENT)
        self.gone = self.gone or any(each in whole for each in GOODBYES)
        self._end = whole[-OVERLAP:]

    def connection_lost(self, error: Exception | None) -> None:
        """Note that there is no more."""
        self.gone = True
        if not self.there.done():
            self.there.set_exception(error or ConnectionError("the API hung up before it answered"))

    def _note_answer(self, data: bytes) -> None:
        if data.startswith(ANSWERED):
            self.there.set_result(None)
        else:
            self.there.set_exception(ConnectionError(f"no stream: {data[:200]!r}"))


@asynccontextmanager
async def reading(api: Api, token: str, count: int) -> AsyncIterator[list[Reader]]:
    """Have so many readers read as long as the block; all of them are there when it begins."""
    async with following(api, "/v1/events/stream", [f"Authorization: Bearer {token}"] * count) as readers:
        yield readers


@asynccontextmanager
async def following(api: Api, path: str, who: Sequence[str]) -> AsyncIterator[list[Reader]]:
    """Have everybody follow a stream as long as the block, each by the header that says who it is."""
    allow_files(len(who) + OTHER_FILES)
    loop, transports, readers = asyncio.get_running_loop(), [], []
    try:
        for number, header in enumerate(who):
            head = f"GET {path} HTTP/1.1\r\nHost: {api.host}:{api.port}\r\n{header}\r\n\r\n".encode()
            transport, reader = await loop.create_connection(partial(Reader, head), api.host, api.port)
            transports.append(transport)
            readers.append(reader)
            if number % AT_ONCE == AT_ONCE - 1:
                await _all_there(readers)
        await _all_there(readers)
        yield readers
    finally:
        for transport in transports:
            transport.abort()


async def _all_there(readers: Iterable[Reader]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(each.there for each in readers))


async def until_told(readers: Iterable[Reader], events: int) -> None:
    """Wait until each has so many events, or for PATIENCE_SECONDS."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while any(each.events < events and not each.gone for each in readers):
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(0.1)
