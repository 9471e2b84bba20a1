"""The listing is checked: every order's rows are made anew from its document and compared with those that are there."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import listing_writing
from adapters.postgres.listing_writing import SIDES, Projected
from domain.deciding.values import Value, fields
from domain.orders.view.listed import FlashRow, OrderRow, ReasonRow, RefundRow, ReturnRow, Rows
from domain.orders.view.terms import Term, TermKind

PAGE: Final = 1_000
MISSING: Final = "missing"
EXTRA: Final = "extra"
DIFFERS: Final = "differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """An order that isn't listed as its document says: missing, extra, or listed otherwise."""

    order_id: str
    what: str


@dataclass(frozen=True, slots=True)
class Page:
    """What was found out about some orders; `behind` of them have changed since the listing last followed them."""

    checked: int
    behind: int
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class _Stored:
    """The rows that are there of an order, and of which document."""

    seq: int
    rows: Rows


_KINDS: Final[Mapping[str, type[Value]]] = {
    "returns": ReturnRow,
    "refunds": RefundRow,
    "flashes": FlashRow,
    "reasons": ReasonRow,
}
_ROW = TypeVar("_ROW", bound=Value)
_PAGE: Final = text(
    """SELECT order_id, seq, document::text AS document FROM orders WHERE order_id > :last
    ORDER BY order_id LIMIT :size"""
)
# A part of the pages of a large table, a part of the rows of a small one, whose pages are too few to choose from.
_SAMPLE: Final = """
    SELECT order_id, seq, document::text AS document FROM orders TABLESAMPLE {method} ({percent})
    ORDER BY random() LIMIT :count"""
_SMALL: Final = 100_000
_SPARE: Final = 100
"""So many more rows than asked for are drawn from on average: chance never draws too few."""
_WITHIN: Final = text(
    """SELECT * FROM order_list WHERE order_id > :last AND (CAST(:upto AS text) IS NULL OR order_id <= :upto)"""
)
_NAMED: Final = text("SELECT * FROM order_list WHERE order_id = ANY(CAST(:ids AS text[]))")
_TERMS: Final = text("SELECT n, kind, value, placed_at FROM order_term WHERE n = ANY(CAST(:ns AS bigint[]))")
# The rows of an order follow its journal: what lies above the mark of its shard is still to come, and so is, while the
# listing is built, whatever lies behind the place up to which it was.
_BEHIND: Final = text(
    """SELECT j.order_id FROM journal j JOIN listing l ON l.shard = j.shard
    WHERE j.order_id = ANY(CAST(:ids AS text[])) AND j.batch > l.batch
    UNION SELECT w.order_id FROM unnest(CAST(:ids AS text[])) AS w (order_id) JOIN listing_build
      ON walked IS NOT NULL AND w.order_id > walked"""
)
_CHECKED: Final = text("UPDATE listing_build SET checked_at = now(), differences = :differences WHERE id = 1")
DIFFERS_NOTE: Final = "listing_differs"
"""The kind of the note that a check leaves for operators."""
_NOTED: Final = text(
    """INSERT INTO attention (shard, kind, detail) SELECT min(shard), :kind, :detail FROM listing
    WHERE NOT EXISTS (SELECT 1 FROM attention WHERE kind = :kind AND NOT done) HAVING count(*) > 0"""
)
_CLOSED: Final = text("UPDATE attention SET done = true WHERE kind = :kind AND NOT done")


async def pages(engine: AsyncEngine, size: int = PAGE) -> AsyncIterator[Page]:
    """Yield what was found, page by page, over all orders; each page is seen at one moment."""
    last: str | None = ""
    while last is not None:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            stored = (await connection.execute(_PAGE, {"last": last, "size": size})).all()
            upto = stored[-1].order_id if len(stored) == size else None
            listed = (await connection.execute(_WITHIN, {"last": last, "upto": upto})).mappings().all()
            yield await _compared(connection, stored, listed)
            last = upto


async def sample(engine: AsyncEngine, count: int) -> Page:
    """Return what was found about so many orders, drawn at random."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        total = int(await connection.scalar(text("SELECT count(*) FROM orders")) or 0)
        method = "BERNOULLI" if total < _SMALL else "SYSTEM"
        percent = min(100.0, 100.0 * (2 * count + _SPARE) / max(total, 1))
        drawn = text(_SAMPLE.format(method=method, percent=f"{percent:.6f}"))
        stored = (await connection.execute(drawn, {"count": count})).all()
        ids = [row.order_id for row in stored]
        listed = (await connection.execute(_NAMED, {"ids": ids})).mappings().all()
        return await _compared(connection, stored, listed)


async def note(engine: AsyncEngine, differences: int, *, whole: bool) -> None:
    """Write down that the listing was checked, the `whole` of it or a part, and tell operators what differs."""
    async with engine.begin() as connection:
        await connection.execute(_CHECKED, {"differences": differences})
        if differences:
            detail = f"{differences} orders are not listed as their documents say"
            await connection.execute(_NOTED, {"kind": DIFFERS_NOTE, "detail": detail})
        elif whole:
            await connection.execute(_CLOSED, {"kind": DIFFERS_NOTE})


async def mend(engine: AsyncEngine, ids: Sequence[str]) -> None:
    """Write these orders' rows anew from their documents, whatever is there."""
    for start in range(0, len(ids), PAGE):
        part = sorted(ids[start : start + PAGE])
        async with engine.begin() as connection:
            await listing_writing.remove(connection, part)
            await listing_writing.write(connection, await listing_writing.load(connection, part))


async def _compared(connection: AsyncConnection, stored: Sequence[Any], listed: Sequence[RowMapping]) -> Page:
    """Compare orders as they are stored with the rows that are listed of them."""
    wanted = {each.order_id: each for each in listing_writing.project(stored)}
    there = await _whole(connection, listed)
    looked = {order_id: _what(wanted.get(order_id), there.get(order_id)) for order_id in {*wanted, *there}}
    suspects = {order_id: what for order_id, what in looked.items() if what is not None}
    behind = set((await connection.scalars(_BEHIND, {"ids": list(suspects)})).all()) if suspects else set()
    found = {order_id: what for order_id, what in suspects.items() if order_id not in behind}
    found |= {row.order_id: DIFFERS for row in stored if row.order_id not in wanted}  # it can't be listed: a bug
    return Page(len(stored), len(behind), [Difference(order_id, what) for order_id, what in sorted(found.items())])


def _what(wanted: Projected | None, there: _Stored | None) -> str | None:
    """Return what seems to be wrong with the rows of an order, if anything."""
    if wanted is None or wanted.rows is None:
        return None if there is None else EXTRA
    if there is None:
        return MISSING
    return None if (there.seq, there.rows) == (wanted.seq, wanted.rows) else DIFFERS


async def _whole(connection: AsyncConnection, listed: Sequence[RowMapping]) -> dict[str, _Stored]:
    """Return all rows of the orders that are listed."""
    terms: dict[int, list[RowMapping]] = defaultdict(list)
    found = await connection.execute(_TERMS, {"ns": [row["n"] for row in listed]})
    for term in found.mappings():
        terms[term["n"]].append(term)
    ids = [row["order_id"] for row in listed]
    sides = {name: await _side(connection, name, ids) for name in SIDES}
    return {row["order_id"]: _stored(row, terms[row["n"]], sides) for row in listed}


def _stored(row: RowMapping, terms: Sequence[RowMapping], sides: Mapping[str, Mapping[str, list[Any]]]) -> _Stored:
    found = sorted((each["kind"], each["value"]) for each in terms if each["placed_at"] == row["placed_at"])
    beside = {name: tuple(rows.get(row["order_id"], ())) for name, rows in sides.items()}
    return _Stored(
        row["seq"],
        Rows(
            order=_value(OrderRow, row),
            terms=tuple(Term(TermKind(kind), value) for kind, value in found),
            **beside,
            prints=tuple(row["prints"]),
            digest=row["digest"],
        ),
    )


async def _side(connection: AsyncConnection, name: str, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Return the rows of a table beside the orders' own, by order, sorted by their own names."""
    table, kind = SIDES[name].name, _KINDS[name]
    statement = f"SELECT * FROM {table} WHERE order_id = ANY(CAST(:ids AS text[]))"  # noqa: S608 - constants
    found: dict[str, list[Any]] = defaultdict(list)
    for row in (await connection.execute(text(statement), {"ids": ids})).mappings():
        found[row["order_id"]].append(_value(kind, row))
    key = attrgetter(fields(kind)[0].name)
    return {order_id: sorted(each, key=key) for order_id, each in found.items()}


def _value(kind: type[_ROW], row: RowMapping) -> _ROW:
    """Return a row as a value; arrays are tuples there."""
    told = {field.name: row[field.name] for field in fields(kind)}
    return kind(**{name: tuple(held) if isinstance(held, list) else held for name, held in told.items()})
