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
class Wanted:
    """A value that an order must have as one of some kinds; `begins`: or one that begins with it."""

    kinds: Sequence[int]
    value: str
    begins: bool


@dataclass(frozen=True, slots=True)
class Candidates:
    """The short names of orders, and as which kind each was found; `narrowed`: there are more."""

    kinds: dict[int, int]
    narrowed: bool = False


_SAME: Final = """SELECT t.n, t.kind FROM unnest(CAST(:kinds AS smallint[])) AS k (kind) CROSS JOIN LATERAL (
    SELECT n, kind, placed_at FROM order_term WHERE value = :value AND kind = k.kind
    ORDER BY placed_at DESC, n DESC LIMIT :limit) AS t"""
_BEGINS: Final = """SELECT n, kind FROM (SELECT n, kind FROM order_term
    WHERE value > :value AND value < :last AND kind = ANY(CAST(:kinds AS smallint[])) LIMIT :limit) AS longer"""
_NAMED: Final = """SELECT DISTINCT n FROM order_term WHERE n = ANY(CAST(:ns AS bigint[]))
    AND kind = ANY(CAST(:kinds AS smallint[])) AND (value = :value OR (:begins AND value > :value AND value < :last))"""


_SEEN: Final = text(
    "SELECT n FROM order_list WHERE n = ANY(CAST(:ns AS bigint[])) AND store = ANY(CAST(:stores AS text[]))"
)


async def find(connection: AsyncConnection, wanted: Sequence[Wanted], stores: Sequence[str] | None) -> Candidates:
    """Return the orders of these stores that have all these values; of all stores, if None are named."""
    looked = [(await _candidates(connection, each), each) for each in wanted]
    looked.sort(key=lambda pair: len(pair[0]))  # the rarest first: the others are looked for among its orders only
    found, _ = looked[0]
    narrowed = len(found) > CANDIDATES
    for _, each in looked[1:]:
        kept = await _having(connection, found, each)
        found = {n: kind for n, kind in found.items() if n in kept}
    if stores is not None and found:
        seen = set((await connection.scalars(_SEEN, {"ns": list(found), "stores": list(stores)})).all())
        found = {n: kind for n, kind in found.items() if n in seen}
    return Candidates(found, narrowed)


async def _candidates(connection: AsyncConnection, wanted: Wanted) -> dict[int, int]:
    sql = f"{_SAME} UNION ALL {_BEGINS}" if wanted.begins else _SAME
    values = {"limit": CANDIDATES + 1, **_values(wanted)}
    rows = await connection.execute(text(f"SELECT n, kind FROM ({sql}) AS found LIMIT :limit"), values)  # noqa: S608
    return {row.n: row.kind for row in rows}


async def _having(connection: AsyncConnection, ns: Collection[int], wanted: Wanted) -> set[int]:
    if not ns:
        return set()
    values = {"ns": list(ns), "begins": wanted.begins, **_values(wanted)}
    return set((await connection.scalars(text(_NAMED), values)).all())


def _values(wanted: Wanted) -> dict[str, object]:
    return {"kinds": list(wanted.kinds), "value": wanted.value, "last": wanted.value + _LAST}


async def short_name(connection: AsyncConnection, order_id: str) -> int:
    """Return the number by which terms name an order."""
    question = text("SELECT n FROM order_list WHERE order_id = :order_id")
    return int(await connection.scalar(question, {"order_id": order_id}) or 0)
