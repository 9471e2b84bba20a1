"""A client's first connection, closed however its start ends.

aiokafka opens a connection to ask who the brokers are, and closes it when it knows. A start that is broken off while it
waits for that answer leaves the connection open, and nobody knows of it any more: one for each try.
"""

from collections.abc import Awaitable, Callable
from traceback import walk_tb
from typing import Any, Final

from aiokafka.client import AIOKafkaClient

Bootstrap = Callable[[AIOKafkaClient], Awaitable[None]]
_CLIENT: Final[Any] = AIOKafkaClient


def install() -> None:
    """Have every client of this process start so; called again, it changes nothing."""
    if _CLIENT.bootstrap.__module__ != __name__:
        _CLIENT.bootstrap = _closing(_CLIENT.bootstrap)


def _closing(bootstrap: Bootstrap) -> Bootstrap:
    async def closing(client: AIOKafkaClient) -> None:
        try:
            await bootstrap(client)
        except BaseException as error:
            for frame, _ in walk_tb(error.__traceback__):
                connection = frame.f_locals.get("bootstrap_conn")
                if connection is not None:
                    connection.close()  # closed already, it stays so
            raise

    return closing
