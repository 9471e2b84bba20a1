"""A reader of a stream on a socket of its own, who stops reading, leaves and comes back as a test tells him."""

import asyncio
import json
import socket
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from contracts.partitioning import home
from hub.desk.live import cursor as cursors
from tests.api.server import Api

STREAM = "/v1/events/stream"
PATIENCE = 120.0


@dataclass(frozen=True)
class Block:
    """What stands between two empty lines."""

    fields: Mapping[str, str]

    @property
    def kind(self) -> str:
        return self.fields.get("event", "")

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.fields.get("data", "{}"))
        return found


@dataclass
class Follower:
    """One who reads events and remembers them, and the last id."""

    token: str
    last: str | None = None
    seen: list[dict[str, Any]] = field(default_factory=list)
    status: int = 0
    bye: str | None = None
    resets: int = 0
    retry: int = 0
    _text: bytes = b""
    _blocks: deque[Block] = field(default_factory=deque)
    _reader: asyncio.StreamReader | None = None
    _writer: asyncio.StreamWriter | None = None

    async def open(self, base: str, query: str = "", buffer: int | None = None) -> "Follower":
        """Ask for a stream, from the last id on; `buffer` bytes are taken by the system before they are read."""
        await self.leave()
        parts = urlsplit(base)
        sock = socket.socket()
        if buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, (parts.hostname, parts.port))
        except OSError:
            sock.close()
            raise
        self._reader, self._writer = await asyncio.open_connection(sock=sock, limit=2**24 if buffer is None else 2**12)
        last = f"Last-Event-ID: {self.last}\r\n" if self.last else ""
        head = f"GET {STREAM}{query} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {self.token}\r\n{last}\r\n"
        self._writer.write(head.encode())
        answer = await self._reader.readuntil(b"\r\n\r\n")
        self.status, self.bye = int(answer.split()[1]), None
        self._text, self._blocks = b"", deque()
        return self

    async def next(self) -> Block | None:
        """Return what comes next, None where the stream ends."""
        while not self._blocks:
            chunk = await self._chunk()
            if not chunk:
                return None
            *whole, self._text = (self._text + chunk).split(b"\n\n")
            self._blocks.extend(Block(dict(_field(line) for line in each.decode().split("\n"))) for each in whole)
        return self._noted(self._blocks.popleft())

    async def _chunk(self) -> bytes:
        assert self._reader is not None
        try:
            size = int(await self._reader.readline() or b"0", 16)
            return (await self._reader.readexactly(size + 2))[:-2] if size else b""
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""

    def _noted(self, block: Block) -> Block:
        if block.kind == "bye":
            self.bye = block.data["reason"]
        elif block.kind == "reset":
            self.resets += 1
        elif block.kind:
            assert block.kind == block.data["type"]
            self.seen.append(block.data)
        self.retry = int(block.fields.get("retry", self.retry))
        self.last = block.fields.get("id", self.last)
        return block

    async def until(self, count: int) -> bool:
        """Read until so many events were seen in all; False where the stream ends before."""
        async with asyncio.timeout(PATIENCE):
            while len(self.seen) < count:
                if await self.next() is None:
                    return False
        return True

    async def to_the_end(self) -> None:
        """Read until the stream ends."""
        async with asyncio.timeout(PATIENCE):
            while await self.next() is not None:
                pass

    async def leave(self) -> None:
        """Hang up."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def told(self, shards: int) -> dict[int, list[str]]:
        """The ids of the events seen, by shard, in their order."""
        return told(self.seen, shards)


class Following(Protocol):
    """Makes followers."""

    def __call__(self, *scopes: str, name: str = "ann", stores: Sequence[str] = ("*",)) -> Follower: ...


def told(events: list[dict[str, Any]], shards: int) -> dict[int, list[str]]:
    """The ids of events by shard, in their order."""
    found: dict[int, list[str]] = defaultdict(list)
    for event in events:
        found[home(event["subject"], shards)].append(event["id"])
    return dict(found)


async def pages(api: Api, query: str = "", limit: int = 3, after: str = "start") -> tuple[list[dict[str, Any]], str]:
    """All events behind a cursor, page by page, and the cursor to go on from."""
    items: list[dict[str, Any]] = []
    while True:
        answer = await api.get(f"/v1/events?after={after}&limit={limit}{query}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        assert not page["reset"], list(cursors.read(after))
        items, after = items + page["items"], page["next_cursor"]
        if not page["more"]:
            return items, after


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.removeprefix(" ")
