"""Limits of bodies: no route begins before all of one is there, no larger, later or deeper than allowed."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import accumulate
from types import MappingProxyType
from typing import Final

from fastapi import Request, Response

from hub.api.connections import App, Message, Receive, Scope, Send
from hub.api.problems import Problem

MOST_BYTES: Final = 256 * 1024
LARGER: Final = MappingProxyType({("POST", "/v1/events"): 1_000_000, ("POST", "/v1/contracts/validate"): 1_000_000})
"""Routes that take more: a batch of events is one body."""
DEEPEST: Final = 32
SECONDS: Final = 30.0
"""How long a client has to send a whole body."""
LINGER_SECONDS: Final = 1.0
"""How long more of a refused body is taken and dropped: who is cut off while he sends may lose the answer."""
_CLOSE: Final = MappingProxyType({"Connection": "close"})
"""Said where the rest of a body is not read: what comes next on the connection would be that rest."""
_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_STEPS: Final = tuple(1 if each in b"[{" else -1 for each in range(256))
_NO_BRACKETS: Final = bytes(each for each in range(256) if each not in b"[]{}")


class Bounded:
    """Reads the body of each request before anything else does, and refuses what is beyond a limit."""

    def __init__(self, app: App, answer: Callable[[Request, Problem], Response]) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one whose client leaves before its end gets no answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            body = await _read(request, receive)
            if body is not None:
                _check(request, body)
        except Problem as problem:
            unread = "Connection" in problem.headers
            await self._answer(request, problem)(scope, receive, _lingering(receive, send) if unread else send)
            return
        if body is not None:
            await self._app(scope, _again(body, receive), send)


async def _read(request: Request, receive: Receive) -> bytes | None:
    """Return a whole body, None where the client has left; raises Problem."""
    most = LARGER.get((request.method, request.scope["path"]), MOST_BYTES)
    large = Problem("too_large", f"a body may have {most} bytes", headers=_CLOSE)
    if int(request.headers.get("content-length", "0")) > most:
        raise large
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > most:
                    raise large
    except TimeoutError as error:
        raise Problem("too_slow", f"the body was not there after {SECONDS:g} seconds", headers=_CLOSE) from error
    return bytes(body)


def _check(request: Request, body: bytes) -> None:
    """Raise Problem where a body of JSON is in no UTF-8, or nested too deep for what reads it."""
    if "json" not in request.headers.get("content-type", "").lower():
        return
    if b"\x00" in body:  # none is in JSON, and every second byte of it in UTF-16
        raise Problem("malformed", "the body is no JSON in UTF-8")
    if _depth(body) > DEEPEST:
        raise Problem("malformed", f"the body is nested deeper than {DEEPEST} levels")


def _depth(body: bytes) -> int:
    """Return how deep JSON is nested, without reading it."""
    brackets = _TEXT.sub(b"", body).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _lingering(receive: Receive, send: Send) -> Send:
    """Return what sends an answer, and ends it once the client has stopped sending, or soon."""

    async def lingering(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        await send({**message, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body"})

    return lingering


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already, then goes on."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again
