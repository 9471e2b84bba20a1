"""What the projector writes: the rows of many orders, only what differs, and nothing older than what is there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from pydantic_core import from_json, to_json
from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.own_words import own_words
from adapters.postgres.tables.listing import flash_list, order_list, reason_list, refund_list, return_list
from domain.deciding.values import Value, asdict
from domain.orders import documents
from domain.orders.view.listed import Rows
from domain.orders.view.listing import LISTS, rows

LOG: Final = structlog.get_logger("listing")
TERMS: Final = "terms"
SIDES: Final[Mapping[str, Table]] = {
    "returns": return_list,
    "refunds": refund_list,
    "flashes": flash_list,
    "reasons": reason_list,
}
"""The tables beside the orders' own, by the names of their rows."""


@dataclass(frozen=True, slots=True)
class Projected:
    """The rows of an order as its document of number `seq` has them; None for a shell, which has none."""

    order_id: str
    seq: int
    rows: Rows | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is there of an order: which document it follows from, and hashes of its rows."""

    seq: int
    digest: bytes
    prints: Sequence[int]


_DOCUMENTS: Final = text(
    "SELECT order_id, seq, document::text AS document FROM orders WHERE order_id = ANY(CAST(:ids AS text[]))"
    " ORDER BY order_id"
)
_KEPT: Final = text(
    "SELECT order_id, seq, digest, prints FROM order_list WHERE order_id = ANY(CAST(:ids AS text[]))"
    " ORDER BY order_id FOR UPDATE"
)
_COLUMNS: Final = [column.name for column in order_list.columns if column.name != "n"]
_SET: Final = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "order_id")
_ORDERS: Final = text(
    f"""INSERT INTO order_list ({", ".join(_COLUMNS)})
    SELECT {", ".join(_COLUMNS)} FROM json_populate_recordset(NULL::order_list, CAST(CAST(:rows AS text) AS json))
    ON CONFLICT (order_id) DO UPDATE SET {_SET}
    WHERE excluded.seq > order_list.seq
      OR (excluded.seq = order_list.seq AND (:whole OR excluded.digest <> order_list.digest))
    RETURNING order_id, n, xmax = 0 AS fresh"""  # noqa: S608 - constants
)
_WANTED: Final = """unnest(CAST(:ns AS bigint[]), CAST(:kinds AS smallint[]), CAST(:values AS text[]),
    CAST(:times AS timestamptz[])) AS w (n, kind, value, placed_at)"""
_OLD_TERMS: Final = text(
    f"""DELETE FROM order_term AS t WHERE t.n = ANY(CAST(:rewritten AS bigint[])) AND NOT EXISTS (SELECT 1
    FROM {_WANTED} WHERE (w.n, w.kind, w.value, w.placed_at) = (t.n, t.kind, t.value, t.placed_at))"""  # noqa: S608
)
_NEW_TERMS: Final = text(
    f"INSERT INTO order_term (n, kind, value, placed_at) SELECT n, kind, value, placed_at FROM {_WANTED}"  # noqa: S608
    " ON CONFLICT DO NOTHING"
)


async def load(connection: AsyncConnection, ids: Collection[str]) -> list[Projected]:
    """Return the rows of these orders, as far as they exist, from their documents."""
    return project((await connection.execute(_DOCUMENTS, {"ids": list(ids)})).all())


def project(stored: Iterable[Any]) -> list[Projected]:
    """Return the rows of stored orders, each its id, number and document; one that can't be listed is left out.

    A bug in the listing of one order must not end that of all others: it is logged, and the check tells of it.
    """
    found = []
    for order_id, seq, document in stored:
        try:
            found.append(Projected(order_id, seq, rows(documents.order_from(from_json(document)))))
        except Exception as error:  # noqa: BLE001 - whatever it is: the other orders go on
            LOG.error("an order can't be listed", order_id=order_id, error=own_words(error))
    return found


async def write(connection: AsyncConnection, found: Sequence[Projected], *, whole: bool = False) -> int:
    """Write what differs; return how many orders do. Others may write the same ones: the newest document stays.

    `whole`: no hash that is stored is believed; each list is compared with what is there.
    """
    ordered = sorted(found, key=lambda each: each.order_id)
    kept = await _kept(connection, [each.order_id for each in ordered])
    wanted = {each.order_id: each for each in ordered if each.rows is not None and _is_news(each, kept, whole=whole)}
    if wanted:
        told = {"rows": _json([_row(each) for each in wanted.values()]), "whole": whole}
        written = {row.order_id: row for row in await connection.execute(_ORDERS, told)}
        news = {each.order_id: each.rows for each in wanted.values() if each.rows and each.order_id in written}
        believed = {} if whole else kept
        await _write_terms(connection, _changed(news, believed, TERMS), written)
        for name in SIDES:
            await _write_side(connection, name, _changed(news, believed, name), written)
    shells = [each.order_id for each in ordered if each.rows is None and each.order_id in kept]
    await remove(connection, shells)
    return len(wanted) + len(shells)


async def remove(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Remove all rows of these orders."""
    if not ids:
        return
    await connection.execute(
        text("DELETE FROM order_term WHERE n IN (SELECT n FROM order_list WHERE order_id = ANY(CAST(:ids AS text[])))"),
        {"ids": list(ids)},
    )
    for table in (*SIDES.values(), order_list):
        await _delete(connection, table.name, ids)


async def _kept(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, _Kept]:
    found = await connection.execute(_KEPT, {"ids": list(ids)})
    return {row.order_id: _Kept(row.seq, row.digest, row.prints) for row in found}


def _is_news(each: Projected, kept: Mapping[str, _Kept], *, whole: bool) -> bool:
    there = kept.get(each.order_id)
    if there is None or each.rows is None:
        return True
    return each.seq > there.seq or (each.seq == there.seq and (whole or each.rows.digest != there.digest))


def _changed(news: Mapping[str, Rows], kept: Mapping[str, _Kept], name: str) -> dict[str, Rows]:
    """Return the orders of which one list differs from what is there, and those that were not there."""
    place = LISTS.index(name)
    there = {order_id: each.prints[place] for order_id, each in kept.items()}
    return {order_id: each for order_id, each in news.items() if there.get(order_id) != each.prints[place]}


def _row(each: Projected) -> dict[str, object]:
    assert each.rows is not None
    hashes = {"prints": each.rows.prints, "digest": f"\\x{each.rows.digest.hex()}"}
    return {"order_id": each.order_id, "seq": each.seq, **asdict(each.rows.order), **hashes}


def _json(told: Sequence[Mapping[str, object]]) -> str:
    return to_json(told).decode()


async def _write_terms(connection: AsyncConnection, news: Mapping[str, Rows], written: Mapping[str, Any]) -> None:
    wanted = [
        (written[order_id].n, int(term.kind), term.value, each.order.placed_at)
        for order_id, each in news.items()
        for term in each.terms
    ]
    ns, kinds, values, times = ([row[place] for row in wanted] for place in range(4))
    arrays = {"ns": ns, "kinds": kinds, "values": values, "times": times}
    rewritten = [written[order_id].n for order_id in news if not written[order_id].fresh]
    if rewritten:
        await connection.execute(_OLD_TERMS, {"rewritten": rewritten, **arrays})
    if wanted:
        await connection.execute(_NEW_TERMS, arrays)


async def _write_side(
    connection: AsyncConnection, name: str, news: Mapping[str, Rows], written: Mapping[str, Any]
) -> None:
    table = SIDES[name].name
    before = [order_id for order_id in news if not written[order_id].fresh]
    if before:
        await _delete(connection, table, before)
    told = [{"order_id": order_id, **asdict(row)} for order_id, each in news.items() for row in _side(each, name)]
    if told:
        statement = (
            f"INSERT INTO {table} SELECT * FROM"  # noqa: S608 - constants
            f" json_populate_recordset(NULL::{table}, CAST(CAST(:rows AS text) AS json)) ON CONFLICT DO NOTHING"
        )
        await connection.execute(text(statement), {"rows": _json(told)})


def _side(each: Rows, name: str) -> Sequence[Value]:
    found: Sequence[Value] = getattr(each, name)
    return found


async def _delete(connection: AsyncConnection, table: str, ids: Sequence[str]) -> None:
    statement = f"DELETE FROM {table} WHERE order_id = ANY(CAST(:ids AS text[]))"  # noqa: S608 - constants
    await connection.execute(text(statement), {"ids": list(ids)})
