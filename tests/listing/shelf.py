"""A shelf: a database in which orders are stored as shards store them, batch by batch, without the shards."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import listing_checks
from adapters.postgres.listing_checks import Difference
from domain.orders import documents
from domain.orders.order import Order
from domain.orders.view.attention import needed
from hub import projection
from hub.settings import Settings

_ORDERS = """INSERT INTO orders
  (order_id, shard, seq, changes, version, state, number, store, rules, document, attention)
SELECT order_id, shard, seq, 1, version, state, number, store, 5, document, attention
FROM json_to_recordset(CAST(CAST(:rows AS text) AS json)) AS r (order_id text, shard int, seq bigint, version bigint,
  state text, number text, store text, document jsonb, attention boolean)
ON CONFLICT (order_id) DO UPDATE SET seq = excluded.seq, version = excluded.version, state = excluded.state,
  document = excluded.document, attention = excluded.attention"""
_JOURNAL = """INSERT INTO journal (order_id, seq, version, shard, batch, n, outcome, source, event_id, digest, type,
  topic, partition, "offset", occurred_at, appended_at, data, rules, transitions)
SELECT order_id, seq, version, shard, :batch, row_number() OVER (), 'applied', 'test', 'e-' || seq, '', 'test', 'test',
  0, 0, now(), now(), '{}', 5, '{}'
FROM json_to_recordset(CAST(CAST(:rows AS text) AS json)) AS r (order_id text, shard int, seq bigint, version bigint)"""


@dataclass
class Shelf:
    """Orders in a database, each with the number of its last change."""

    settings: Settings
    engine: AsyncEngine
    seqs: dict[str, int] = field(default_factory=dict)
    last: dict[str, Order] = field(default_factory=dict)

    async def put(self, *orders: Order, shard: int = 0) -> None:
        """Store changes of orders as one batch of a shard; each order once."""
        for order in orders:
            self.seqs[order.id] = self.seqs.get(order.id, 0) + 1
            self.last[order.id] = order
        rows = to_json([self._row(order, shard) for order in orders]).decode()
        async with self.engine.begin() as connection:
            batch = await connection.scalar(
                text("UPDATE shard SET batch = batch + 1 WHERE k = :k RETURNING batch"), {"k": shard}
            )
            await connection.execute(text(_ORDERS), {"rows": rows})
            await connection.execute(text(_JOURNAL), {"rows": rows, "batch": batch})

    def _row(self, order: Order, shard: int) -> dict[str, object]:
        return {
            "order_id": order.id,
            "shard": shard,
            "seq": self.seqs[order.id],
            "version": order.version,
            "state": order.state,
            "number": order.number,
            "store": order.store,
            "document": documents.order_document(order),
            "attention": needed(order),
        }

    async def project(self) -> None:
        """Let the projector work until nothing is left to do."""
        await projection.prepare(self.engine)
        while await projection.step(self.engine):
            pass

    async def differences(self) -> list[Difference]:
        """What the check finds."""
        return [each async for page in listing_checks.pages(self.engine) for each in page.differences]

    async def behind(self) -> int:
        """How many orders the check finds behind."""
        return sum([page.behind async for page in listing_checks.pages(self.engine)])

    async def rows(self, question: str, **values: Any) -> list[dict[str, Any]]:
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(question), values)).mappings()]

    async def change(self, statement: str, **values: Any) -> int:
        async with self.engine.begin() as connection:
            return (await connection.execute(text(statement), values)).rowcount

    async def listed(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is listed, but for the short names, which depend on who came first."""
        async with self.engine.connect() as connection:
            return {name: await _rows_of(connection, name) for name in LISTS}


LISTS = ("order_list", "order_term", "return_list", "refund_list", "flash_list", "reason_list")


async def _rows_of(connection: AsyncConnection, name: str) -> list[tuple[Any, ...]]:
    own = "SELECT o.order_id, t.value, t.kind, t.placed_at FROM order_term t LEFT JOIN order_list o USING (n)"
    question = own if name == "order_term" else f"SELECT * FROM {name}"
    found = (await connection.execute(text(question))).mappings()
    return sorted((repr([(k, v) for k, v in row.items() if k != "n"]),) for row in found)


async def until(holds: Any, patience: float = 30.0) -> None:
    """Poll until something holds."""
    deadline = asyncio.get_running_loop().time() + patience
    while not await holds():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
