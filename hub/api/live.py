"""Live: the tailer of the process, and the streams that callers have open."""

from dataclasses import dataclass

from fastapi import FastAPI

from hub.api.turns import Seats
from hub.desk.live import Tail


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
