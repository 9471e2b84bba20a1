"""What happened to an order: its timeline in pages, one entry whole, and what has changed since a version."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request

from domain import rights
from hub.api import models as m
from hub.api import pages
from hub.api.choices import Words, chosen
from hub.api.context import Asking, Context, Opened, need
from hub.api.described import PROBLEMS
from hub.api.orders import Name, order_named
from hub.api.pages import READERS
from hub.api.routing import Strict
from hub.desk import history
from hub.desk import timeline as timelines
from hub.desk.timeline import Asked, EntryKind

router: Final = APIRouter(prefix="/v1", route_class=Strict, tags=["orders"], responses=PROBLEMS)
Place = Annotated[str | None, Query(max_length=18, pattern=r"^[0-9]+$")]
"""Where the next page begins, as `next_cursor` of this one has it."""
LATEST: Final = 100
"""Changes that are told at once, if nobody says how many."""


@router.get("/orders/{order}/timeline", summary="What happened to an order")
async def timeline(
    request: Request,
    order: Name,
    caller: Asking,
    context: Opened,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Place = None,
    quiet: Annotated[bool, Query(description="Leave out what changed nothing.")] = True,
    kind: Annotated[
        Words, Query(description=f"Any of {', '.join(EntryKind)}, with commas between or repeated.")
    ] = None,
) -> m.TimelineModel:
    """Return what happened, newest first: what was said, by whom, by which rule, and what it led to."""
    await need(request, caller, *sorted(READERS | {rights.OPERATE}))
    kinds = chosen("kind", kind, EntryKind)
    row = await order_named(request, context, caller, order)
    before = None if cursor is None else int(cursor)
    asked = Asked(limit, before, kinds, quiet, caller.audits)
    return pages.timeline(await timelines.page(context.desk, row.order_id, asked), caller)


@router.get("/orders/{order}/timeline/{seq}", summary="One entry of what happened")
async def entry(
    request: Request,
    order: Name,
    seq: Annotated[int, Path(ge=1, le=2**53)],
    caller: Asking,
    context: Opened,
) -> m.WholeEntryModel:
    """Return all of one entry: what the record said, which messages it led to, which fields it changed."""
    await need(request, caller, *sorted(READERS | {rights.OPERATE}))
    row = await order_named(request, context, caller, order)
    async with context.folding.turn(caller):
        whole = await history.entry(context.desk, row.order_id, seq)
    return pages.whole_entry(whole, caller)


@router.get("/orders/{order}/changes", summary="What changed since a version")
async def changes(
    request: Request,
    order: Name,
    caller: Asking,
    context: Opened,
    since: Annotated[int, Query(ge=0, le=2**53, description="The version that was seen.")],
    limit: Annotated[int, Query(ge=1, le=200)] = LATEST,
    cursor: Place = None,
) -> m.ChangesModel:
    """Return what has changed an order since a version, oldest first, and which fields differ now."""
    await need(request, caller, *sorted(READERS))
    row = await order_named(request, context, caller, order)
    entries, more = await timelines.changes(context.desk, row.order_id, since, int(cursor or 0), limit)
    async with context.folding.turn(caller):
        fields = await history.changed(context.desk, row.order_id, since)
    return m.ChangesModel(
        items=list(map(pages.entry, entries)),
        next_cursor=None if more is None else str(more),
        fields=None if fields is None else pages.changes(fields, whole=True),
    )


async def entries_since(context: Context, order_id: str, since: int) -> list[m.EntryModel]:
    """Return the newest of what has changed an order since a version, the oldest of them first."""
    found = await timelines.latest_changes(context.desk, order_id, since, LATEST)
    return list(map(pages.entry, found))
