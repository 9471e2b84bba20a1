"""Connections of a client, all closed however it starts and ends.

aiokafka opens a connection to ask who the brokers are, and closes it when it knows. A start that is broken off while it
waits for that answer leaves the connection open, and nobody knows of it any more: one for each try. So does a
connection that is being opened while its client is closed.

And it takes only an OSError for a broken connection. uvloop's answer to writing on one that has just been closed is a
RuntimeError: it ended the task that keeps a client's metadata, and the client then waited for metadata for ever.
"""

from collections.abc import Awaitable, Callable
from traceback import walk_tb
from typing import Any, Final
from weakref import WeakSet

from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

Bootstrap = Callable[[AIOKafkaClient], Awaitable[None]]
_CLIENT: Final[Any] = AIOKafkaClient
_CONNECTION: Final[Any] = AIOKafkaConnection
_ENDED: Final[WeakSet[AIOKafkaClient]] = WeakSet()
"""Clients that are closed, or being closed."""


def install() -> None:
    """Have every client of this process start and end so; called again, it changes nothing."""
    if _CLIENT.bootstrap.__module__ != __name__:
        _CLIENT.bootstrap = _closing(_CLIENT.bootstrap)
        _CLIENT.close = _ending(_CLIENT.close)
        _CLIENT._get_conn = _living(_CLIENT._get_conn)
        _CONNECTION.send = _telling(_CONNECTION.send)


def _closing(bootstrap: Bootstrap) -> Bootstrap:
    async def closing(client: AIOKafkaClient) -> None:
        _ENDED.discard(client)
        try:
            await bootstrap(client)
        except BaseException as error:
            for frame, _ in walk_tb(error.__traceback__):
                connection = frame.f_locals.get("bootstrap_conn")
                if connection is not None:
                    connection.close()  # closed already, it stays so
            raise

    return closing


def _ending(close: Callable[[AIOKafkaClient], Awaitable[None]]) -> Callable[[AIOKafkaClient], Awaitable[None]]:
    async def ending(client: AIOKafkaClient) -> None:
        _ENDED.add(client)
        await close(client)

    return ending


def _living(get: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def living(client: AIOKafkaClient, *which: Any, **how: Any) -> Any:
        connection = await get(client, *which, **how)
        if connection is not None and client in _ENDED:
            connection.close()
            return None
        return connection

    return living


def _telling(send: Callable[..., Any]) -> Callable[..., Any]:
    def telling(connection: AIOKafkaConnection, *request: Any, **how: Any) -> Any:
        try:
            return send(connection, *request, **how)
        except RuntimeError as error:
            if connection._writer is None or not connection._writer.is_closing():
                raise
            connection.close(reason=CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"the connection to {connection.host}:{connection.port} is closed") from error

    return telling
