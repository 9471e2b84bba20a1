"""Parts of an order that cost more than itself: each is told if it is asked for and the caller may see it."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, Final

from domain import rights
from domain.orders.order import Order
from hub.api import models as m
from hub.api import pages
from hub.api.context import Context
from hub.api.pages import READERS
from hub.desk import order_parts, orders, timeline
from hub.desk.callers import Caller
from hub.desk.timeline import Asked

ENTRIES: Final = 50
"""Entries of the timeline that are told with an order: its first page."""


class Part(StrEnum):
    """What `include` may name."""

    TIMELINE = "timeline"
    NOTES = "notes"
    ASIDES = "asides"
    RELATED = "related"


_SEEN_BY: Final = {
    Part.TIMELINE: READERS | {rights.OPERATE},
    Part.NOTES: READERS,
    Part.ASIDES: frozenset({rights.OPERATE}),
    Part.RELATED: READERS,
}


async def whole(
    context: Context, caller: Caller, order: Order, told: m.OrderModel, wanted: Collection[str]
) -> m.OrderModel:
    """Return an order with its counts, the history of its money, and the parts that are wanted."""
    counts, moves = await order_parts.beside(context.desk, order.id, money=told.payment is not None)
    more: dict[str, Any] = {"counts": m.told(counts, m.OrderCountsModel)}
    if told.payment is not None:
        more["payment"] = told.payment.model_copy(update={"history": list(map(_move, moves))})
    hidden = [part.value for part in Part if part in wanted and caller.scopes.isdisjoint(_SEEN_BY[part])]
    for part in Part:
        if part in wanted and part not in hidden:
            more[part.value] = await _part(part, context, caller, order)
    return told.model_copy(update={**more, "hidden": [*told.hidden, *hidden]})


async def _part(part: Part, context: Context, caller: Caller, order: Order) -> object:
    desk = context.desk
    match part:
        case Part.TIMELINE:
            page = await timeline.page(desk, order.id, Asked(ENTRIES, audited=caller.audits))
            return pages.timeline(page, caller)
        case Part.NOTES:
            return [m.told(each, m.NoteModel) for each in await order_parts.notes(desk, order.id)]
        case Part.ASIDES:
            return [m.told(each, m.RecordModel) for each in await orders.asides(desk, order.id)]
        case Part.RELATED:
            return await related(context, caller, order)


async def related(context: Context, caller: Caller, order: Order) -> list[m.RelatedModel]:
    """Return the orders that belong to this one, as far as the caller may see them."""
    relations = dict(pages.related(order))
    found = await orders.related(context.desk, list(relations), caller.sees)
    return [
        m.RelatedModel(order_id=each.order_id, relation=relations[each.order_id], number=each.number, state=each.state)
        for each in found
    ]


def _move(move: order_parts.MoneyMove) -> m.PaymentMoveModel:
    amount = None if move.amount is None else m.told(move.amount, m.MoneyModel)
    return m.told(move, m.PaymentMoveModel, amount=amount)
