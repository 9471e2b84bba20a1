"""Views in PostgreSQL: saved filters of lists, of one owner each, some shared with the people of a store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, or_, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres import usage
from adapters.postgres.operations import Operation, begin, touched
from adapters.postgres.store_scope import Stores
from adapters.postgres.tables.api import api_view

KEPT: Final = timedelta(days=365)
"""How long a view is kept that nobody is told."""
NOTED: Final = timedelta(days=1)
"""How often it is noted at most that somebody is told one."""


@dataclass(frozen=True, slots=True)
class View:
    """A saved filter: of which list, and its query as it stands in an address; `store` shares it, None keeps it."""

    id: str
    owner: str
    owner_name: str
    name: str
    list: str
    query: str
    store: str | None
    changed_at: datetime


_COLUMNS: Final = [api_view.c[name] for name in View.__dataclass_fields__]


def _seen(owner: str, stores: Stores) -> ColumnElement[bool]:
    """Return that somebody may see a view: his own, or one that is shared with a store of his."""
    shared = api_view.c.store.is_not(None) if stores is None else api_view.c.store.in_(sorted(stores))
    return or_(api_view.c.owner == owner, shared)


async def seen(engine: AsyncEngine, owner: str, stores: Stores, list_: str | None) -> Sequence[View]:
    """Return the views that somebody may see, of one list or of all, by name."""
    here = true() if list_ is None else api_view.c.list == list_
    statement = select(*_COLUMNS).where(here, _seen(owner, stores)).order_by(api_view.c.name, api_view.c.id).limit(1000)
    async with engine.connect() as connection:
        found = [View(**row) for row in (await connection.execute(statement)).mappings()]
    await usage.note(engine, api_view, [each.id for each in found], NOTED)
    return found


async def find(engine: AsyncEngine, id_: str, owner: str, stores: Stores) -> View | None:
    """Return a view that somebody may see."""
    statement = select(*_COLUMNS).where(api_view.c.id == id_, _seen(owner, stores))
    async with engine.connect() as connection:
        row = (await connection.execute(statement)).mappings().first()
    await usage.note(engine, api_view, [] if row is None else [id_], NOTED)
    return None if row is None else View(**row)


async def tidy(engine: AsyncEngine) -> int:
    """Drop what nobody was told for a year; returns how many."""
    async with engine.begin() as connection:
        return (await connection.execute(delete(api_view).where(api_view.c.used_at < func.now() - KEPT))).rowcount


async def every(engine: AsyncEngine, chosen: Callable[[View], bool]) -> list[View]:
    """Return the views, whosever they are, that are chosen by what they hold."""
    async with engine.connect() as connection:
        rows = (await connection.execute(select(*_COLUMNS).order_by(api_view.c.id))).mappings()
        return [view for view in (View(**row) for row in rows) if chosen(view)]


async def erase(engine: AsyncEngine, act: Operation, chosen: Callable[[View], bool]) -> list[View]:
    """Delete such views, whosever they are, and write down how many, but nothing of what they held.

    The operation says nothing of whom it was about, so a key that comes again may mean somebody else: it deletes, too.
    """
    async with engine.begin() as connection:
        number, new = await begin(connection, act, {}, done=True)
        rows = (await connection.execute(select(*_COLUMNS).order_by(api_view.c.id).with_for_update())).mappings()
        gone = [view for view in (View(**row) for row in rows) if chosen(view)]
        await connection.execute(delete(api_view).where(api_view.c.id.in_([each.id for each in gone])))
        if new or gone:
            await touched(connection, number, len(gone))
    return gone


async def count(engine: AsyncEngine, owner: str, besides: str) -> int:
    """Return how many other views somebody owns."""
    statement = select(func.count()).where(api_view.c.owner == owner, api_view.c.id != besides)
    async with engine.connect() as connection:
        return int(await connection.scalar(statement) or 0)


async def put(engine: AsyncEngine, owner: str, id_: str, values: dict[str, Any]) -> tuple[View, bool] | None:
    """Keep a view, and tell whether it is new; None where somebody else has one of this id."""
    row = {"id": id_, "owner": owner, **values}
    kept = insert(api_view).values(**row)
    kept = kept.on_conflict_do_update(
        index_elements=["id"],
        set_={**values, "changed_at": func.now(), "used_at": func.now()},
        where=api_view.c.owner == owner,
    )
    there = select(api_view.c.id).where(api_view.c.id == id_)
    async with engine.begin() as connection:
        new = (await connection.scalar(there)) is None
        found = (await connection.execute(kept.returning(*_COLUMNS))).mappings().first()
    return None if found is None else (View(**found), new)


async def drop(engine: AsyncEngine, owner: str, id_: str) -> bool:
    """Delete somebody's own view; False where he has none of this id."""
    async with engine.begin() as connection:
        gone = await connection.execute(delete(api_view).where(api_view.c.id == id_, api_view.c.owner == owner))
    return gone.rowcount == 1
