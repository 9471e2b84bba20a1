"""A customer's history: the other orders of whoever placed one, for a person who has to judge it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres import listing_queries, listing_search, order_reads
from adapters.postgres.listing_queries import Condition, Query
from adapters.postgres.listing_search import TermWanted
from domain.orders.money import balance
from domain.orders.order import Order
from domain.orders.view.terms import TermKind, terms
from hub.desk import listing, paging
from hub.desk.listing import Standing
from hub.desk.order_lists import NO_DRAFT
from hub.desk.paging import in_lanes, lane
from hub.desk.resources import Desk
from hub.desk.stores import Stores

_BY: Final = {TermKind.CUSTOMER: "customer_id", TermKind.EMAIL: "email", TermKind.PHONE: "phone"}
"""By what two orders are taken for the same customer's."""


@dataclass(frozen=True, slots=True)
class OtherOrder:
    """Another order of the customer: how it stands, and by what it is known to be his (`matched`).

    Amounts are in minor units. `cancelled_for` is why it was cancelled; `returns` counts its returns.
    """

    order_id: str
    number: str
    store: str
    state: str
    placed_at: datetime
    total: int
    currency: str
    payment: str
    refunded: int
    returns: int
    cancelled_for: str | None
    risk_score: int | None
    risk_reasons: Sequence[str]
    matched: Sequence[str]


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """The other orders of a customer, newest first; `more`: there are others that were not looked at."""

    orders: Sequence[OtherOrder]
    more: bool
    listing: Standing


async def of(desk: Desk, order: Order, stores: Stores, limit: int) -> CustomerHistory:
    """Return the other orders, never drafts, with the same customer id, e-mail address or telephone number.

    In these stores, as the listing has them; raises ListIsTooWide, ListingIsNotBuilt.
    """
    async with paging.reading(desk, in_order=True) as connection:
        standing = await listing.standing(connection)
        matched, narrowed = await _matched(connection, order, stores)
        rows = await _rows(connection, order, stores, list(matched), limit + 1)
    here = rows[:limit]
    stored = await order_reads.orders_of(desk.engine, [row["order_id"] for row in here], stores) if here else []
    documents = {each.order_id: each.order() for each in stored}
    found = [_told(row, documents[row["order_id"]], matched) for row in here if row["order_id"] in documents]
    return CustomerHistory(found, narrowed or len(rows) > limit, standing)


async def _matched(
    connection: AsyncConnection, order: Order, stores: Stores
) -> tuple[Mapping[int, Sequence[str]], bool]:
    """Return the orders of the same customer by their short names, and whether there are more than were looked at."""
    found, narrowed = defaultdict[int, list[str]](list), False
    for term in terms(order):
        if term.kind in _BY:
            candidates = await listing_search.find(
                connection, [TermWanted([term.kind], term.value, False)], lane((), stores)
            )
            narrowed = narrowed or candidates.narrowed
            for n in candidates.kinds:
                if _BY[term.kind] not in found[n]:  # a telephone number has several forms
                    found[n].append(_BY[term.kind])
    return found, narrowed


async def _rows(
    connection: AsyncConnection, order: Order, stores: Stores, among: Sequence[int], limit: int
) -> Sequence[RowMapping]:
    conditions = [NO_DRAFT, Condition("t.order_id <> :own", {"own": order.id})]
    query = Query("order_list", ("placed_at", "order_id"), True, conditions, in_lanes=False, among=among)
    return await listing_queries.page(connection, in_lanes(query, {"store": lane((), stores)}), None, limit)


def _told(row: RowMapping, order: Order, matched: Mapping[int, Sequence[str]]) -> OtherOrder:
    names = ("order_id", "number", "store", "state", "placed_at", "total", "currency", "payment", "risk_score")
    return OtherOrder(
        **{name: row[name] for name in names},
        refunded=balance.balance(order).refunded,
        returns=len(order.returns),
        cancelled_for=order.cancelled_for,
        risk_reasons=row["risk_reasons"],
        matched=matched[row["n"]],
    )
