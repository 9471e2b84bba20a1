"""Search: which orders have a term, by the index of terms alone; how many candidates there are is bounded."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

CANDIDATES: Final = 2_000
"""Orders that are looked at for one text: the newest of the very word, then others that begin with it.

Reading 2,000 terms of a prefix took 4 ms with the index in memory and 23 from disk.
"""
_LAST: Final = "\U0010ffff"
"""Sorts behind every other character where bytes are compared, as terms are."""


@dataclass(frozen=True, slots=True)
class TermWanted:
    """A value that an order must have as one of some kinds; `begins`: or one that begins with it."""

    kinds: Sequence[int]
    value: str
    begins: bool


@dataclass(frozen=True, slots=True)
class Candidates:
    """The short names of orders, and as which kind each was found; `narrowed`: there are more."""

    kinds: dict[int, int]
    narrowed: bool = False


LOOKED_AT: Final = 20_000
"""Terms that are gone through at most to find candidates in somebody's stores."""
_SAME: Final = """SELECT t.n, t.kind FROM unnest(CAST(:kinds AS smallint[])) AS k (kind)
  CROSS JOIN LATERAL (SELECT n, kind FROM order_term WHERE value = :value AND kind = k.kind
    ORDER BY placed_at DESC, n DESC LIMIT :limit) AS t"""
_BEGINS: Final = """SELECT n, kind FROM (SELECT n, kind FROM order_term
    WHERE value > :value AND value < :last AND kind = ANY(CAST(:kinds AS smallint[])) LIMIT :limit) AS longer"""
_SEEN: Final = """WITH looked AS MATERIALIZED (SELECT n, kind FROM ({sql}) AS every LIMIT :limit),
  whole AS (SELECT count(*) > :most AS cut FROM looked)
SELECT l.n, l.kind, whole.cut FROM whole LEFT JOIN (SELECT n, kind FROM looked CROSS JOIN LATERAL (
    SELECT FROM order_list o WHERE o.n = looked.n AND o.store = ANY(CAST(:stores AS text[])) OFFSET 0) AS seen
  LIMIT :candidates) AS l ON true"""
"""Of the terms that were gone through those in somebody's stores, and whether there would have been more to go through.

The OFFSET keeps PostgreSQL from going through all orders of the stores instead.
"""
_NAMED: Final = """SELECT DISTINCT n FROM order_term WHERE n = ANY(CAST(:ns AS bigint[]))
    AND kind = ANY(CAST(:kinds AS smallint[])) AND (value = :value OR (:begins AND value > :value AND value < :last))"""


async def find(connection: AsyncConnection, wanted: Sequence[TermWanted], stores: Sequence[str] | None) -> Candidates:
    """Return the orders of these stores that have all these values; of all stores, if None are named."""
    looked = [(await _candidates(connection, each, stores), each) for each in wanted]
    looked.sort(key=lambda pair: len(pair[0].kinds))  # the rarest first: the others are looked for among its orders
    first, _ = looked[0]
    found = first.kinds
    for _, each in looked[1:]:
        kept = await _having(connection, found, each)
        found = {n: kind for n, kind in found.items() if n in kept}
    return Candidates(found, first.narrowed)


async def _candidates(connection: AsyncConnection, wanted: TermWanted, stores: Sequence[str] | None) -> Candidates:
    sql = f"{_SAME} UNION ALL {_BEGINS}" if wanted.begins else _SAME
    values = _values(wanted)
    if stores is None:
        statement = text(f"SELECT n, kind FROM ({sql}) AS found LIMIT :limit")  # noqa: S608 - constants
        rows = (await connection.execute(statement, {**values, "limit": CANDIDATES + 1})).all()
        found = {row.n: row.kind for row in rows}
        return Candidates(found, len(found) > CANDIDATES)
    values |= {"limit": LOOKED_AT + 1, "most": LOOKED_AT, "candidates": CANDIDATES + 1, "stores": list(stores)}
    rows = (await connection.execute(text(_SEEN.format(sql=sql)), values)).all()
    found = {row.n: row.kind for row in rows if row.n is not None}
    return Candidates(found, len(found) > CANDIDATES or rows[0].cut)


async def _having(connection: AsyncConnection, ns: Collection[int], wanted: TermWanted) -> set[int]:
    if not ns:
        return set()
    values = {"ns": list(ns), "begins": wanted.begins, **_values(wanted)}
    return set((await connection.scalars(text(_NAMED), values)).all())


def _values(wanted: TermWanted) -> dict[str, object]:
    return {"kinds": list(wanted.kinds), "value": wanted.value, "last": wanted.value + _LAST}


async def short_name(connection: AsyncConnection, order_id: str) -> int:
    """Return the number by which terms name an order."""
    question = text("SELECT n FROM order_list WHERE order_id = :order_id")
    return int(await connection.scalar(question, {"order_id": order_id}) or 0)
