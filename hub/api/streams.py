"""Following orders: what happened, as a stream and as pages, each event once and in the order of its shard."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from contracts.topics import ORDER_EVENTS
from contracts.wire import json_bytes
from hub.api import models as m
from hub.api.choices import named
from hub.api.context import Asking, Opened, need
from hub.api.described import PROBLEMS
from hub.api.pages import READERS
from hub.api.problems import Fault, Problem
from hub.api.routing import Strict
from hub.api.sse import Stream
from hub.desk.live import Told, Wish

router: Final = APIRouter(prefix="/v1", route_class=Strict, tags=["events"], responses=PROBLEMS)
TYPES: Final = frozenset(ORDER_EVENTS.by_type)
MOST_NAMED: Final = 100
WAIT_SECONDS: Final = 20.0
After = Annotated[
    str | None,
    Query(description="The cursor to go on from, `start` for all that is kept, or `now`, which is the default."),
]
Last = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="The cursor to go on from, as browsers send it; goes before `after`."),
]
Named = Annotated[list[str] | None, Query(max_length=MOST_NAMED)]


class EventsModel(m.Model):
    """A page of events, each a CloudEvent, in the order of their shards.

    `next_cursor` goes on behind them. `more`: at once, and not only when something has happened. `reset`: the cursor
    given says nothing here any more, so read anew what you keep; the next one goes on from now.
    """

    items: list[dict[str, Any]]
    next_cursor: str
    more: bool
    reset: bool


def wished(
    caller: Asking,
    types: Annotated[
        list[str] | None, Query(max_length=MOST_NAMED, description="Types of events, repeated or with commas between.")
    ] = None,
    store: Named = None,
    order_id: Named = None,
) -> Wish:
    """Return what a caller wishes to see of what he may see; raises Problem where there is no such event."""
    wanted = None if types is None else named(types)
    unknown = sorted((wanted or frozenset()) - TYPES)
    if unknown:
        faults = [Fault("/query/types", f"there is no event {each[:100]}") for each in unknown]
        raise Problem("data_invalid", "the types are those of order.events, such as order.created.v1", errors=faults)
    return Wish(caller.sees, wanted, _set(store), _set(order_id))


def _set(named: list[str] | None) -> frozenset[str] | None:
    return None if named is None else frozenset(named)


Wished = Annotated[Wish, Depends(wished)]


@router.get(
    "/events/stream",
    summary="Follow what happens",
    response_class=Response,
    responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}},
)
async def stream(
    request: Request, caller: Asking, context: Opened, wish: Wished, after: After = None, last: Last = None
) -> Response:
    """Stream what happens to orders, at most a moment after it is stored.

    `id` is a cursor, `event` the CloudEvents type, `data` the event as JSON. `bye` says why the stream ends (`token`,
    `slow`, `restart`); come back with the last `id`. `reset`: it says nothing here any more, so read the lists anew.
    """
    await need(request, caller, *sorted(READERS))
    return Stream(context.live, caller, wish, last or after)


@router.get("/events", summary="What happened, page by page", response_model=EventsModel)
async def events(
    request: Request,
    caller: Asking,
    context: Opened,
    wish: Wished,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    wait: Annotated[float, Query(ge=0, le=WAIT_SECONDS, description="Seconds to wait while there is nothing.")] = 0,
) -> Response:
    """Return what happened behind a cursor. A page may be empty where much was passed over that you don't see."""
    await need(request, caller, *sorted(READERS))
    with context.live.seats.taken(caller) if wait else nullcontext():
        reader = await context.live.tail.follow(wish, after)
        try:
            told = await reader.next(0 if reader.was_reset else wait, limit)
            more = not reader.is_current and reader.reason is None
            page = _page(told, reader.cursor, more=more, reset=reader.was_reset)
        finally:
            context.live.tail.leave(reader)
    return Response(page, media_type="application/json")


def _page(told: Sequence[Told], cursor: str, *, more: bool, reset: bool) -> bytes:
    """Return a page as it is sent; the events are JSON already."""
    rest = json_bytes({"next_cursor": cursor, "more": more, "reset": reset})
    return b'{"items":[%b],%b' % (b",".join(each.event.document for each in told), rest[1:])
