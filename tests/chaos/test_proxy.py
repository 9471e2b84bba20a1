"""The proxy on real sockets: what it says that it does to a connection, it does."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from adapters.embedded.ports import HOST
from tests.chaos.proxy import Ambush, Proxy
from tests.chaos.spotting import KafkaSpotter, PostgresSpotter

LOGIN = b"\x00\x00\x00\x20\x00\x03\x00\x00application_name\x00hub-shard\x00\x00"
COMMIT = b"Q\x00\x00\x00\x0cCOMMIT;\x00"
SECONDS = 5


def request(key: int, size: int = 40) -> bytes:
    return struct.pack(">ih", size, key) + b"\x00" * (size - 2)


@asynccontextmanager
async def echoing(proxy_of: type[KafkaSpotter] | type[PostgresSpotter]) -> AsyncIterator[tuple[Proxy, list[bytes]]]:
    """A server that answers what it is asked, and the proxy in front of it; the list is what the server heard."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(1000):
                heard.append(chunk)
                writer.write(chunk)
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    proxy = Proxy(server.sockets[0].getsockname()[1], proxy_of)
    await proxy.start()
    try:
        yield proxy, heard
    finally:
        await proxy.close()
        server.close()


@asynccontextmanager
async def connected(proxy: Proxy) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(HOST, proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: bytes) -> bytes:
    """Return what comes back: empty where the connection ends instead."""
    writer.write(question)
    async with asyncio.timeout(SECONDS):
        try:
            return await reader.read(1000)
        except ConnectionResetError:
            return b""


async def test_in_good_weather_everything_passes() -> None:
    async with echoing(PostgresSpotter) as (proxy, _), connected(proxy) as (reader, writer):
        assert await asked(reader, writer, LOGIN) == LOGIN
        assert await asked(reader, writer, COMMIT) == COMMIT


@pytest.mark.parametrize(("spotter", "commit"), [(PostgresSpotter, COMMIT), (KafkaSpotter, request(26))])
async def test_a_lost_commit_never_arrives_and_a_swallowed_one_does(
    spotter: type[KafkaSpotter] | type[PostgresSpotter], commit: bytes
) -> None:
    login = LOGIN if spotter is PostgresSpotter else request(22)
    async with echoing(spotter) as (proxy, heard):
        for ambush, arrives in ((Ambush.LOSE, False), (Ambush.SWALLOW, True)):
            async with connected(proxy) as (reader, writer):
                assert await asked(reader, writer, login) == login
                proxy.weather.ambush = ambush
                assert await asked(reader, writer, commit) == b""
            assert (commit in heard) is arrives
        assert proxy.counts["commits lost"] == proxy.counts["answers swallowed"] == 1


async def test_a_commit_of_another_connection_than_a_shards_passes() -> None:
    async with echoing(PostgresSpotter) as (proxy, _), connected(proxy) as (reader, writer):
        proxy.weather.ambush = Ambush.LOSE
        assert await asked(reader, writer, COMMIT) == COMMIT


async def test_a_cut_resets_a_refusal_keeps_out_and_afterwards_all_is_as_before() -> None:
    async with echoing(KafkaSpotter) as (proxy, _):
        async with connected(proxy) as (reader, writer):
            assert await asked(reader, writer, b"question") == b"question"
            assert proxy.cut() == 1
            assert await asked(reader, writer, b"question") == b""
        await proxy.refuse()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, proxy.port)
        await proxy.start()
        async with connected(proxy) as (reader, writer):
            assert await asked(reader, writer, b"question") == b"question"


async def test_a_black_hole_lets_nothing_through_until_it_ends() -> None:
    async with echoing(KafkaSpotter) as (proxy, heard), connected(proxy) as (reader, writer):
        assert await asked(reader, writer, b"before") == b"before"
        proxy.stall()
        writer.write(b"during")
        async with asyncio.timeout(SECONDS):
            while not proxy.counts["stalled"]:
                await asyncio.sleep(0.01)
        assert heard == [b"before"]
        proxy.clear()
        assert await asked(reader, writer, b"") == b"during"


async def test_what_lost_bytes_is_cut_when_the_fault_ends() -> None:
    async with echoing(KafkaSpotter) as (proxy, heard), connected(proxy) as (reader, writer):
        proxy.weather.mute = True
        writer.write(b"question")
        async with asyncio.timeout(SECONDS):
            while not proxy.counts["bytes swallowed"]:
                await asyncio.sleep(0.01)
        assert heard == [b"question"]
        proxy.clear()
        assert await asked(reader, writer, b"another") == b""


async def test_a_half_open_connection_takes_what_it_is_told_and_never_answers() -> None:
    async with echoing(KafkaSpotter) as (proxy, heard), connected(proxy) as (reader, writer):
        assert await asked(reader, writer, b"before") == b"before"
        assert proxy.close_the_far_side() == 1
        writer.write(b"nobody hears this")
        async with asyncio.timeout(SECONDS):
            while not proxy.counts["bytes swallowed"]:
                await asyncio.sleep(0.01)
        assert not reader.at_eof()
        proxy.clear()
        assert await asked(reader, writer, b"") == b""
        assert heard == [b"before"]


async def test_a_connection_is_reset_when_it_has_carried_its_bytes() -> None:
    async with echoing(KafkaSpotter) as (proxy, _), connected(proxy) as (reader, writer):
        proxy.weather.budget = 100
        assert await asked(reader, writer, b"x" * 40) == b"x" * 40
        assert await asked(reader, writer, b"x" * 40) == b""
        assert proxy.counts["budgets used up"] >= 1


@pytest.mark.parametrize("cut_at", range(1, 60, 7))
def test_the_end_of_a_transaction_is_seen_wherever_the_stream_is_divided(cut_at: int) -> None:
    spotter = KafkaSpotter()
    stream = request(0) + request(26) + request(1)

    assert [spotter.sees_commit(part) for part in (stream[:cut_at], stream[cut_at:])].count(True) == 1
