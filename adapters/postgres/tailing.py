"""Reading what the shards have stored since: rows of the journal in the order of their shard, by its index."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import TextClause, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.growth import GROW
from adapters.postgres.tables.operations import operation
from adapters.postgres.tables.shards import hub, shard

LAST: Final = 2**31 - 1
"""No row of a batch has a higher number."""
MARK_BYTES: Final = 6


@dataclass(slots=True)  # not frozen: thousands are made a second
class Row:
    """A row of the journal that published something; `store` is that of its order, None where none is known."""

    shard: int
    batch: int
    n: int
    order_id: str
    store: str | None
    messages: bytes


@dataclass(frozen=True, slots=True)
class Span:
    """Rows of a shard: from one (batch, n) to another, both included."""

    shard: int
    start: tuple[int, int]
    end: tuple[int, int]


_WANTED: Final = "order_id, shard, batch, n, messages"
_SPANS: Final = """unnest(CAST(:shards AS int[]), CAST(:batches AS bigint[]), CAST(:rows AS int[]),
  CAST(:to_batches AS bigint[]), CAST(:to_rows AS int[])) AS w(k, batch, n, to_batch, to_n)"""
# The limit keeps the planner to the index, whatever it thinks of the spans; the inner question, to the orders' key.
_ROWS: Final = """SELECT j.shard, j.batch, j.n, j.order_id,
  (SELECT o.store FROM orders o WHERE o.order_id = j.order_id) AS store, j.messages FROM {spans}
CROSS JOIN LATERAL (SELECT {wanted} FROM {source} WHERE shard = w.k AND (batch, n) >= (w.batch, w.n)
  AND (batch, n) <= (w.to_batch, w.to_n) AND messages IS NOT NULL ORDER BY batch {way}, n {way} LIMIT :most) AS j
ORDER BY j.shard, j.batch, j.n"""
_OF_ORDERS: Final = f"""WITH mine AS MATERIALIZED (
  SELECT {_WANTED} FROM journal WHERE order_id = ANY(CAST(:orders AS text[]))) """  # noqa: S608 - constants


def _rows(source: str, way: str) -> TextClause:
    return text(_ROWS.format(spans=_SPANS, wanted=_WANTED, source=source, way=way))


_FIRST: Final = _rows("journal", "ASC")
_NEWEST: Final = _rows("journal", "DESC")
_FIRST_OF_ORDERS: Final = text(_OF_ORDERS + _rows("mine", "ASC").text)
_BATCHES: Final = "unnest(CAST(:shards AS int[]), CAST(:batches AS bigint[])) AS w(k, batch)"
_THERE: Final = text(
    f"""SELECT count(*) FROM {_BATCHES} CROSS JOIN LATERAL (
      SELECT 1 FROM journal WHERE shard = w.k AND batch = w.batch LIMIT 1) AS j"""  # noqa: S608 - constants
)
_UNDONE: Final = text(
    f"""SELECT count(*) FROM {_BATCHES}
    JOIN accepted a ON a.shard = w.k AND a.kind = 'restore' AND w.batch > a.batch + 1 AND w.batch <= a.emitted"""  # noqa: S608
)


async def mark(engine: AsyncEngine) -> bytes:
    """Return what tells this hub from any other."""
    async with engine.connect() as connection:
        key = (await connection.execute(select(hub.c.signing_key))).scalar_one()
    return sha256(b"cursor" + key).digest()[:MARK_BYTES]


async def tops(engine: AsyncEngine) -> list[tuple[int, int]]:
    """Return every shard with the last batch that it has stored, by its number."""
    async with engine.connect() as connection:
        return [(k, batch) for k, batch in await connection.execute(select(shard.c.k, shard.c.batch).order_by("k"))]


async def parents(engine: AsyncEngine) -> dict[int, tuple[int, int]]:
    """Return from which shard each later one was split off, and behind which batch of it."""
    statement = select(operation.c.wish).where(operation.c.action == GROW, operation.c.done_at.is_not(None))
    async with engine.connect() as connection:
        grown = (await connection.scalars(statement.order_by(operation.c.id))).all()
    found = {}
    for wish in grown:
        for number in range(wish["from"], wish["to"]):
            parent = number % wish["from"]
            if str(parent) in wish["batches"]:
                found[number] = (parent, int(wish["batches"][str(parent)]))
    return found


async def first(
    engine: AsyncEngine, spans: Sequence[Span], most: int, orders: frozenset[str] | None = None
) -> list[Row]:
    """Return the first rows of each span, so many of it at most: of these orders alone, if some are named."""
    if orders is None:
        return await _read(engine, _FIRST, spans, most=most)
    return await _read(engine, _FIRST_OF_ORDERS, spans, most=most, orders=sorted(orders))


async def newest(engine: AsyncEngine, spans: Sequence[Span], most: int) -> list[Row]:
    """Return the last rows of each span, so many of it at most, oldest first."""
    return await _read(engine, _NEWEST, spans, most=most)


async def _read(engine: AsyncEngine, statement: TextClause, spans: Sequence[Span], **more: Any) -> list[Row]:
    async with engine.connect() as connection:
        return [Row(*row) for row in await connection.execute(statement, _columns(spans) | more)]


def _columns(spans: Iterable[Span]) -> dict[str, list[int]]:
    told = [(each.shard, *each.start, *each.end) for each in spans]
    names = ("shards", "batches", "rows", "to_batches", "to_rows")
    return dict(zip(names, map(list, zip(*told, strict=True)), strict=True))


Batches = Sequence[tuple[int, int]]
"""Shards with the number of a batch."""


async def kept(engine: AsyncEngine, begun: Batches, next_: Batches) -> bool:
    """Tell whether the journal has rows of each batch that is `begun`, and none before the `next_` ones was undone.

    A database that was put back to an older copy, and accepted, goes on behind the batches that it has lost.
    """
    async with engine.connect() as connection:
        if next_ and await connection.scalar(_UNDONE, _batches(next_)):
            return False
        return not begun or await connection.scalar(_THERE, _batches(begun)) == len(begun)


def _batches(batches: Batches) -> dict[str, list[int]]:
    return {"shards": [k for k, _ in batches], "batches": [batch for _, batch in batches]}
