"""Lists of orders: filtered and sorted, of one customer, drafts, and those that a person has to judge."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from adapters.postgres import listing_queries, listing_search
from adapters.postgres.listing_queries import Condition, Query, in_state
from adapters.postgres.listing_rows import ListedOrder as ListedOrder
from adapters.postgres.listing_search import TermWanted
from domain.orders.order import ORDERS, State
from domain.orders.view.spelling import folded
from domain.orders.view.terms import TermKind
from hub.desk import paging
from hub.desk.errors import SortIsUnknown, SortNeedsFilter
from hub.desk.paging import Asked, Page, Paging, among, in_lanes, lane
from hub.desk.resources import Desk
from hub.desk.stores import Stores

SORTED: Final = 2_000
"""Orders that are sorted by what no index is sorted by: 3 ms; 10,000 of a million took 430 ms, and 2.3 s from disk."""
_ORDERS: Final = "order_list"
NO_DRAFT: Final = Condition("t.state <> 'draft'")


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders to list: values of one filter are alternatives, and every filter must be met.

    `attention` are those at which a person should look, `overdue` those to which somebody owes an answer.
    """

    store: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()
    alert: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    payment: tuple[str, ...] = ()
    locked_by: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    overdue: bool = False
    attention: bool = False
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    age_over: timedelta | None = None

    def asked(self) -> dict[str, object]:
        """Return what is filtered by."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(frozen=True, slots=True)
class _Sort:
    """An order of a list: by which column, and how by itself; `bounded` where no index has it."""

    column: str
    descending: bool = False
    bounded: bool = False
    only: str | None = None


SORTS: Final[Mapping[str, _Sort]] = MappingProxyType(
    {
        "placed": _Sort("placed_at", descending=True),
        "due": _Sort("due_at", only="t.due_at IS NOT NULL"),
        "updated": _Sort("updated_at", descending=True, bounded=True),
        "number": _Sort("number", bounded=True),
        "name": _Sort("customer_name", bounded=True),
        "total": _Sort("total", bounded=True),
        "state": _Sort("state", bounded=True),
        "store": _Sort("store", bounded=True),
    }
)
"""By what orders can be sorted. `due` lists only orders that have a deadline."""


async def orders(
    desk: Desk, stores: Stores, wanted: OrderFilter, page: Paging, sort: str = "placed"
) -> Page[ListedOrder]:
    """Return a page of orders, never drafts; raises SortIsUnknown, SortNeedsFilter, and as `paging.page` does."""
    chosen = sort_of(sort)
    keys = (chosen.column, "order_id")
    limits = [Condition(chosen.only)] if chosen.only else []
    query = Query(_ORDERS, keys, chosen.descending, [*limits, *conditions(wanted)], in_lanes=not chosen.bounded)
    query = in_lanes(query, {"store": lane(wanted.store, stores), "state": states(wanted)})
    if chosen.bounded:
        await _check_bound(desk, query, sort)
    asked = Asked(_ORDERS, query, {**wanted.asked(), "sort": sort})
    return await paging.page(desk, asked, ListedOrder, page)


def sort_of(sort: str) -> _Sort:
    """Return a sort by its name, a `-` before it reverses it; raises SortIsUnknown."""
    chosen = SORTS.get(sort.removeprefix("-"))
    if chosen is None:
        raise SortIsUnknown(sort, list(SORTS))
    return replace(chosen, descending=not chosen.descending) if sort.startswith("-") else chosen


def states(wanted: OrderFilter) -> list[str] | None:
    """Return which states to read, None for any: drafts are no orders yet (OMC-12)."""
    return [state for state in wanted.state if state != State.DRAFT] if wanted.state else None


def conditions(wanted: OrderFilter) -> list[Condition]:
    """Return what rows must be like, but for their stores and states."""
    found = [NO_DRAFT]
    if wanted.hold:
        found.append(Condition("t.holds && CAST(:holds AS text[])", {"holds": list(wanted.hold)}))
    if wanted.alert:  # an order with an alert needs attention, and for these there is an index
        found.append(Condition("t.attention AND t.alerts && CAST(:alerts AS text[])", {"alerts": list(wanted.alert)}))
    for column in ("kind", "channel", "payment", "locked_by", "assignee"):
        found.extend(among(column, getattr(wanted, column)))
    if wanted.overdue or wanted.attention:
        found.append(Condition("t.attention AND t.overdue" if wanted.overdue else "t.attention"))
    if wanted.placed_from is not None:
        found.append(Condition("t.placed_at >= :placed_from", {"placed_from": wanted.placed_from}))
    if wanted.placed_to is not None:
        found.append(Condition("t.placed_at < :placed_to", {"placed_to": wanted.placed_to}))
    if wanted.age_over is not None:
        found.append(Condition("t.placed_at < now() - CAST(:age_over AS interval)", {"age_over": wanted.age_over}))
    return found


async def _check_bound(desk: Desk, query: Query, sort: str) -> None:
    async with paging.reading(desk) as connection:
        found = await listing_queries.count(connection, query, SORTED)
    if found > SORTED:
        raise SortNeedsFilter(sort, f"over {SORTED}")


async def pending(desk: Desk, stores: Stores, page: Paging, store: tuple[str, ...] = ()) -> Page[ListedOrder]:
    """Return the drafts, the last changed first (OMC-05)."""
    query = Query(_ORDERS, ("updated_at", "order_id"), True, [Condition("t.state = 'draft'")], in_lanes=False)
    query = in_lanes(query, {"store": lane(store, stores)})
    return await paging.page(desk, Asked("pending", query, {"store": store}), ListedOrder, page)


async def fraud_review(desk: Desk, stores: Stores, page: Paging, store: tuple[str, ...] = ()) -> Page[ListedOrder]:
    """Return the orders whose fraud verdict a person has to judge, those first that were placed first."""
    query = Query(_ORDERS, ("placed_at", "order_id"), False, [in_state(ORDERS["doubted"])], in_lanes=False)
    query = in_lanes(query, {"store": lane(store, stores)})
    return await paging.page(desk, Asked("fraud_review", query, {"store": store}), ListedOrder, page)


async def of_customer(desk: Desk, stores: Stores, customer: str, page: Paging) -> Page[ListedOrder]:
    """Return the orders of a customer, by his id, newest first; of very many the newest 2,000."""
    named = TermWanted([int(TermKind.CUSTOMER)], folded(customer), begins=False)
    seen = lane((), stores)
    async with paging.reading(desk, in_order=True) as connection:
        found = await listing_search.find(connection, [named], seen)
        keys, among = ("placed_at", "order_id"), list(found.kinds)
        query = Query(_ORDERS, keys, True, [NO_DRAFT], in_lanes=False, among=among)
        asked = Asked("customer", in_lanes(query, {"store": seen}), {"customer": customer})
        return await paging.read(connection, asked, ListedOrder, page)
