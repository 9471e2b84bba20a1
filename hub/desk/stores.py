"""Stores: what of orders is hidden from whoever may see those of some stores only."""

from collections.abc import Collection

from adapters.postgres import store_scope
from adapters.postgres.store_scope import Stores as Stores
from hub.desk.errors import OrderIsUnknown
from hub.desk.resources import Desk


async def elsewhere(desk: Desk, order_ids: Collection[str], stores: Stores) -> Collection[str]:
    """Return which of some orders are of other stores."""
    return await store_scope.elsewhere(desk.engine, order_ids, stores)


async def check(desk: Desk, order_id: str, stores: Stores) -> None:
    """Raise OrderIsUnknown where an order is of another store."""
    if await elsewhere(desk, [order_id], stores):
        raise OrderIsUnknown(order_id)
