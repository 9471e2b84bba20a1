"""Reading one order: all that is known of it, what may be done, what was set aside of it, what belongs to it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Final
from uuid import uuid4

from fastapi import APIRouter, Path, Query, Request, Response

from contracts.references import RMA, same
from domain import rights
from hub.api import models as m
from hub.api import order_parts, pages
from hub.api.acts import FLASH, REFUND, RETURN
from hub.api.choices import Words, chosen
from hub.api.context import Asking, Context, Opened, need, note_refusal
from hub.api.described import PROBLEMS
from hub.api.order_parts import Part
from hub.api.pages import READERS, VIEWERS
from hub.api.problems import Problem
from hub.api.routing import Strict
from hub.desk import orders
from hub.desk.callers import Caller
from hub.desk.errors import OrderIsUnknown
from hub.desk.names import spelling
from hub.desk.orders import StoredOrder
from hub.desk.resources import Desk

router: Final = APIRouter(prefix="/v1", route_class=Strict, tags=["orders"], responses=PROBLEMS)
Name = Annotated[str, Path(alias="order", description="The order's number or id; `~` before an id in base64url.")]

Include = Annotated[Words, Query(description=f"Any of {', '.join(Part)}, with commas between or repeated.")]
"""Parts of an order that are told only if they are asked for."""


async def order_named(request: Request, context: Context, caller: Caller, name: str) -> StoredOrder:
    """Return an order that the caller may see; raises Problem, and writes down who looks into other stores."""
    try:
        return await _seen(request, context, caller, name)
    except OrderIsUnknown as error:
        raise Problem("unknown_order", str(error)) from error


_FINDERS: Final = MappingProxyType[str, Callable[[Desk, str, frozenset[str] | None], Awaitable[str | None]]](
    {RETURN: orders.id_of_return, REFUND: orders.id_of_refund, FLASH: orders.id_of_flash}
)
"""Who finds the order of what may be named without it."""


async def order_with(request: Request, context: Context, caller: Caller, kind: str, name: str) -> StoredOrder:
    """Return the order of a return, a refund or a flash reorder (`kind`) that is named without it.

    Raises Problem, the same one, and after the same steps, where there is none and where it is another store's.
    """
    order_id = await _FINDERS[kind](context.desk, name, caller.sees) or str(uuid4())
    try:
        return await _seen(request, context, caller, spelling(order_id))
    except OrderIsUnknown as error:
        raise Problem("not_found", f"there is no {kind} {name}") from error


async def _seen(request: Request, context: Context, caller: Caller, name: str) -> StoredOrder:
    """Return an order that the caller may see; raises OrderIsUnknown, and writes down who looks into other stores."""
    try:
        return await orders.named(context.desk, name, caller.sees)
    except OrderIsUnknown:
        if caller.sees is not None and await orders.is_anywhere(context.desk, name):
            await context.later.do(note_refusal(request, caller, "unknown_order", "an order of another store"))
        raise


@router.get("/orders/{order}", summary="One order")
async def show(
    request: Request, response: Response, order: Name, caller: Asking, context: Opened, include: Include = None
) -> m.OrderModel:
    """Return all of one order. `ETag` is its version: send it as If-Match with an edit."""
    await need(request, caller, *sorted(VIEWERS))
    wanted = chosen("include", include, Part)
    found = (await order_named(request, context, caller, order)).order()
    response.headers["ETag"] = f'"{found.version}"'
    told = pages.order_model(found, caller, datetime.now(UTC))
    return await order_parts.whole(context, caller, found, told, wanted)


@router.get("/returns/{rma}", summary="One return", tags=["returns"])
async def show_return(
    request: Request,
    response: Response,
    rma: Annotated[str, Path(max_length=200)],
    caller: Asking,
    context: Opened,
) -> m.WholeReturnModel:
    """Return a return, by its RMA code, with the lines of its order. `ETag` is the order's version."""
    await need(request, caller, *sorted(READERS | {rights.RECEIVE_RETURN}))
    order = (await order_with(request, context, caller, RETURN, rma)).order()
    returned = next(each for each in order.returns if same(RMA, each.code, rma))
    response.headers["ETag"] = f'"{order.version}"'
    return pages.whole_return(order, returned, caller)


@router.get("/orders/{order}/actions", summary="What may be done")
async def actions(request: Request, order: Name, caller: Asking, context: Opened) -> m.ActionsModel:
    """Return the commands that the order would take now, and why the caller may not give some of them."""
    await need(request, caller, *sorted(READERS))
    row = await order_named(request, context, caller, order)
    return m.ActionsModel(items=pages.actions(row.order(), caller))


@router.get("/orders/{order}/records", summary="Records set aside")
async def records(request: Request, order: Name, caller: Asking, context: Opened) -> m.OrderRecordsModel:
    """Return the records of an order that were set aside; for operators."""
    await need(request, caller, rights.OPERATE)
    row = await order_named(request, context, caller, order)
    found = await orders.asides(context.desk, row.order_id)
    return m.OrderRecordsModel(items=[m.told(each, m.RecordModel) for each in found])


@router.get("/orders/{order}/related", summary="Orders that belong to it")
async def related(request: Request, order: Name, caller: Asking, context: Opened) -> m.RelatedListModel:
    """Return the orders that belong to this one, as far as the caller may see them."""
    await need(request, caller, *sorted(READERS))
    row = await order_named(request, context, caller, order)
    return m.RelatedListModel(items=await order_parts.related(context, caller, row.order()))
