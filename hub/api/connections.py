"""Connections as the server has them: how many there may be, how long a request may take to begin, how one is cut."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import h11
from pydantic_core import to_json
from uvicorn.protocols.http.h11_impl import H11Protocol

from hub.api.problems import MEDIA_TYPE, Problem

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
ABORT: Final = "hub.abort"
"""The extension of a request's scope that breaks its connection off: a function without arguments."""
HEAD_SECONDS: Final = 20.0
"""How long a client has to send a request's line and headers, however slowly each byte comes."""
KEEP_ALIVE_SECONDS: Final = 75
"""How long a connection is kept on which nothing more is asked.

Longer than proxies and clients keep theirs (60 seconds at most, as a rule): whoever closes last never closes one on
which a request is just on its way. Where connections run out, those that rest go first.
"""
LINGER_SECONDS: Final = 1.0
"""How long more of what is refused is taken and dropped."""
REFUSED_SECONDS: Final = 1.0
REFUSED_AT_ONCE: Final = 50
"""How many connections beyond those allowed are told so at once, and how long each may take to ask; others are cut."""


class Connection(H11Protocol):
    """The server's protocol, with the bounds that it lacks; `most` connections may be open at once.

    `noted` is told the code of each refusal: no request is answered by it, and nothing else would count it.

    Each request finds in its scope how to break its connection off: what waits for a client who reads nothing would lie
    in memory as long as he likes, and a server can only ask politely.
    """

    def __init__(self, *, most: int, refused: "set[Connection]", noted: Callable[[str], None], **told: Any) -> None:
        super().__init__(**told)
        self._most, self._refused, self._noted = most, refused, noted
        self._is_told = False
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection, or be ready to refuse it, and let its requests know it."""
        is_full = len(self.connections) - len(self._refused) >= self._most and not self._make_room()
        super().connection_made(transport)
        if is_full:
            self._refuse()
            return
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)
        inner: Any = self.app

        async def abortable(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[ABORT] = transport.abort
            await inner(scope, receive, send)

        self.app = abortable

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._expect_nothing()
        self._refused.discard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what a client sends; who was refused is told so now that he asks."""
        if self._is_told:
            return
        if self not in self._refused:
            super().data_received(data)
        else:
            problem = Problem("busy", f"{self._most} connections are open", headers={"Retry-After": "1"})
            self._tell(problem)

    def handle_events(self) -> None:
        """Begin the requests that are there whole, and give the next one's head a time where it is not."""
        super().handle_events()
        if self.transport.is_closing() or self.conn.their_state is not h11.IDLE:
            self._expect_nothing()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _refuse(self) -> None:
        """Be ready to tell a client that there is no room, once he asks; where many are to be told, cut him off."""
        self._noted("busy")
        if len(self._refused) >= REFUSED_AT_ONCE:
            self.connections.discard(self)
            self.transport.abort()
            return
        self._refused.add(self)
        self._deadline = self.loop.call_later(REFUSED_SECONDS, self.transport.close)

    def _make_room(self) -> bool:
        """Close a connection on which nothing is asked; False where there is none."""
        idle = next((each for each in self.connections if getattr(each, "timeout_keep_alive_task", None)), None)
        if not isinstance(idle, Connection):
            return False
        idle.timeout_keep_alive_handler()
        self.connections.discard(idle)
        return True

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        """End a connection whose request doesn't begin; who has sent nothing at all has nothing to be told."""
        if self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            self._noted("too_slow")
            self._tell(Problem("too_slow", f"the request did not begin within {HEAD_SECONDS:g} seconds"))
        else:
            self.transport.close()

    def _tell(self, problem: Problem) -> None:
        """Answer what is no request yet and end the connection, soon: who is cut while he sends may lose the answer."""
        self._expect_nothing()
        self._is_told = True
        body = to_json(problem.document(secrets.token_hex(16)))
        told = {**problem.headers, "Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
        head = h11.Response(status_code=problem.status, headers=list(told.items()), reason=b"")
        for event in (head, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
