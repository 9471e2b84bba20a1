"""Live: which orders have changed, told to each browser over one stream, every half second at most."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from domain import rights
from hub.console.visit import Visit, Visiting
from hub.desk.live import Reader, Reason, Told, Wish
from hub.errors import SERVER_ERRORS

router: Final = APIRouter()
EVERY_SECONDS: Final = 0.5
QUIET_SECONDS: Final = 15.0
MOST: Final = 200
"""Orders that one message names; with more of them it says only that there are many."""


@router.get("/live")
async def live(
    request: Request, visit: Visiting, last: Annotated[str | None, Header(alias="Last-Event-ID")] = None
) -> StreamingResponse:
    """Stream which orders have changed, of the stores that the person sees; `id` is the cursor to go on from."""
    headers = {"Cache-Control": "private, no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(visit, last), media_type="text/event-stream", headers=headers)


async def _told(visit: Visit, last: str | None) -> AsyncIterator[bytes]:
    opened = visit.house.opened(visit.request)
    caller = visit.session.caller
    yield b"retry: 2000\n\n"
    if not visit.may(*rights.READERS):
        yield b"event: none\ndata: {}\n\n"
        return
    with opened.live.seats.taken(caller):
        reader = await opened.live.tail.follow(Wish(caller.sees), last)
        try:
            yield _frame("reset" if reader.was_reset and last else "hello", reader, {})
            async for message in _messages(visit, reader):
                yield message
        finally:
            opened.live.tail.leave(reader)


async def _messages(visit: Visit, reader: Reader) -> AsyncIterator[bytes]:
    while reader.reason is None:
        left = (visit.session.ends_at - datetime.now(UTC)).total_seconds()
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
