"""Traces of calls: each belongs to the trace of what it was made for, and hands it on."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx2

from contracts import tracing


@dataclass(frozen=True, slots=True)
class Called:
    """A call that has ended: the trace contexts that it came by and handed on, what it was, and what came of it.

    `route` has no ids in it; `error` is a word, None where an answer came.
    """

    parent: bytes
    own: bytes
    method: str
    route: str
    host: str
    port: int
    seconds: float
    status: int | None
    error: str | None


Tell = Callable[[Called], None]
"""Hears of calls that have ended."""


class CallTrace:
    """The trace that calls for one thing belong to, `parent` None for none; `name` tells it from all others.

    A call gets a span of its own, whose id follows from the name and its number.
    """

    def __init__(self, parent: bytes | None = None, name: str = "", tell: Tell | None = None) -> None:
        self._parent = parent
        self._name = name
        self._tell = tell
        self._calls = 0

    def begin(self, method: str, route: str, url: httpx2.URL) -> "CallSpan":
        """Begin a call."""
        self._calls += 1
        own = tracing.continued(self._parent, f"{self._name} {self._calls}".encode())
        return CallSpan(self._parent, own, method, route, url, self._tell)


class CallSpan:
    """A call under way: `headers` are sent with it."""

    def __init__(
        self, parent: bytes | None, own: bytes | None, method: str, route: str, url: httpx2.URL, tell: Tell | None
    ) -> None:
        self.headers: Mapping[str, str] = {} if own is None else {tracing.HEADER: own.decode()}
        self._ids = None if parent is None or own is None else (parent, own)
        self._what = (method, route)
        self._where = (url.host, url.port or (443 if url.scheme == "https" else 80))
        self._tell = tell
        self._began = time.monotonic()

    def end(self, status: int | None, error: str | None = None) -> None:
        """End it, with the answer's status, or a word for why there is none."""
        if self._ids is not None and self._tell is not None:
            seconds = time.monotonic() - self._began
            self._tell(Called(*self._ids, *self._what, *self._where, seconds, status, error))


UNTRACED: Final = CallTrace()
"""What calls belong to that nobody traces."""
