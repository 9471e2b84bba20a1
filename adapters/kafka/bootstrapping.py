"""A client's first connection, closed however its start ends.

aiokafka opens a connection to ask who the brokers are, and closes it when it knows. A start that is broken off while it
waits for that answer leaves the connection open, and nobody knows of it any more: one for each try.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final

from aiokafka import client
from aiokafka.client import AIOKafkaClient

_CLIENTS: Final[Any] = client

_MADE: Final[ContextVar[list[Any] | None]] = ContextVar("made", default=None)
"""What the start that is under way has opened."""


def install() -> None:
    """Have every client of this process start so; called again, it changes nothing."""
    if getattr(AIOKafkaClient.bootstrap, "closes", False):
        return
    opened, bootstrap = _CLIENTS.create_conn, AIOKafkaClient.bootstrap

    async def create_conn(*args: Any, **kwargs: Any) -> Any:
        connection = await opened(*args, **kwargs)
        made = _MADE.get()
        if made is not None:
            made.append(connection)
        return connection

    _CLIENTS.create_conn = create_conn
    _CLIENTS.AIOKafkaClient.bootstrap = _closing(bootstrap)


def _closing(bootstrap: Callable[[AIOKafkaClient], Awaitable[None]]) -> Callable[[AIOKafkaClient], Awaitable[None]]:
    async def closing(client: AIOKafkaClient) -> None:
        made = list[Any]()
        token = _MADE.set(made)
        try:
            await bootstrap(client)
        except BaseException:
            for connection in made:
                connection.close()
            raise
        finally:
            _MADE.reset(token)

    vars(closing)["closes"] = True
    return closing
