"""Pages of lists: what is asked of one, and what it holds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.postgres import listing_queries
from adapters.postgres.listing_queries import Condition, Query, TooWide
from hub.desk import cursors, listing
from hub.desk.errors import ListIsTooWide
from hub.desk.listing import Standing
from hub.desk.resources import Desk
from hub.desk.stores import Stores

COUNTED: Final = 1_000
"""How far rows are counted."""
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for: `cursor` of the page before, so many rows; `key` signs cursors."""

    key: bytes
    limit: int = 50
    cursor: str | None = None
    count: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows there are; where it is capped, at least so many."""

    value: int
    capped: bool


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of a list, where the next page begins if there is one, and how current they are."""

    items: Sequence[Row]
    next_cursor: str | None
    count: Count | None
    listing: Standing


@dataclass(frozen=True, slots=True)
class Asked:
    """A list as it is asked for: its query, and what tells it from others."""

    name: str
    query: Query
    filters: Mapping[str, object]

    @property
    def fingerprint(self) -> str:
        """Return what cursors of this list bear."""
        return cursors.fingerprint(self.name, self.filters)


async def page(desk: Desk, asked: Asked, kind: type[Row], paging: Paging) -> Page[Row]:
    """Return a page of a list; raises CursorIsInvalid, CursorMismatches, ListIsTooWide, ListingIsNotBuilt."""
    async with reading(desk) as connection:
        return await read(connection, asked, kind, paging)


@asynccontextmanager
async def reading(desk: Desk, *, in_order: bool = False) -> AsyncIterator[AsyncConnection]:
    """Read lists as long as the block; raises ListIsTooWide."""
    try:
        async with listing_queries.reading(desk.engine, in_order=in_order) as connection:
            yield connection
    except TooWide as error:
        raise ListIsTooWide from error


async def read(connection: AsyncConnection, asked: Asked, kind: type[Row], paging: Paging) -> Page[Row]:
    """Return a page of a list over an open connection; raises as `page` does."""
    of, query = asked.fingerprint, asked.query
    after = None if paging.cursor is None else cursors.read(paging.key, of, paging.cursor)
    standing = await listing.standing(connection)
    rows = await listing_queries.page(connection, query, after, paging.limit + 1)
    here = rows[: paging.limit]
    beyond = None
    if len(rows) > paging.limit:
        beyond = cursors.written(paging.key, of, [here[-1][key] for key in query.keys])
    count = await counted(connection, query) if paging.count else None
    return Page([_item(kind, row) for row in here], beyond, count, standing)


async def counted(connection: AsyncConnection, query: Query, limit: int = COUNTED) -> Count:
    """Return how many rows a list has, as far as they are counted."""
    found = await listing_queries.count(connection, query, limit)
    return Count(min(found, limit), found > limit)


def _item(kind: type[Row], row: RowMapping) -> Row:
    names: Mapping[str, object] = kind.__dataclass_fields__  # type: ignore[attr-defined]  # a row is a dataclass
    return kind(**{name: row[name] for name in names})


def among(column: str, values: Sequence[str]) -> tuple[Condition, ...]:
    """Return that a column has one of these values; nothing where none are named."""
    if not values:
        return ()
    return (Condition(f"t.{column} = ANY(CAST(:{column} AS text[]))", {column: list(values)}),)


def lane(values: Sequence[str], within: Stores) -> Sequence[str] | None:
    """Return which stores to read: those that are asked for and may be seen; None where all are meant."""
    if within is None:
        return list(values) or None
    return sorted(set(within) & set(values) if values else within)


def in_lanes(query: Query, lanes: Mapping[str, Sequence[str] | None]) -> Query:
    """Return a query that reads these columns by their values, as far as they are restricted."""
    return replace(query, lanes={name: held for name, held in lanes.items() if held is not None})
