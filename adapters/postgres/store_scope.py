"""Of which stores rows are: what names an order of another store isn't there for whoever is limited to some.

What names no order, or one whose store nobody knows, is of no other store.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.documents import orders

Stores = Collection[str] | None
"""The stores that somebody may see; None: all of them."""


def may_see(order_id: ColumnElement[Any], stores: Stores) -> ColumnElement[bool]:
    """Return that a row, by the id of its order, is of no other store."""
    if stores is None:
        return true()
    other = orders.alias()
    return ~exists().where(other.c.order_id == order_id, _elsewhere(other.c.store, stores))


def may_see_named(name: ColumnElement[Any], stores: Stores) -> ColumnElement[bool]:
    """Return the same of a row that names its order by id or number: one of these stores, or none elsewhere."""
    if stores is None:
        return true()
    there, here = orders.alias(), orders.alias()
    outside = exists().where(or_(there.c.order_id == name, there.c.number == name), _elsewhere(there.c.store, stores))
    inside = exists().where(or_(here.c.order_id == name, here.c.number == name), here.c.store.in_(sorted(stores)))
    return or_(name.is_(None), ~and_(outside, ~inside))


def sees_named(theirs: Collection[str], stores: Stores) -> bool:
    """Tell the same of what names orders of such stores, where these were asked for already."""
    return stores is None or not theirs or not set(theirs).isdisjoint(stores)


async def elsewhere(engine: AsyncEngine, order_ids: Collection[str], stores: Stores) -> frozenset[str]:
    """Return which of some orders are of other stores."""
    if stores is None or not order_ids:
        return frozenset()
    column = orders.c
    found = select(column.order_id).where(column.order_id.in_(list(order_ids)), _elsewhere(column.store, stores))
    async with engine.connect() as connection:
        return frozenset(await connection.scalars(found))


def _elsewhere(store: ColumnElement[Any], stores: Collection[str]) -> ColumnElement[bool]:
    return store.not_in(sorted(stores))
