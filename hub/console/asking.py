"""Asking the HTTP API within the process, as the person who is signed in."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp, Message, Scope

from hub.desk.callers import Caller

SIGNED_IN: Final = "signed_in"
"""Under this in a request's scope the API finds who asks, whom the console knows by his session."""


_UNTOLD: Final[Mapping[str, Any]] = MappingProxyType(
    {"title": "The hub has failed", "detail": "", "hint": None, "errors": [], "changes": [], "current": None}
)
"""What a problem's members are where it leaves them out, as it may."""


class Refused(Exception):
    """The API answered with a problem: its status, and the document that says why."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(problem.get("title", "the API refused"))
        self.status, self.problem = status, {**_UNTOLD, **problem}

    @property
    def code(self) -> str:
        """Return the problem's code."""
        return str(self.problem.get("code", "internal"))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answered: its status, its headers by their lower-case names, and the document."""

    status: int
    headers: Mapping[str, str]
    document: Any


class Api:
    """The HTTP API, as one person may use it; `trace` says to which trace, and to which span of it, requests belong."""

    def __init__(self, app: ASGIApp, caller: Caller | None, trace: Mapping[str, str], client: Any = None) -> None:
        self._app, self._caller, self._trace, self._client = app, caller, trace, client

    async def get(self, path: str, query: Any = (), **headers: str) -> Any:
        """Return what a route has; raises Refused."""
        return (await self.send("GET", path, query=query, headers=headers)).document

    async def send(
        self, method: str, path: str, body: Any = None, *, query: Any = (), headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Return the answer to a request; raises Refused where it is a problem."""
        sent = b"" if body is None else json.dumps(body).encode()
        scope = self._scope(method, path, query, {"content-type": "application/json", **(headers or {})})
        status, told, answer = await _answered(self._app, scope, sent)
        document = json.loads(answer) if answer and "json" in told.get("content-type", "") else answer.decode()
        if status >= 400:
            raise Refused(status, document if isinstance(document, dict) else {"title": "The hub has failed"})
        return Reply(status, told, document)

    def _scope(self, method: str, path: str, query: Any, headers: Mapping[str, str]) -> Scope:
        about: dict[str, Any] = dict(self._trace)
        if self._caller is not None:
            about[SIGNED_IN] = self._caller
        raw = quote(path, safe="/~%")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": raw.encode(),
            "root_path": "",
            "query_string": urlencode(query, doseq=True).encode(),
            "headers": [(name.lower().encode(), held.encode("latin-1")) for name, held in headers.items()],
            "client": self._client,
            "server": ("console", 80),
            "hub": about,
        }


async def _answered(app: ASGIApp, scope: Scope, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """Have a request answered; return the status, the headers and the body."""
    status, headers, parts, asked = 500, dict[str, str](), list[bytes](), False
    never = asyncio.Event()

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await never.wait()
        asked = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {name.decode().lower(): held.decode("latin-1") for name, held in message["headers"]}
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, headers, b"".join(parts)
