"""Connections as the server has them, and how one is broken off whose client takes nothing more."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
ABORT: Final = "hub.abort"
"""The extension of a request's scope that breaks its connection off: a function without arguments."""


class Abortable(H11Protocol):
    """The server's protocol; each request finds in its scope how to break its connection off.

    What waits for a client who reads nothing would lie in memory as long as he likes: a server can only ask politely.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection, and let its requests know it."""
        super().connection_made(transport)
        inner: Any = self.app

        async def abortable(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[ABORT] = transport.abort
            await inner(scope, receive, send)

        self.app = abortable
