"""A receiver of webhooks on a real socket, which does at each path what a test tells it to."""

import asyncio
import ssl
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from standardwebhooks import Webhook

Behaviour = Callable[[int], "Answer"]
"""What to do, by how many requests came to this path before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; `hang` gives none, `drip` sends the body so slowly that nobody waits for it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = "ok"
    hang: bool = False
    drip: bool = False
    pause: float = 0.0


def usual(_: int) -> Answer:
    """Take it."""
    return Answer()


@dataclass(frozen=True, slots=True)
class Received:
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers.get("webhook-id", "")

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.body)
        return found

    def verified(self, secret: str) -> Any:
        """Return what the standard's own library reads, or raise its error."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass
class Receiver:
    """What came to each path, and what is answered there."""

    port: int = 0
    came: dict[str, list[Received]] = field(default_factory=lambda: defaultdict(list))
    does: dict[str, Behaviour] = field(default_factory=dict)
    taken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The ids that were answered with 2xx, by path."""
    under_way: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    """How many requests to a path were under way at once, at most."""

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            path = head[0].split(" ")[1]
            headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.under_way[path] += 1
            self.most[path] = max(self.most[path], self.under_way[path])
            try:
                await self._answer(Received(path, headers, body), reader, writer)
            finally:
                self.under_way[path] -= 1
        writer.close()

    async def _answer(self, received: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = received.path
        answer = self.does.get(path, usual)(len(self.came[path]))
        self.came[path].append(received)
        if answer.hang:
            await reader.read()  # until the other side gives up
            return
        await asyncio.sleep(answer.pause)
        told = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        size = 10_000 if answer.drip else len(answer.body)
        writer.write(f"HTTP/1.1 {answer.status} X\r\n{told}Content-Length: {size}\r\n\r\n{answer.body}".encode())
        await writer.drain()
        if 200 <= answer.status < 300:
            self.taken[path].append(received.id)
        if answer.drip:
            await reader.read()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Run a receiver as long as the block."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
