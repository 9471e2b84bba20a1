"""Documents: orders as the last batch left them."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic_core import from_json

from adapters.postgres.encoding import columns
from adapters.postgres.statements import Input
from adapters.rows.batch import Batch
from adapters.rows.documents import StoredOrder
from adapters.rows.loading import Loaded, Wanted

WANTED: Final[Input[Wanted]] = Input("orders", "text", lambda wanted: [list(wanted.orders)])
FOUND: Final = """
SELECT 'order' AS what, o.order_id AS a, NULL AS b, NULL AS c, o.seq, o.version, o.rules, o.document,
  NULL::bytea AS digest, NULL::bytea AS messages
FROM {orders} AS w (o) CROSS JOIN LATERAL (SELECT * FROM orders WHERE order_id = w.o LIMIT 1) AS o"""

STORED: Final = """stored AS (
  INSERT INTO orders (order_id, shard, seq, changes, version, state, number, store, document, rules, attention,
    updated_at)
  SELECT o, k, s, c, v, st, nr, sr, d, r, a, now()
  FROM mine, {orders} AS row (o, s, c, v, st, nr, sr, d, r, a)
  ON CONFLICT (order_id) DO UPDATE SET seq = excluded.seq, changes = excluded.changes, version = excluded.version,
    state = excluded.state, number = excluded.number, store = excluded.store, document = excluded.document,
    rules = excluded.rules, attention = excluded.attention, updated_at = excluded.updated_at
  WHERE orders.seq = excluded.seq - excluded.changes
  RETURNING 1
)"""
"""Writes no row that somebody else changed since it was loaded."""


def read(loaded: Loaded, rows: Iterable[Any]) -> None:
    """Note the orders that were found."""
    for _, order_id, _, _, seq, version, rules, document, _, _ in rows:
        loaded.orders[order_id] = StoredOrder(order_id, seq, version, from_json(document), rules)


def _columns(batch: Batch) -> list[list[Any]]:
    rows = [
        (r.order_id, r.seq, r.changes, r.version, r.state, r.number, r.store, r.document, r.rules, r.attention)
        for r in batch.orders
    ]
    return columns(rows, 10)


WRITTEN: Final[Input[Batch]] = Input("orders", "text bigint int bigint text text text jsonb int bool", _columns)
