"""The journal as a shard writes it, without one: batches of rows, each with an event of its order, and its mark."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from contracts.envelope import Stamp, rfc3339
from contracts.partitioning import home
from contracts.wire import Outgoing, pack, unpack
from tests.stage import Stage

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
_ROW = text(
    """INSERT INTO journal (order_id, seq, version, shard, batch, n, outcome, source, event_id, digest, type, topic,
      partition, "offset", occurred_at, appended_at, data, messages, rules, transitions)
    SELECT order_id, seq, seq, :shard, :batch, n, 'applied', '/test', order_id || seq, '', 'test.v1', 'shop.events',
      0, 0, :at, :at, '{}', messages, 1, '{}'
    FROM unnest(CAST(:orders AS text[]), CAST(:seqs AS bigint[]), CAST(:ns AS int[]), CAST(:messages AS bytea[]))
      AS row(order_id, seq, n, messages)"""
)
_ORDER = text(
    """INSERT INTO orders (order_id, shard, seq, changes, version, state, number, store, rules, document)
    SELECT order_id, :shard, 1, 1, 1, 'approved', order_id, :store, 1, '{}'
    FROM unnest(CAST(:orders AS text[])) AS o(order_id) ON CONFLICT DO NOTHING"""
)
_MARK = text("UPDATE shard SET batch = batch + 1, emitted = batch + 1 WHERE k = :shard RETURNING batch")


@dataclass
class Books:
    """What was stored; `told` are the ids of the events by shard, in their order."""

    stage: Stage
    told: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    _seqs: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def store(
        self,
        *orders: str,
        kind: str = "order.approved.v1",
        store: str | None = "lille",
        filling: int = 0,
        events: int = 1,
    ) -> None:
        """Store a batch of each shard that these orders are of: a row with so many events each time one is named."""
        for shard in range(self.stage.settings.shards):
            mine = [order for order in orders if home(order, self.stage.settings.shards) == shard]
            if mine:
                await self._batch(shard, mine, store, lambda order, seq: _messages(order, seq, kind, filling, events))

    async def _batch(
        self, shard: int, orders: Sequence[str], store: str | None, messages: Callable[[str, int], list[Outgoing]]
    ) -> None:
        rows: dict[str, list[Any]] = {"orders": [], "seqs": [], "ns": [], "messages": []}
        for n, order in enumerate(orders):
            self._seqs[order] += 1
            seq = self._seqs[order]
            written = messages(order, seq)
            row = (order, seq, 2 * n, pack(written))  # the numbers between are those of records set aside
            for held, part in zip(rows.values(), row, strict=True):
                held.append(part)
            self.told[shard] += ids_of(written)
        async with self.stage.engine.begin() as connection:
            batch = (await connection.execute(_MARK, {"shard": shard})).scalar_one()
            await connection.execute(_ORDER, {"shard": shard, "orders": list(set(orders)), "store": store})
            await connection.execute(_ROW, {"shard": shard, "batch": batch, "at": NOON, **rows})


def _messages(order: str, seq: int, kind: str, filling: int, events: int) -> list[Outgoing]:
    data = json.dumps({"version": seq, "filling": "x" * filling}).encode()
    key, stamp = order.encode(), Stamp("/hub/orders", "order.events", kind)
    messages = [Outgoing("order.status", None, key, (("ce_id", b"-"),), b"{}")]
    for n in range(events):
        headers = stamp.headers(f"{order}:{seq}:{n}".encode(), key, rfc3339(NOON).encode())
        messages.append(Outgoing("order.events", None, key, headers, data))
    return messages


def ids_of(messages: Iterable[Outgoing]) -> list[str]:
    """The ids of the events among some messages."""
    events = (message for message in messages if message.topic == "order.events")
    return [(message.header("ce_id") or b"").decode() for message in events]


async def published(stage: Stage) -> dict[int, list[str]]:
    """The ids of all events that the journal has, by shard, in their order."""
    rows = await stage.rows("SELECT shard, messages FROM journal ORDER BY shard, batch, n")
    found: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        found[row["shard"]] += ids_of(unpack(row["messages"]))
    return dict(found)
