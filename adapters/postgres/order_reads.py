"""Reads of orders for people and tools: their rows, their timelines, what was set aside of them; not for the shards."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.store_scope import Stores
from adapters.postgres.tables.documents import orders
from adapters.postgres.tables.journal import journal
from adapters.postgres.tables.listing import order_list
from adapters.postgres.tables.references import order_references
from adapters.postgres.tables.set_aside import set_aside
from domain.orders import documents
from domain.orders.order import Order


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order's row; `state` is None for a shell, of which only facts that came before the order are known."""

    order_id: str
    number: str | None
    store: str | None
    state: str | None
    version: int
    updated_at: datetime
    document: Mapping[str, object]

    def order(self) -> Order:
        """Return the order of the document."""
        return documents.order_from(self.document)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A row of an order's journal: who, when, what, why; `messages` are the packed bytes that it published."""

    seq: int
    version: int
    outcome: str
    type: str
    source: str
    event_id: str
    topic: str
    partition: int
    offset: int
    actor: str | None
    occurred_at: datetime
    appended_at: datetime
    status_before: str | None
    status_after: str | None
    transitions: list[str]
    messages: bytes | None
    refers_to: int | None


@dataclass(frozen=True, slots=True)
class Aside:
    """A record of an order that was set aside: a dead letter, or one that waits."""

    id: int
    kind: str
    code: str
    detail: str
    source: str | None
    topic: str | None
    partition: int | None
    offset: int | None
    recorded_at: datetime
    closed_as: str | None
    archived: bool


ORDER_COLUMNS: Final = tuple(orders.c[name] for name in StoredOrder.__dataclass_fields__)


async def find_order(engine: AsyncEngine, number: str) -> StoredOrder | None:
    """Return an order by its id or its number."""
    statement = select(*ORDER_COLUMNS).where(or_(orders.c.order_id == number, orders.c.number == number)).limit(1)
    async with engine.connect() as connection:
        row = (await connection.execute(statement)).mappings().first()
    return None if row is None else StoredOrder(**row)


async def find_orders(engine: AsyncEngine, name: str, stores: Stores) -> list[StoredOrder]:
    """Return the orders of these stores (None: of all) with this id or number; three at most, the id's first."""
    here = () if stores is None else (orders.c.store.in_(sorted(stores)),)
    by_id = select(*ORDER_COLUMNS).where(orders.c.order_id == name, *here)
    by_number = select(*ORDER_COLUMNS).where(orders.c.number == name, orders.c.order_id != name, *here).limit(2)
    async with engine.connect() as connection:
        found = [StoredOrder(**row) for row in (await connection.execute(by_id)).mappings()]
        return [*found, *(StoredOrder(**row) for row in (await connection.execute(by_number)).mappings())]


async def orders_of(engine: AsyncEngine, order_ids: Sequence[str], stores: Stores) -> list[StoredOrder]:
    """Return those of these orders that are in these stores (None: in any)."""
    here = () if stores is None else (orders.c.store.in_(sorted(stores)),)
    statement = select(*ORDER_COLUMNS).where(orders.c.order_id.in_(list(order_ids)), *here)
    async with engine.connect() as connection:
        return [StoredOrder(**row) for row in (await connection.execute(statement)).mappings()]


async def find_by_reference(engine: AsyncEngine, kind: str, value: str) -> str | None:
    """Return the id of the order that one of the hub's own numbers belongs to."""
    here = (order_references.c.kind == kind, order_references.c.party == "hub", order_references.c.value == value)
    async with engine.connect() as connection:
        found: str | None = await connection.scalar(select(order_references.c.order_id).where(*here).limit(1))
    return found


async def changes(
    engine: AsyncEngine, order_id: str, since: int, limit: int, *, after: int = 0, newest: bool = False
) -> list[JournalEntry]:
    """Return rows of an order's journal, after a `seq`, that made a later version than this, oldest first.

    Where there are more, those are the oldest ones, or the `newest`.
    """
    columns = [journal.c[name] for name in JournalEntry.__dataclass_fields__]
    here = (journal.c.order_id == order_id, journal.c.version > since, journal.c.outcome == "applied")
    turn = journal.c.seq.desc() if newest else journal.c.seq
    statement = select(*columns).where(*here, journal.c.seq > after).order_by(turn).limit(limit)
    async with engine.connect() as connection:
        found = [JournalEntry(**row) for row in (await connection.execute(statement)).mappings()]
    return found[::-1] if newest else found


async def all_orders(engine: AsyncEngine) -> list[StoredOrder]:
    """Return every order."""
    async with engine.connect() as connection:
        return [StoredOrder(**row) for row in (await connection.execute(select(*ORDER_COLUMNS))).mappings()]


async def order_pages(engine: AsyncEngine, size: int = 1_000) -> AsyncIterator[list[StoredOrder]]:
    """Yield every order by its id, so many at once, each page as it stands when it is read."""
    after = ""
    while True:
        statement = select(*ORDER_COLUMNS).where(orders.c.order_id > after).order_by(orders.c.order_id).limit(size)
        async with engine.connect() as connection:
            page = [StoredOrder(**row) for row in (await connection.execute(statement)).mappings()]
        if page:
            yield page
        if len(page) < size:
            return
        after = page[-1].order_id


async def timeline(engine: AsyncEngine, order_id: str) -> list[JournalEntry]:
    """Return an order's journal, oldest first."""
    columns = [journal.c[name] for name in JournalEntry.__dataclass_fields__]
    statement = select(*columns).where(journal.c.order_id == order_id).order_by(journal.c.seq)
    async with engine.connect() as connection:
        return [JournalEntry(**row) for row in (await connection.execute(statement)).mappings()]


async def asides(engine: AsyncEngine, order_id: str) -> list[Aside]:
    """Return what was set aside of an order: dead letters, waiting and quarantined records."""
    columns = [set_aside.c[name] for name in Aside.__dataclass_fields__]
    statement = select(*columns).where(set_aside.c.order_id == order_id).order_by(set_aside.c.id)
    async with engine.connect() as connection:
        return [Aside(**row) for row in (await connection.execute(statement)).mappings()]


async def kept_back(engine: AsyncEngine, name: str) -> list[Aside]:
    """Return the open records that name an order of which nothing was decided yet, by its id or as their key."""
    columns = [set_aside.c[each] for each in Aside.__dataclass_fields__]
    failed = ("dead_letter", "quarantined", "held", "waiting")
    named = or_(set_aside.c.order_id == name, and_(set_aside.c.order_id.is_(None), set_aside.c.key == name.encode()))
    here = (set_aside.c.closed_batch.is_(None), set_aside.c.kind.in_(failed), ~set_aside.c.archived, named)
    statement = select(*columns).where(*here).order_by(set_aside.c.id)
    async with engine.connect() as connection:
        return [Aside(**row) for row in (await connection.execute(statement)).mappings()]


async def entry(engine: AsyncEngine, order_id: str, seq: int) -> tuple[JournalEntry, Mapping[str, object]] | None:
    """Return a row of an order's journal with what its record said."""
    columns = [journal.c[name] for name in JournalEntry.__dataclass_fields__]
    statement = select(*columns, journal.c.data).where(journal.c.order_id == order_id, journal.c.seq == seq)
    async with engine.connect() as connection:
        row = (await connection.execute(statement)).mappings().first()
    if row is None:
        return None
    told = dict(row)
    data: Mapping[str, object] = told.pop("data")
    return JournalEntry(**told), data


async def span(engine: AsyncEngine, order_id: str, version: int) -> tuple[int, int] | None:
    """Return the last row of an order's journal up to a version, and the last one of all; None where it has none."""
    last = func.max(journal.c.seq)
    statement = select(last.filter(journal.c.version <= version), last).where(journal.c.order_id == order_id)
    async with engine.connect() as connection:
        seen, newest = (await connection.execute(statement)).one()
    return None if newest is None else (seen or 0, newest)


async def history(engine: AsyncEngine, order_id: str, until: int) -> Sequence[Mapping[str, object]]:
    """Return the rows of an order's journal up to one, whole, oldest first."""
    statement = select(journal).where(journal.c.order_id == order_id, journal.c.seq <= until).order_by(journal.c.seq)
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def placed(
    engine: AsyncEngine, since: datetime | None, until: datetime | None, stores: Stores, limit: int
) -> Sequence[tuple[str, str]]:
    """Return id and number of the newest orders, of those placed from one time to before another, as listed."""
    here = [] if since is None else [order_list.c.placed_at >= since]
    here += [] if until is None else [order_list.c.placed_at < until]
    here += [] if stores is None else [order_list.c.store.in_(sorted(stores))]
    newest = (order_list.c.placed_at.desc(), order_list.c.order_id.desc())
    statement = select(order_list.c.order_id, order_list.c.number).where(*here).order_by(*newest).limit(limit)
    async with engine.connect() as connection:
        return [(row.order_id, row.number) for row in await connection.execute(statement)]


async def named(engine: AsyncEngine, names: Sequence[str], stores: Stores, limit: int) -> Sequence[tuple[str, str]]:
    """Return id and number of the orders of these stores (None: of all) with one of these ids or numbers."""
    here = () if stores is None else (orders.c.store.in_(sorted(stores)),)
    one = or_(orders.c.order_id.in_(list(names)), orders.c.number.in_(list(names)))
    statement = select(orders.c.order_id, orders.c.number).where(one, *here).order_by(orders.c.order_id).limit(limit)
    async with engine.connect() as connection:
        return [(row.order_id, row.number or "") for row in await connection.execute(statement)]
