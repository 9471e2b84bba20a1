"""Search: orders by whatever people know of them, typed into one box."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres import listing_search
from adapters.postgres.listing_queries import Condition, Query
from adapters.postgres.listing_rows import ListedOrder
from adapters.postgres.listing_search import Candidates, TermWanted
from domain.orders.view.terms import TermKind
from hub.desk import one_box, order_lists, paging
from hub.desk.one_box import Alternative, Question
from hub.desk.one_box import Understood as Understood
from hub.desk.order_lists import OrderFilter
from hub.desk.paging import Asked, Page, Paging, in_lanes, lane
from hub.desk.resources import Desk
from hub.desk.stores import Stores

_SURE: Final = (TermKind.NUMBER, TermKind.TRACKING, TermKind.RMA, TermKind.PAYMENT)
"""What names one order, and nobody looks for a list by."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found, and as what the text was understood.

    `narrowed`: so many orders would do that only some were looked at. `only` is the number of the single order that is
    meant, where the text names one.
    """

    page: Page[ListedOrder]
    understood: Sequence[Understood]
    narrowed: bool = False
    only: str | None = None


async def orders(
    desk: Desk, stores: Stores, text: str, wanted: OrderFilter, page: Paging, sort: str = "placed"
) -> Found:
    """Return the orders that a text means, never drafts; raises as `order_lists.orders` does."""
    question = one_box.understand(text)
    wanted = _filtered(wanted, question)
    if not question.alternatives:
        return Found(await order_lists.orders(desk, stores, wanted, page, sort), question.filtered)
    async with paging.reading(desk, in_order=True) as connection:
        return await _found(connection, stores, text, question, wanted, page, sort)


def _filtered(wanted: OrderFilter, question: Question) -> OrderFilter:
    """Return filters with those that were typed; a store or state that is not among the others excludes all."""

    def both(given: tuple[str, ...], typed: tuple[str, ...]) -> tuple[str, ...]:
        return given if not typed else typed if not given else tuple(set(given) & set(typed)) or ("",)

    return replace(wanted, store=both(wanted.store, question.stores), state=both(wanted.state, question.states))


async def _found(
    connection: AsyncConnection,
    stores: Stores,
    text: str,
    question: Question,
    wanted: OrderFilter,
    page: Paging,
    sort: str,
) -> Found:
    seen = lane(wanted.store, stores)
    found, meant = await _candidates(connection, question.alternatives, seen)
    if not found.kinds and question.otherwise:
        found, meant = await _candidates(connection, question.otherwise, seen)
    chosen = order_lists.sort_of(sort)
    conditions = [*order_lists.conditions(wanted), *([Condition(chosen.only)] if chosen.only else [])]
    keys, among = (chosen.column, "order_id"), list(found.kinds)
    query = Query("order_list", keys, chosen.descending, conditions, in_lanes=False, among=among)
    lanes = {"store": seen, "state": order_lists.states(wanted)}
    asked = Asked("search", in_lanes(query, lanes), {**wanted.asked(), "sort": sort, "q": text})
    items = await paging.read(connection, asked, ListedOrder, page)
    only = await _only(connection, items, found) if page.cursor is None else None
    return Found(items, [*meant, *question.filtered], found.narrowed, only)


async def _candidates(
    connection: AsyncConnection, alternatives: Sequence[Alternative], stores: Sequence[str] | None
) -> tuple[Candidates, list[Understood]]:
    """Return the orders that any of the alternatives finds, and how the text was meant by those that find some."""
    kinds: dict[int, int] = {}
    meant, narrowed = [], False
    for each in alternatives:
        asks = [TermWanted([int(kind) for kind in ask.kinds], ask.value, ask.begins) for ask in each.asks]
        found = await listing_search.find(connection, asks, stores)
        narrowed = narrowed or found.narrowed
        if found.kinds:
            meant.append(_meant(each, found))
            kinds |= {n: kind for n, kind in found.kinds.items() if n not in kinds}
    return Candidates(kinds, narrowed), meant or [each.understood for each in alternatives]


def _meant(each: Alternative, found: Candidates) -> Understood:
    """Return how it was meant; of numbers that could be of any kind, the kind that was found."""
    if each.understood.kind != "number":
        return each.understood
    return Understood(
        "+".join(sorted({TermKind(kind).name.lower() for kind in found.kinds.values()})), each.understood.value
    )


async def _only(connection: AsyncConnection, page: Page[ListedOrder], found: Candidates) -> str | None:
    if len(page.items) != 1 or page.next_cursor is not None:
        return None
    (order,) = page.items
    kind = found.kinds.get(await listing_search.short_name(connection, order.order_id))
    return order.number if kind in _SURE else None
