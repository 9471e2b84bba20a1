"""Queries of the listing: a page of a list by keyset, and how many rows there are, counted no further than asked."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import RowMapping, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

SECONDS: Final = 2.0
"""How long a list may take: one that goes on for longer is too wide for any index, and slows down the others."""
_CANCELLED: Final = "57014"
COMMON: Final = {
    "enable_seqscan": "off",
    "jit": "off",
    "random_page_cost": "1.1",  # rows lie in memory; by default an index is shunned whose rows don't lie in its order
    "statement_timeout": f"{SECONDS * 1000:.0f}",
}
"""What every reading session has."""
_IN_ORDER: Final = {"enable_bitmapscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}
_SET: Final = text(
    "SELECT set_config(name, value, true) FROM unnest(CAST(:names AS text[]), CAST(:held AS text[])) AS s (name, value)"
)
_TYPES: Final[Mapping[type, str]] = {bool: "boolean", int: "bigint", str: "text", datetime: "timestamptz"}
Key = Sequence[object]
"""Where a page ends: the values of its last row by which the list is sorted."""


class TooWide(Exception):
    """The query took too long."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What rows must be like: SQL, and the values of its parameters."""

    sql: str
    values: Mapping[str, object] = field(default_factory=dict)


def in_state(states: Iterable[StrEnum]) -> Condition:
    """Return the condition that a row is in one of these states."""
    return Condition(f"t.state IN ({', '.join(sorted(repr(str(state)) for state in states))})")


@dataclass(frozen=True, slots=True)
class Query:
    """Rows of a table, in an order by which no two are equal; all `keys` go in the same direction.

    `lanes` are columns with the values that they may have. Each combination of these is read by itself, in the order of
    the list, from an index that begins with the columns; so a page costs the same however many rows there are.
    """

    table: str
    keys: Sequence[str]
    descending: bool = False
    conditions: Sequence[Condition] = ()
    lanes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    in_lanes: bool = True
    """Whether lanes are read one by one; no index has the order of some lists."""
    among: Sequence[int] | None = None
    """The short names of the only orders that are looked at."""
    beside: str | None = None
    """Another source of rows with the same columns, small enough to be read whole."""


@asynccontextmanager
async def reading(engine: AsyncEngine, *, in_order: bool = False) -> AsyncIterator[AsyncConnection]:
    """Read as long as the block, by indexes only and not for too long; raises TooWide.

    `in_order`: indexes are read in their order, and a part of them is enough. PostgreSQL believes that a value and its
    kind have nothing to do with each other, takes a name that many have for a rare one, and would read all of them.
    """
    wanted = COMMON | (_IN_ORDER if in_order else {})
    try:
        async with engine.connect() as connection:
            await connection.execute(_SET, {"names": list(wanted), "held": list(wanted.values())})
            yield connection
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _CANCELLED:
            raise TooWide from error
        raise


async def page(connection: AsyncConnection, query: Query, after: Key | None, limit: int) -> Sequence[RowMapping]:
    """Return the rows behind a place of the list, `limit` at most."""
    sql, values = statement(query, after, limit)
    return (await connection.execute(text(sql), values)).mappings().all()


async def count(connection: AsyncConnection, query: Query, limit: int) -> int:
    """Return how many rows there are; where there are more, `limit` and one."""
    sql, values = statement(query, None, limit + 1, in_order=not query.lanes)
    return int(await connection.scalar(text(f"SELECT count(*) FROM ({sql}) AS counted"), values) or 0)  # noqa: S608


def statement(query: Query, after: Key | None, limit: int, *, in_order: bool = True) -> tuple[str, dict[str, object]]:
    """Return the SQL of a page, and its values; lanes that are only counted need no order, and stop at the limit."""

    sql, values = _of_table(query, after, limit, in_order=in_order)
    if query.beside is None:
        return sql, values
    other, _ = _of_table(replace(query, table=query.beside, in_lanes=False), after, limit, in_order=in_order)
    values |= _any_values(query)
    both = f"SELECT * FROM ({sql}) AS here UNION ALL SELECT * FROM ({other}) AS there"  # noqa: S608 - ours
    sort = _sorted(query, "listed") if in_order else ""
    return f"SELECT * FROM ({both}) AS listed {sort} LIMIT :limit", values  # noqa: S608 - ours


def _of_table(query: Query, after: Key | None, limit: int, *, in_order: bool) -> tuple[str, dict[str, object]]:
    def sort(table: str) -> str:
        return _sorted(query, table) if in_order else ""

    beyond = [] if after is None else [_beyond(query, after)]
    lanes = query.lanes if query.in_lanes else {}
    same = [Condition(f"t.{name} = lane_{name}.value") for name in lanes]
    where, values = _where(query, [*same, *([] if query.in_lanes else _any(query)), *beyond])
    values["limit"] = limit
    rows = f"SELECT t.* FROM {_source(query, values)} AS t WHERE {where} {sort('t')} LIMIT :limit"  # noqa: S608
    if not lanes:
        return rows, values
    values |= {f"lane_{name}": list(held) for name, held in lanes.items()}
    beside = " CROSS JOIN ".join(f"unnest(CAST(:lane_{name} AS text[])) AS lane_{name} (value)" for name in lanes)
    lateral = f"{beside} CROSS JOIN LATERAL ({rows}) AS found"
    return f"SELECT found.* FROM {lateral} {sort('found')} LIMIT :limit", values  # noqa: S608


def _source(query: Query, values: dict[str, object]) -> str:
    """Return where rows come from; a fence keeps those of some orders from being looked for among all of them."""
    if query.among is None:
        return query.table
    values["among"] = list(query.among)
    few = "unnest(CAST(:among AS bigint[])) AS few (n)"
    return f"(SELECT own.* FROM {few} JOIN {query.table} AS own ON own.n = few.n OFFSET 0)"  # noqa: S608 - constants


def _sorted(query: Query, alias: str) -> str:
    direction = " DESC" if query.descending else ""
    keys = ", ".join(f"{alias}.{key}{direction}" for key in query.keys)
    return f"ORDER BY {keys}" if keys else ""


def _any(query: Query) -> list[Condition]:
    values = _any_values(query)
    return [
        Condition(f"t.{name} = ANY(CAST(:any_{name} AS text[]))", {f"any_{name}": values[f"any_{name}"]})
        for name in query.lanes
    ]


def _any_values(query: Query) -> dict[str, object]:
    return {f"any_{name}": list(held) for name, held in query.lanes.items()}


def _where(query: Query, more: Sequence[Condition]) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}
    for each in (*query.conditions, *more):
        values |= each.values
    return " AND ".join(each.sql for each in (*query.conditions, *more)) or "true", values


def _beyond(query: Query, after: Key) -> Condition:
    names = ", ".join(f"t.{key}" for key in query.keys)
    there = ", ".join(f"CAST(:after_{i} AS {_TYPES[type(value)]})" for i, value in enumerate(after))
    sign = "<" if query.descending else ">"
    return Condition(f"({names}) {sign} ({there})", {f"after_{i}": value for i, value in enumerate(after)})
