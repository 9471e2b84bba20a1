"""Live: which orders have changed, told to each browser over one stream, every half second at most."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from domain import rights
from hub.console.visit import Visit, Visiting
from hub.desk.live import CursorIsInvalid, Reader, Reason, Told, Wish
from hub.errors import SERVER_ERRORS

router: Final = APIRouter()
EVERY_SECONDS: Final = 0.5
QUIET_SECONDS: Final = 15.0
MOST_EACH: Final = 20
"""Browsers that a person may watch with; each has one stream for all of its tabs."""
MOST: Final = 200
"""Orders that one message names; with more of them it says only that there are many."""


@router.get("/live")
async def live(
    visit: Visiting,
    after: Annotated[str | None, Query(max_length=30_000)] = None,
    last: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> StreamingResponse:
    """Stream which orders have changed, of the stores that the person sees; `id` is the cursor to go on from."""
    headers = {"Cache-Control": "private, no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(visit, last or after), media_type="text/event-stream", headers=headers)


async def _told(visit: Visit, last: str | None) -> AsyncIterator[bytes]:
    caller, watching = visit.session.caller, visit.house.watching
    if not visit.may(*rights.READERS):
        yield b"event: none\ndata: {}\n\n"
    elif watching[caller.id] >= MOST_EACH:
        yield b"event: full\ndata: {}\n\n"
    else:
        watching[caller.id] += 1
        try:
            async for message in _followed(visit, last):
                yield message
        finally:
            watching[caller.id] -= 1
            watching += Counter()  # drops those that watch no more


async def _followed(visit: Visit, last: str | None) -> AsyncIterator[bytes]:
    tail = visit.house.opened(visit.request).live.tail
    try:
        reader = await tail.follow(Wish(visit.session.caller.sees), last)
    except CursorIsInvalid:
        reader = await tail.follow(Wish(visit.session.caller.sees), None)
        reader.was_reset = True
    try:
        yield _frame("reset" if reader.was_reset and last else "hello", reader, {})
        async for message in _messages(visit, reader):
            yield message
    finally:
        tail.leave(reader)


async def _messages(visit: Visit, reader: Reader) -> AsyncIterator[bytes]:
    while reader.reason is None:
        left = (visit.until - datetime.now(UTC)).total_seconds()
        if left <= 0:
            reader.end(Reason.TOKEN)
            break
        with suppress(*SERVER_ERRORS):
            told = await reader.next(min(QUIET_SECONDS, left))
            if told:
                await asyncio.sleep(EVERY_SECONDS)
                told += await reader.next(0)
            yield _frame("changed", reader, _changed(told)) if told else b":\n\n"
    yield _frame("bye", reader, {"reason": str(reader.reason)})


def _changed(told: list[Told]) -> dict[str, object]:
    """Return which orders changed, each once, the newest last, and what happened to it last."""
    orders = {each.event.order_id: each.event.type for each in told}
    many = len(orders) > MOST
    return {"orders": [] if many else list(orders), "many": many, "count": len(orders)}


def _frame(event: str, reader: Reader, data: object) -> bytes:
    return f"id: {reader.cursor}\nevent: {event}\ndata: {json.dumps(data)}\n\n".encode()
