"""Documents: orders as the last batch left them."""

import json
from collections.abc import Sequence

from adapters.errors import TwoWriters
from adapters.memory.tables import MemoryStore
from adapters.rows.batch import Batch
from adapters.rows.documents import StoredOrder


def found(store: MemoryStore, ids: Sequence[str]) -> dict[str, StoredOrder]:
    """Return the orders that exist."""
    rows = [store.orders[order_id] for order_id in ids if order_id in store.orders]
    return {r.order_id: StoredOrder(r.order_id, r.seq, r.version, json.loads(r.document), r.rules) for r in rows}


def check(store: MemoryStore, batch: Batch, shard: int) -> None:
    """Refuse orders that somebody else changed since they were loaded; raises TwoWriters."""
    for row in batch.orders:
        before = store.orders.get(row.order_id)
        if before is not None and before.seq != row.seq - row.changes:
            raise TwoWriters(shard)


def write(store: MemoryStore, batch: Batch) -> None:
    """Leave the orders as a batch has them."""
    store.orders |= {row.order_id: row for row in batch.orders}
