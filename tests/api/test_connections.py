"""Connections have bounds: how long a request may take to begin, and how many may be open, whoever holds them."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from hub.api import connections
from hub.api.metering import Meter
from tests.api.server import Api, running_api
from tests.stage import Stage

pytestmark = pytest.mark.integration
WHOLE = b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n"
HALF = b"GET /livez HTTP/1.1\r\nHost: h"
PATIENCE = 60
NEVER = 10_000


@dataclass
class Line:
    """A connection to the API, byte for byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def asked(self, request: bytes) -> str:
        """Ask, and return the status line of the answer; its body is read as well."""
        self.writer.write(request)
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
            size = next(line for line in head.splitlines() if line.startswith("content-length:"))
            await self.reader.readexactly(int(size.partition(":")[2]))
        return head.splitlines()[0]

    async def rest(self) -> str:
        """Return all that still comes, once the other side has closed."""
        with suppress(ConnectionError):
            return (await asyncio.wait_for(self.reader.read(), PATIENCE)).decode()
        return ""

    async def drips(self, part: Callable[[int], bytes]) -> str:
        """Send one part after the other for as long as the connection stands; return what came back."""
        ending, sent = asyncio.create_task(self.rest()), 0
        while not ending.done():
            with suppress(ConnectionError):
                self.writer.write(part(sent))
                await self.writer.drain()
            sent += 1
            await asyncio.wait([ending], timeout=0.05)
        return await ending


async def refusals(api: Api) -> dict[str, int]:
    """How many connections were refused, by their codes, as Prometheus is told."""
    found = re.findall(r'(?m)^hub_api_refused_connections_total{code="(\w+)"} (\d+)', (await api.get("/metrics")).text)
    return {code: int(count) for code, count in found}


Dialled = Callable[[Api], Awaitable[Line]]


@pytest.fixture
async def dialled() -> AsyncIterator[Dialled]:
    """Opens connections, which are all closed at the end of the test."""
    made: list[Line] = []

    async def dialled(api: Api) -> Line:
        address = urlsplit(api.base)
        made.append(Line(*await asyncio.open_connection(address.hostname, address.port)))
        return made[-1]

    yield dialled
    for each in made:
        each.writer.close()
        with suppress(ConnectionError):
            await each.writer.wait_closed()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a head take half a second, and an idle connection be no matter of time."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(connections, "KEEP_ALIVE_SECONDS", NEVER)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """End nothing because of its time."""
    for name in ("HEAD_SECONDS", "KEEP_ALIVE_SECONDS"):
        monkeypatch.setattr(connections, name, NEVER)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("before", [b"", WHOLE, WHOLE + HALF], ids=["first", "next", "pipelined"])
async def test_a_head_that_comes_byte_by_byte_is_waited_for_so_long(
    stage: Stage, dialled: Dialled, before: bytes
) -> None:
    async with running_api(stage) as api:
        line = await dialled(api)
        if before:
            assert await line.asked(before) == "http/1.1 200 ok"
        told = await line.drips(lambda n: HALF[n : n + 1] if n < len(HALF) else b"x")

    assert told.startswith("HTTP/1.1 408 ")
    assert '"code":"too_slow"' in told


@pytest.mark.usefixtures("hurried")
async def test_heads_that_are_too_slow_are_counted(stage: Stage, dialled: Dialled) -> None:
    async with running_api(stage) as api:
        silent = await dialled(api)
        await silent.drips(lambda _: b"")
        slow = await dialled(api)
        await slow.drips(lambda _: b"x")

        assert await refusals(api) == {"too_slow": 1}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("part", [b"", b"\r\n"], ids=["nothing", "empty lines"])
async def test_who_asks_nothing_holds_no_connection(stage: Stage, dialled: Dialled, part: bytes) -> None:
    async with running_api(stage) as api:
        first, second = await dialled(api), await dialled(api)
        assert await second.asked(WHOLE) == "http/1.1 200 ok"
        told = await first.drips(lambda _: part)
        if part:
            told += await second.drips(lambda _: part)

    assert "200" not in told


@pytest.mark.usefixtures("hurried")
async def test_a_request_that_has_begun_may_take_longer_than_a_head(stage: Stage, dialled: Dialled) -> None:
    async with running_api(stage) as api:
        begun, other = await dialled(api), await dialled(api)
        begun.writer.write(b"POST /v1/refunds/approve HTTP/1.1\r\nHost: hub\r\nContent-Length: 2\r\n\r\n")
        await begun.writer.drain()
        assert (await other.drips(lambda _: b"x")).startswith("HTTP/1.1 408 ")  # so the time of a head is over

        assert await begun.asked(b"{}") == "http/1.1 401 unauthorized"


@pytest.mark.usefixtures("patient")
async def test_past_the_most_connections_new_ones_are_refused_until_one_is_closed(
    stage: Stage, dialled: Dialled
) -> None:
    async with running_api(stage, clients=2) as api:
        first, second = await dialled(api), await dialled(api)
        for each in (first, second):
            each.writer.write(HALF)
        refused = await dialled(api)
        refused.writer.write(WHOLE)
        told = await refused.rest()
        first.writer.close()

        async def free() -> bool:
            line = await dialled(api)
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                return await line.asked(WHOLE) == "http/1.1 200 ok"
            return False

        await stage.until(free, "there is room again")

    assert told.startswith("HTTP/1.1 503 ")
    assert '"code":"busy"' in told
    assert "retry-after: 1" in told.lower()


@pytest.mark.usefixtures("patient")
async def test_a_connection_on_which_nothing_is_asked_makes_room(stage: Stage, dialled: Dialled) -> None:
    async with running_api(stage, clients=2) as api:
        busy, idle = await dialled(api), await dialled(api)
        busy.writer.write(HALF)
        assert await idle.asked(WHOLE) == "http/1.1 200 ok"
        third = await dialled(api)

        assert await third.asked(WHOLE) == "http/1.1 200 ok"
        assert await idle.rest() == ""
        assert await busy.asked(b"ub\r\n\r\n") == "http/1.1 200 ok"


@pytest.mark.usefixtures("patient")
async def test_of_those_refused_only_some_are_told(
    stage: Stage, dialled: Dialled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REFUSED_AT_ONCE", 1)
    monkeypatch.setattr(connections, "REFUSED_SECONDS", NEVER)
    async with running_api(stage, clients=1) as api:
        first, told, cut = await dialled(api), await dialled(api), await dialled(api)
        first.writer.write(HALF)

        assert await cut.rest() == ""
        told.writer.write(WHOLE)
        assert (await told.rest()).startswith("HTTP/1.1 503 ")
        assert await first.asked(b"ub\r\n\r\n") == "http/1.1 200 ok"
        assert await refusals(api) == {"busy": 2}


def test_the_log_tells_of_refusals_every_ten_seconds_at_most() -> None:
    now = 1000.0
    meter = Meter(lambda: now)
    with capture_logs() as told:
        for code in ("busy", "busy", "too_slow", "busy"):
            meter.refused(code)
            now += 1
        now += 10
        meter.refused("too_slow")

    assert [{code: each[code] for code in ("busy", "too_slow") if code in each} for each in told] == [
        {"busy": 1},
        {"busy": 2, "too_slow": 2},
    ]
