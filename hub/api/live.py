"""Live: the tailer of the process, and the streams that each caller may have open."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI

from hub.api.problems import Problem
from hub.desk.callers import Caller
from hub.desk.live import Tail


@dataclass(slots=True)
class Seats:
    """How many streams each caller has open: so many at most."""

    most: int
    _taken: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def taken(self, caller: Caller) -> Iterator[None]:
        """Count a stream as long as the block; raises Problem where the caller has too many."""
        if self._taken[caller.id] >= self.most:
            detail = f"you have {self.most} streams open: end one of them"
            raise Problem("rate", detail, more={"retry_after": 1}, headers={"Retry-After": "1"})
        self._taken[caller.id] += 1
        try:
            yield
        finally:
            self._taken[caller.id] -= 1
            if not self._taken[caller.id]:
                del self._taken[caller.id]


@dataclass(slots=True)
class Live:
    """What streams work with; `ending`: the server stops, and they are to say goodbye."""

    tail: Tail
    seats: Seats
    ending: bool = False


def end_streams(app: FastAPI) -> None:
    """Have all streams say goodbye: a server waits for its answers, and these have no end of their own."""
    context = getattr(app.state, "context", None)
    if context is not None:
        context.live.ending = True
        context.live.tail.end()
