"""What operators do with failed records: retry, skip, archive; each act is written down, with what came of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import case, exists, func, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.errors import KeyIsOfOther
from adapters.postgres.failed_reads import Selection, check_count, where
from adapters.postgres.store_scope import Stores, may_see_named
from adapters.postgres.tables.documents import orders
from adapters.postgres.tables.operations import operation
from adapters.postgres.tables.quarantine import quarantine
from adapters.postgres.tables.set_aside import set_aside
from adapters.rows.set_aside import AsideKind

TRIES: Final = ("retry", "edit", "skip")
"""Actions after which a record that is still there has failed again."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Who does what and why; the same `key` is the same operation, however often it is asked."""

    key: str
    action: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class StoredOperation:
    """An operation as it was written down: what it was asked of (`wish`), how much it touched, how far it is."""

    id: int
    key: str
    action: str
    who: str
    why: str
    wish: Mapping[str, object]
    touched: int
    progress: Mapping[str, int]
    at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress(StoredOperation):
    """An operation with what became of its records: how many wait, ended how, and failed again."""

    waiting: int
    became: Mapping[str, int]
    failed: int


async def begin(
    connection: AsyncConnection, wanted: Operation, wish: Mapping[str, object], *, done: bool = False
) -> tuple[int, bool]:
    """Write an operation down; return its number, and whether it is new; raises KeyIsOfOther."""
    values = {**asdict(wanted), "wish": dict(wish), "done_at": func.now() if done else None}
    statement = insert(operation).values(**values).on_conflict_do_nothing().returning(operation.c.id)
    number = await connection.scalar(statement)
    if number is not None:
        return int(number), True
    return await same(connection, wanted, wish) or 0, False


async def same(connection: AsyncConnection, wanted: Operation, wish: Mapping[str, object]) -> int | None:
    """Return the number of the operation that has this key; raises KeyIsOfOther where it wanted something else."""
    columns = operation.c.id, operation.c.action, operation.c.wish
    there = (await connection.execute(select(*columns).where(operation.c.key == wanted.key))).first()
    if there is not None and (there.action, there.wish) != (wanted.action, dict(wish)):
        raise KeyIsOfOther(there.id)
    return None if there is None else int(there.id)


async def check_key(engine: AsyncEngine, wanted: Operation, wish: Mapping[str, object]) -> bool:
    """Tell whether just this was done under the key: asked before what is written down when done.

    Raises KeyIsOfOther where the key was used for something else.
    """
    async with engine.connect() as connection:
        return await same(connection, wanted, wish) is not None


async def noted(engine: AsyncEngine, wanted: Operation, wish: Mapping[str, object], count: int) -> None:
    """Write down what was done already, with how much it touched."""
    async with engine.begin() as connection:
        number, new = await begin(connection, wanted, wish, done=True)
        if new:
            await touched(connection, number, count)


async def touched(connection: AsyncConnection, number: int, count: int) -> None:
    """Note how many rows, orders or partitions an operation touched."""
    await connection.execute(update(operation).where(operation.c.id == number).values(touched=count))


RETRY: Final = case((set_aside.c.kind == AsideKind.DEAD_LETTER.value, "retry"), else_=set_aside.c.asked)
"""Dead letters are asked for one by one; a queue by the mark of its order, which goes when the order fails again."""


async def retry(engine: AsyncEngine, wanted: Operation, selection: Selection, *, accept_gap: bool = False) -> int:
    """Ask for failed records to be tried again; return the operation's number.

    Dead letters are tried one by one. A quarantined record takes its order's whole queue along, from its beginning.
    `accept_gap`: go on although rows of a queue are gone.
    """
    wish = selection.described() | ({"accept_gap": "True"} if accept_gap else {})
    retried = set_aside.c.kind.in_([AsideKind.DEAD_LETTER.value, AsideKind.QUARANTINED.value])
    async with engine.begin() as connection:
        number, new = await begin(connection, wanted, wish)
        if new:
            await check_count(connection, selection)
            statement = update(set_aside).where(*where(selection), retried).values(asked=RETRY, operation=number)
            count = (await connection.execute(statement)).rowcount
            await ask_queues(connection, number, accept_gap=accept_gap)
            await touched(connection, number, count)
    return number


async def ask_queues(connection: AsyncConnection, number: int, *, accept_gap: bool = False) -> None:
    """Let the quarantined orders go on of which an operation touched a record."""
    column = set_aside.c
    mine = select(column.order_id).where(column.operation == number, column.kind == AsideKind.QUARANTINED.value)
    waiting = (
        select(func.count())
        .where(
            column.order_id == quarantine.c.order_id,
            column.kind == AsideKind.QUARANTINED.value,
            column.closed_batch.is_(None),
        )
        .scalar_subquery()
    )
    values: dict[str, object] = {"asked": True, **({"queued": waiting} if accept_gap else {})}
    await connection.execute(update(quarantine).where(quarantine.c.order_id.in_(mine)).values(**values))


async def skip(engine: AsyncEngine, wanted: Operation, selection: Selection) -> int:
    """Give up quarantined records: each becomes a dead letter, and its order goes on with the next."""
    async with engine.begin() as connection:
        number, new = await begin(connection, wanted, selection.described())
        if new:
            await check_count(connection, selection)
            waits = set_aside.c.kind == AsideKind.QUARANTINED.value
            statement = update(set_aside).where(*where(selection), waits).values(asked="skip", operation=number)
            count = (await connection.execute(statement)).rowcount
            await ask_queues(connection, number)
            await touched(connection, number, count)
    return number


async def archive(engine: AsyncEngine, wanted: Operation, selection: Selection, *, back: bool = False) -> int:
    """Take dead letters out of the lists, or bring them `back`; return the operation's number."""
    dead = set_aside.c.kind == AsideKind.DEAD_LETTER.value
    async with engine.begin() as connection:
        number, new = await begin(connection, wanted, selection.described(), done=True)
        if new:
            await check_count(connection, replace(selection, archived=back))
            statement = update(set_aside).where(*where(replace(selection, archived=back)), dead)
            values = {"archived": not back, "operation": number, "asked": None}
            await touched(connection, number, (await connection.execute(statement.values(**values))).rowcount)
    return number


# -- what became of it -----------------------------------------------------------------------------------------------


_OPEN: Final = set_aside.c.closed_batch.is_(None)
_QUEUED: Final = exists().where(quarantine.c.order_id == set_aside.c.order_id, quarantine.c.asked)
_WAITS: Final = _OPEN & case(
    (set_aside.c.kind == AsideKind.QUARANTINED.value, _QUEUED), else_=set_aside.c.asked.is_not(None)
)


NAMED: Final = operation.c.wish["order"].astext
"""The order that an operation is of, by id or number, if it names one."""


async def progress(engine: AsyncEngine, number: int, stores: Stores = None) -> Progress | None:
    """Return an operation with what became of the records it touched; None where there is none for these stores."""
    return next(iter(await progress_of(engine, [number], stores)), None)


async def progress_of(engine: AsyncEngine, numbers: Sequence[int], stores: Stores = None) -> list[Progress]:
    """Return operations with what became of the records they touched, the newest first.

    Those that name an order of other stores are left out.
    """
    column = set_aside.c
    by = (column.operation, column.closed_as, _OPEN.label("is_open"), _WAITS.label("waits"))
    parts = select(*by, func.count()).where(column.operation.in_(numbers)).group_by(*by)
    wanted = (
        select(operation)
        .where(operation.c.id.in_(numbers), may_see_named(NAMED, stores))
        .order_by(operation.c.id.desc())
    )
    async with engine.connect() as connection:
        found = (await connection.execute(wanted)).mappings().all()
        records: dict[int, list[tuple[str, bool, bool, int]]] = defaultdict(list)
        for number, *part in await connection.execute(parts):
            records[number].append((str(part[0]), part[1], part[2], part[3]))
    return [_progress(dict(each), records[each["id"]]) for each in found]


def _progress(row: Mapping[str, Any], records: Sequence[tuple[str, bool, bool, int]]) -> Progress:
    """Return an operation; `records` are counts by the end, whether they are open, and whether they wait."""
    under_way = sum(count for _, _, waits, count in records if waits)
    failed = sum(count for _, is_open, waits, count in records if is_open and not waits)
    became = {end: count for end, is_open, _, count in records if not is_open}
    return Progress(**row, waiting=under_way, became=became, failed=failed if row["action"] in TRIES else 0)


async def under_way(engine: AsyncEngine, limit: int) -> list[int]:
    """Return the newest operations of which records wait, by their numbers."""
    column = set_aside.c
    queued = column.kind == AsideKind.QUARANTINED.value
    asked = select(column.operation).where(_OPEN, column.asked.is_not(None), ~queued)
    behind = select(column.operation).join(quarantine, quarantine.c.order_id == column.order_id)
    found = union(asked, behind.where(_OPEN, queued, quarantine.c.asked)).subquery()
    newest = select(found.c.operation).where(found.c.operation.is_not(None)).order_by(found.c.operation.desc())
    async with engine.connect() as connection:
        return [int(each) for each in await connection.scalars(newest.limit(limit))]


async def stores_of(engine: AsyncEngine, numbers: Sequence[int]) -> dict[int, set[str]]:
    """Return the stores of the orders that some operations name, by id or number, as far as anybody knows them."""
    meant = or_(orders.c.order_id == NAMED, orders.c.number == NAMED)
    stores = select(operation.c.id, orders.c.store).join(orders, meant)
    found = defaultdict[int, set[str]](set)
    async with engine.connect() as connection:
        known = stores.where(operation.c.id.in_(numbers), orders.c.store.is_not(None))
        for number, store in await connection.execute(known):
            found[number].add(store)
    return found


async def history(engine: AsyncEngine, limit: int, stores: Stores = None) -> list[StoredOperation]:
    """Return what operators did, the newest first; what names an order of other stores is left out."""
    statement = select(operation).where(may_see_named(NAMED, stores)).order_by(operation.c.id.desc()).limit(limit)
    async with engine.connect() as connection:
        found = await connection.execute(statement)
        return [StoredOperation(**each) for each in found.mappings()]
