"""A TCP proxy in front of a server: refuses, cuts, resets, delays, stalls, goes deaf, and loses commits or answers."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from adapters.embedded.ports import HOST
from tests.chaos.spotting import Spotter

CHUNK: Final = 65_536
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 0.4
"""How long a swallowed answer's connection stays open after its commit: longer than a commit takes."""


class Ambush(StrEnum):
    """What happens to the next commit that comes by."""

    NONE = "none"
    LOSE = "lose"
    SWALLOW = "swallow"


@dataclass
class Weather:
    """What the network does now."""

    delay: float = 0.0
    """Seconds that each piece of data takes longer, each way."""
    stalled: bool = False
    """Nothing passes, no connection ends: a black hole."""
    mute: bool = False
    """What the server answers is thrown away."""
    half_open: bool = False
    """The server's side of a connection is closed, and its client isn't told."""
    budget: int | None = None
    """How many bytes each connection still carries before it is reset."""
    ambush: Ambush = Ambush.NONE


@dataclass(eq=False)
class Link:
    """One connection: to the client, to the server, and what it has gone through."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    spotter: Spotter
    carried: int = 0
    spoilt: bool = False
    """Bytes of it are lost: it can only be cut."""
    deaf: bool = False
    """Its answers are thrown away from here on."""

    def reset(self) -> None:
        """End both sides at once, with a reset."""
        for writer in (self.client, self.server):
            _reset(writer)


@dataclass
class Proxy:
    """A proxy of one server; `counts` says what it really did: a fault that touched nobody is none."""

    target: int
    spotter: Callable[[], Spotter]
    weather: Weather = field(default_factory=Weather)
    counts: Counter[str] = field(default_factory=Counter)
    port: int = 0
    _server: asyncio.Server | None = None
    _links: set[Link] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _fair: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Listen; on the same port as before, where there was one."""
        self._fair.set()
        self._server = await asyncio.start_server(self._serve, HOST, self.port, limit=CHUNK)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Listen no more; those who come are refused by the system."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def used(self, seconds: float) -> None:
        """Wait until somebody is connected; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not self._links:
                await asyncio.sleep(0.05)

    def cut(self, *, only_spoilt: bool = False) -> int:
        """Reset every connection; return how many."""
        links = [link for link in self._links if link.spoilt or not only_spoilt]
        for link in links:
            link.reset()
        self.counts["reset"] += len(links)
        return len(links)

    def stall(self) -> None:
        """Let nothing pass from now on."""
        self.weather.stalled = True
        self._fair.clear()

    def close_the_far_side(self) -> int:
        """Close the server's side of every connection and let its client believe that it is open."""
        self.weather.half_open = True
        for link in self._links:
            link.spoilt = True
            _reset(link.server)
        self.counts["half open"] += len(self._links)
        return len(self._links)

    def clear(self) -> None:
        """End every fault; what lost bytes meanwhile is cut."""
        self.weather = Weather()
        self._fair.set()
        self.cut(only_spoilt=True)

    async def close(self) -> None:
        """End everything."""
        await self.refuse()
        self.clear()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- a connection ----------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                answers, far = await asyncio.open_connection(HOST, self.target, limit=CHUNK)
        except (OSError, TimeoutError):
            _reset(writer)
            return
        link = Link(writer, far, self.spotter())
        self._links.add(link)
        pumps = [asyncio.create_task(self._up(link, reader)), asyncio.create_task(self._down(link, answers))]
        self._tasks.update(pumps)
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            while link.spoilt and self.weather.half_open and not pumps[0].done():
                await asyncio.sleep(0.05)
        finally:
            self._links.discard(link)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self._tasks.difference_update(pumps)
            link.client.close()
            link.server.close()

    async def _up(self, link: Link, reader: asyncio.StreamReader) -> None:
        """Carry what the client asks."""
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                await self._travel(link, chunk)
                commits = link.spotter.sees_commit(chunk)
                if commits and self.weather.ambush is Ambush.LOSE:
                    self.weather.ambush = Ambush.NONE
                    self.counts["commits lost"] += 1
                    return
                if link.spoilt and self.weather.half_open:
                    self.counts["bytes swallowed"] += len(chunk)
                    continue
                if commits and self.weather.ambush is Ambush.SWALLOW:
                    self.weather.ambush = Ambush.NONE
                    await self._swallow(link, chunk)
                    return
                link.server.write(chunk)
                await link.server.drain()

    async def _swallow(self, link: Link, chunk: bytes) -> None:
        """Let a commit through and its answer not."""
        link.deaf = link.spoilt = True
        link.server.write(chunk)
        await link.server.drain()
        self.counts["answers swallowed"] += 1
        await asyncio.sleep(ANSWER_SECONDS)

    async def _down(self, link: Link, answers: asyncio.StreamReader) -> None:
        """Carry what the server answers."""
        with suppress(OSError):
            while chunk := await answers.read(CHUNK):
                await self._travel(link, chunk)
                if self.weather.mute or link.deaf:
                    link.spoilt = True
                    self.counts["bytes swallowed"] += len(chunk)
                    continue
                link.client.write(chunk)
                await link.client.drain()

    async def _travel(self, link: Link, chunk: bytes) -> None:
        """Take the time that the weather asks for; raises OSError where the way ends here."""
        if self.weather.delay:
            self.counts["delayed"] += 1
            await asyncio.sleep(self.weather.delay)
        if self.weather.stalled:
            self.counts["stalled"] += 1
        await self._fair.wait()
        link.carried += len(chunk)
        budget = self.weather.budget
        if budget is not None and link.carried > budget:
            self.counts["budgets used up"] += 1
            link.reset()
            raise ConnectionResetError

    def forget_what_was_carried(self) -> None:
        """Count the bytes of every connection from here on."""
        for link in self._links:
            link.carried = 0


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection without a farewell: its peer sees a reset."""
    found: socket.socket | None = writer.get_extra_info("socket")
    with suppress(OSError):
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
