"""Queries of the listing: a page of a list by keyset, and how many rows there are, counted no further than asked."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

SECONDS: Final = 2.0
"""How long a list may take: one that goes on for longer is too wide for any index, and slows down the others."""
_CANCELLED: Final = "57014"
_SESSION: Final = text(
    "SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),"
    " set_config('statement_timeout', :timeout, true)"
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


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Read as long as the block, by indexes only and not for too long; raises TooWide."""
    try:
        async with engine.connect() as connection:
            await connection.execute(_SESSION, {"timeout": str(round(SECONDS * 1000))})
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
    where, values = _where(query, _any(query))
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {query.table} AS t WHERE {where} LIMIT :limit) AS found"  # noqa: S608
    return int(await connection.scalar(text(sql), {**values, "limit": limit + 1}) or 0)


def statement(query: Query, after: Key | None, limit: int) -> tuple[str, dict[str, object]]:
    """Return the SQL of a page, and its values."""
    beyond = [] if after is None else [_beyond(query, after)]
    direction = " DESC" if query.descending else ""
    inner = ", ".join(f"t.{key}{direction}" for key in query.keys)
    lanes = query.lanes if query.in_lanes else {}
    same = [Condition(f"t.{name} = lane_{name}.value") for name in lanes]
    where, values = _where(query, [*same, *([] if query.in_lanes else _any(query)), *beyond])
    values["limit"] = limit
    rows = f"SELECT t.* FROM {query.table} AS t WHERE {where} ORDER BY {inner} LIMIT :limit"  # noqa: S608
    if not lanes:
        return rows, values
    values |= {f"lane_{name}": list(held) for name, held in lanes.items()}
    beside = " CROSS JOIN ".join(f"unnest(CAST(:lane_{name} AS text[])) AS lane_{name} (value)" for name in lanes)
    outer = ", ".join(f"found.{key}{direction}" for key in query.keys)
    return f"SELECT found.* FROM {beside} CROSS JOIN LATERAL ({rows}) AS found ORDER BY {outer} LIMIT :limit", values  # noqa: S608


def _any(query: Query) -> list[Condition]:
    return [
        Condition(f"t.{name} = ANY(CAST(:any_{name} AS text[]))", {f"any_{name}": list(held)})
        for name, held in query.lanes.items()
    ]


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
