"""The provider on the wire: HTTP/1.1 on bare sockets, one call a connection, as the tricks need it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from simulators.payment_provider.api import Api
from simulators.payment_provider.books import Books, Reply
from simulators.payment_provider.tricks import ACTS, NONE, Luck, Naughtiness, Trick

KEY: Final = "sk_test_simulated"
MOST_HEAD: Final = 64 * 1024
LATE_SECONDS: Final = 0.2
SILENCE_SECONDS: Final = 120.0
NOTHING: Final[Reply] = (0, {})
REASONS: Final = {200: "OK", 307: "Temporary Redirect", 401: "Unauthorized", 429: "Too Many Requests", 500: "Error"}


@dataclass(frozen=True, slots=True)
class _Heard:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str]


async def _hear(reader: asyncio.StreamReader) -> _Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    body = await reader.readexactly(int(headers.get("content-length") or 0))
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return _Heard(method, parts.path, query, headers, dict(parse_qsl(body.decode(), keep_blank_values=True)))


def _written(status: int, body: bytes, extra: Mapping[str, str]) -> bytes:
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close", **extra}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {REASONS.get(status, 'Said')}\r\n{lines}\r\n".encode() + body


class Provider:
    """A running provider; `counts` tells what mischief was done and how often it was called."""

    def __init__(
        self, naughtiness: Naughtiness = NONE, seed: int = 1, file: Path | None = None, key: str = KEY
    ) -> None:
        self.books = Books(file)
        self.luck = Luck(naughtiness, seed)
        self._api = Api(self.books, self.luck)
        self._key, self._refusal = key, "api_key_invalid"
        self.open: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, on which one call may come."""
        self.open.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError, ValueError):
            try:
                await self._serve(await _hear(reader), reader, writer)
                await writer.drain()
            finally:
                self.open.discard(writer)
                writer.close()
                await writer.wait_closed()

    def accept(self, key: str, refusing_with: str = "api_key_invalid") -> None:
        """Take this API key from now on, and no other, which is refused with this word."""
        self._key, self._refusal = key, refusing_with

    def hang_up(self) -> None:
        """Cut every connection."""
        for writer in self.open:
            writer.transport.abort()

    async def _serve(self, heard: _Heard, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if heard.path.startswith("/_"):
            writer.write(_written(200, json.dumps(self._told(heard.path)).encode(), {}))
            return
        if heard.headers.get("authorization") != f"Bearer {self._key}":
            error = {"error": {"type": "authentication_error", "code": self._refusal}}
            writer.write(_written(401, json.dumps(error).encode(), {}))
            return
        asking = heard.method == "GET"
        key = heard.headers.get("idempotency-key", "")
        self.luck.counts["questions" if asking else "calls"] += 1
        trick = self.luck.for_question() if asking else self.luck.for_call(key)
        status, body, extra = self._outcome(heard, key, trick)
        await _play(trick, _written(status, body, extra), reader, writer)

    def _outcome(self, heard: _Heard, key: str, trick: Trick | None) -> tuple[int, bytes, Mapping[str, str]]:
        """Do what is to be done, and return what is said about it."""
        extra = {"Idempotency-Key": key} if key else {}
        acts = trick is None or trick in ACTS
        status, told = NOTHING
        if heard.method == "GET":
            status, told = self._api.asked(heard.path, heard.query)
        elif acts:
            status, told = self._api.act(heard.path, heard.form, key)
        match trick:
            case Trick.ERROR_AFTER | Trick.ERROR_BEFORE:
                status, told = 500, {"error": {"type": "api_error", "message": "something went wrong on our side"}}
            case Trick.THROTTLED:
                status, told = 429, {"error": {"type": "rate_limit_error", "code": "rate_limit"}}
                extra["Retry-After"] = self._come_back(key)
            case Trick.REDIRECT:
                status, told = 307, {}
                extra["Location"] = f"{self.url}/_followed"
            case Trick.GARBAGE:
                return status, b"<html><body>Bad gateway</body></html>", extra
        return status, json.dumps(told).encode(), extra

    def _come_back(self, key: str) -> str:
        """Return a time to come back: in seconds, or as a date, which is as allowed and as common."""
        seconds = self.luck.naughtiness.retry_after
        if self.luck.rng("date", key).random() < 0.5:
            return str(int(seconds))
        return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)

    def _told(self, path: str) -> Any:
        self.luck.counts["followed"] += path == "/_followed"
        return self.books.document() if path == "/_ledger" else dict(self.luck.counts)


async def _play(
    trick: Trick | None, written: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Write the answer, or do to the connection what the trick is."""
    match trick:
        case Trick.TIMEOUT_AFTER | Trick.TIMEOUT_BEFORE:
            async with asyncio.timeout(SILENCE_SECONDS):
                await reader.read()  # until the caller hangs up
        case Trick.RESET:
            writer.write(written[: len(written) // 2])
            await writer.drain()
            writer.transport.abort()
        case Trick.DOUBLED:
            await asyncio.sleep(LATE_SECONDS)
            writer.write(written + written)
        case _:
            writer.write(written)


@asynccontextmanager
async def serving(provider: Provider, port: int = 0) -> AsyncIterator[Provider]:
    """Serve on a port of this machine, a free one if none is named."""
    server = await asyncio.start_server(provider.answer, "127.0.0.1", port, limit=MOST_HEAD)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield provider
    finally:
        server.close()
        provider.hang_up()
        await server.wait_closed()
        provider.books.close()
