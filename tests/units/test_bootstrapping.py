"""A start that is broken off leaves nothing open behind it."""

import asyncio
import struct

import pytest
import uvloop
from aiokafka import client
from aiokafka.conn import CloseReason, create_conn
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.structs import BrokerMetadata

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.starting import start

HEAD = struct.Struct(">hhi")


class Slow:
    """A broker that says which requests it knows, and never who the brokers are."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.closed = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                key, _, correlation = HEAD.unpack((await reader.readexactly(size))[: HEAD.size])
                if key != 18:
                    self.asked.set()
                    continue
                known = b"".join(struct.pack(">hhh", each, 0, 5) for each in (3, 18))
                body = struct.pack(">ihi", correlation, 0, 2) + known
                writer.write(struct.pack(">i", len(body)) + body)
        except asyncio.IncompleteReadError:
            self.closed.set()
        finally:
            writer.close()


@pytest.mark.parametrize("kind", ["consumer", "producer", "admin"])
async def test_a_start_that_is_broken_off_closes_its_connection(kind: str) -> None:
    slow = Slow()
    server = await asyncio.start_server(slow.answer, "127.0.0.1", 0)
    kafka = KafkaConnection(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    client = getattr(kafka, kind)()
    end = client.close if kind == "admin" else client.stop
    starting = asyncio.create_task(start(client, end))
    await asyncio.wait_for(slow.asked.wait(), 30)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await asyncio.wait_for(slow.closed.wait(), 30)
    server.close()
    await server.wait_closed()


async def test_a_connection_that_is_opened_while_its_client_ends_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, opening, there = list[object](), asyncio.Event(), asyncio.Event()

    class Connection:
        def connected(self) -> bool:
            return not closed

        def close(self, **_: object) -> None:
            closed.append(self)

    async def slowly(*_: object, **__: object) -> Connection:
        opening.set()
        await there.wait()
        return Connection()

    monkeypatch.setattr(client, "create_conn", slowly)
    KafkaConnection("127.0.0.1:1")
    ended = client.AIOKafkaClient(bootstrap_servers="127.0.0.1:1")
    monkeypatch.setattr(ended.cluster, "broker_metadata", lambda _: BrokerMetadata(1, "127.0.0.1", 1, None))
    asking = asyncio.create_task(ended._get_conn(1))
    await opening.wait()
    await ended.close()
    there.set()

    assert await asking is None
    assert len(closed) == 1


def test_a_connection_that_was_closed_under_a_request_is_told_as_broken() -> None:
    """By uvloop, on which the hub runs; asyncio's own loop drops the request without a word."""

    async def ask() -> None:
        slow = Slow()
        server = await asyncio.start_server(slow.answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        closed = list[CloseReason]()
        connection = await create_conn("127.0.0.1", port, on_close=lambda _, reason: closed.append(reason))
        own, (_, gone) = connection._writer, await asyncio.open_connection("127.0.0.1", port)
        gone.transport.abort()
        await asyncio.sleep(0.1)
        connection._writer = gone  # as it is between the end of the transport and the moment the client hears of it

        with pytest.raises(KafkaConnectionError):
            connection.send(MetadataRequest([]))

        assert not connection.connected()
        assert closed == [CloseReason.CONNECTION_BROKEN]
        own.close()
        server.close()

    uvloop.run(ask())
