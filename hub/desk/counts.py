"""Counts: the numbers beside the navigation, each counted to a thousand and no further."""

from dataclasses import dataclass
from typing import Final

from adapters.postgres.listing_queries import Condition, Query, in_state
from domain.orders.order import FLASHES, ORDERS, REFUNDS, RETURNS, State
from hub.desk import listing, paging
from hub.desk.listing import Standing
from hub.desk.paging import Count, in_lanes, lane
from hub.desk.resources import Desk
from hub.desk.stores import Stores


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits for people, by where they find it."""

    attention: Count
    blocking: Count
    pending: Count
    fraud_review: Count
    returns: Count
    refunds: Count
    flash_reorders: Count
    listing: Standing


def _of(table: str, condition: Condition) -> Query:
    return Query(table, (), conditions=[condition], in_lanes=False)


_QUESTIONS: Final = {
    "attention": _of("order_list", Condition("t.attention")),
    "blocking": _of("reason_list", Condition("t.blocking")),
    "pending": _of("order_list", in_state([State.DRAFT])),
    "fraud_review": _of("order_list", in_state(ORDERS["doubted"])),
    "returns": _of("return_list", in_state(RETURNS["open"])),
    "refunds": _of("refund_list", in_state(REFUNDS["to_decide"])),
    "flash_reorders": _of("flash_list", in_state(FLASHES["live"])),
}


async def read(desk: Desk, stores: Stores) -> Counts:
    """Return the counts of some stores; raises ListingIsNotBuilt, ListIsTooWide."""
    async with paging.reading(desk) as connection:
        standing = await listing.standing(connection)
        found = {
            name: await paging.counted(connection, in_lanes(query, {"store": lane((), stores)}))
            for name, query in _QUESTIONS.items()
        }
    return Counts(**found, listing=standing)
