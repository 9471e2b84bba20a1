"""A way to a PostgreSQL that answers over TLS alone, as a retailer's does: the embedded one is built without it.

It does what stunnel does with `protocol = pgsql`: it takes the client's wish for TLS, shakes hands, and passes the
rest on. Who asks for a plain connection is sent away.
"""

import asyncio
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.certificates import proof

HOST: Final = "127.0.0.1"
WISH: Final = struct.pack(">II", 8, 80877103)
"""What a client sends that wants TLS (SSLRequest)."""
CHUNK: Final = 65_536


@contextmanager
def over_tls(database_url: str, certificate: Path) -> Iterator[str]:
    """Answer on a port of this machine as long as the block; yields the database's address there."""
    head, _, rest = database_url.rpartition("@")
    where, _, name = rest.partition("/")
    port = int(where.rpartition(":")[2])
    context = proof(certificate)
    loop = asyncio.new_event_loop()
    started: asyncio.Future[asyncio.Server] = loop.create_future()

    async def serve() -> None:
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _one(reader, writer, port, context)

        started.set_result(await asyncio.start_server(one, HOST, 0))

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not started.done():
        thread.join(0.01)
    try:
        yield f"{head}@{HOST}:{started.result().sockets[0].getsockname()[1]}/{name}"
    finally:
        asyncio.run_coroutine_threadsafe(_stop(started.result()), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
        with suppress(asyncio.CancelledError, OSError):
            await task


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, context: ssl.SSLContext) -> None:
    try:
        if await reader.readexactly(len(WISH)) != WISH:
            return
        writer.write(b"S")
        await writer.drain()
        await writer.start_tls(context)
        there, back = await asyncio.open_connection(HOST, port)
        try:
            await asyncio.wait(
                [asyncio.create_task(_pass_on(reader, back)), asyncio.create_task(_pass_on(there, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            back.close()
    except (asyncio.IncompleteReadError, OSError, ssl.SSLError):
        pass  # the client has gone, or does not believe our certificate
    finally:
        writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
