"""What operators do with failed records: look, retry, edit, skip, archive, pause; each act is written down."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, case, delete, exists, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.tables import operation, orders, pause, position, quarantine, set_aside, shard
from adapters.rows import Kind
from contracts.wire import RawHeaders, pack_headers, unpack_headers

FAILED: Final = (Kind.DEAD_LETTER, Kind.QUARANTINED, Kind.WAITING, Kind.HELD)
"""What an operator may want to look at: everything else that is set aside is done with."""


@dataclass(frozen=True, slots=True)
class Operation:
    """Who does what and why; the same `key` is the same operation, however often it is asked."""

    key: str
    action: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which failed records are meant; what is None doesn't matter. `order` is an id or a number."""

    ids: tuple[int, ...] = ()
    kind: str | None = None
    code: str | None = None
    topic: str | None = None
    partition: int | None = None
    order: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    archived: bool = False

    @property
    def everything(self) -> bool:
        """Tell whether nothing at all was chosen."""
        return replace(self, archived=False) == Chosen()


def _where(chosen: Chosen) -> list[ColumnElement[bool]]:
    column = set_aside.c
    found: list[ColumnElement[bool]] = [
        column.closed_batch.is_(None),
        column.kind.in_([kind.value for kind in FAILED]),
        column.archived == chosen.archived,
    ]
    named = {"kind": chosen.kind, "code": chosen.code, "topic": chosen.topic, "partition": chosen.partition}
    named["source"] = chosen.source
    found.extend(column[name] == value for name, value in named.items() if value is not None)
    if chosen.ids:
        found.append(column.id.in_(chosen.ids))
    if chosen.order is not None:
        numbered = select(orders.c.order_id).where(orders.c.number == chosen.order)
        found.append((column.order_id == chosen.order) | column.order_id.in_(numbered))
    if chosen.since is not None:
        found.append(column.recorded_at >= chosen.since)
    if chosen.until is not None:
        found.append(column.recorded_at < chosen.until)
    return found


# -- looking ---------------------------------------------------------------------------------------------------------


async def groups(engine: AsyncEngine, chosen: Chosen) -> list[dict[str, Any]]:
    """Return the failed records grouped by cause, the largest group first."""
    column = set_aside.c
    by = (column.kind, column.code, column.topic)
    statement = (
        select(
            *by,
            func.count().label("count"),
            func.count(column.order_id.distinct()).label("orders"),
            func.min(column.recorded_at).label("first"),
            func.max(column.recorded_at).label("last"),
            func.max(column.tries).label("tries"),
            func.count(column.asked).label("asked"),
            func.min(column.detail).label("example"),
        )
        .where(*_where(chosen))
        .group_by(*by)
        .order_by(func.count().desc(), *by)
    )
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(statement)).mappings()]


_SHORT: Final = ("id", "kind", "code", "detail", "topic", "partition", "offset", "order_id", "source", "event_id")
_TOLD: Final = (*_SHORT, "recorded_at", "tries", "asked", "archived")


async def rows(engine: AsyncEngine, chosen: Chosen, limit: int) -> list[dict[str, Any]]:
    """Return the failed records one by one, the oldest first."""
    columns = [set_aside.c[name] for name in _TOLD]
    statement = select(*columns).where(*_where(chosen)).order_by(set_aside.c.id).limit(limit)
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def row(engine: AsyncEngine, number: int) -> dict[str, Any] | None:
    """Return everything about one record that was set aside, with its headers unpacked; None where there is none."""
    async with engine.connect() as connection:
        found = (await connection.execute(select(set_aside).where(set_aside.c.id == number))).mappings().first()
    if found is None:
        return None
    told = dict(found)
    told["headers"] = unpack_headers(told["headers"])
    edited = told["edited_headers"]
    told["edited_headers"] = None if edited is None else unpack_headers(edited)
    return told


# -- acting ----------------------------------------------------------------------------------------------------------


async def _begin(
    connection: AsyncConnection, wanted: Operation, wish: Mapping[str, Any], *, done: bool = False
) -> tuple[int, bool]:
    """Write an operation down; return its number, and whether it is new."""
    values = {**asdict(wanted), "wish": dict(wish), "done_at": func.now() if done else None}
    statement = insert(operation).values(**values).on_conflict_do_nothing().returning(operation.c.id)
    number = await connection.scalar(statement)
    if number is not None:
        return int(number), True
    there = await connection.scalar(select(operation.c.id).where(operation.c.key == wanted.key))
    return int(there or 0), False


async def _touched(connection: AsyncConnection, number: int, count: int) -> None:
    await connection.execute(update(operation).where(operation.c.id == number).values(touched=count))


def _told(chosen: Chosen) -> dict[str, Any]:
    return {name: str(value) for name, value in asdict(chosen).items() if value not in (None, (), False)}


_RETRY: Final = case((set_aside.c.kind == Kind.DEAD_LETTER.value, "retry"), else_=set_aside.c.asked)
"""Dead letters are asked for one by one; a queue by the mark of its order, which goes when the order fails again."""


async def retry(engine: AsyncEngine, wanted: Operation, chosen: Chosen, *, accept_gap: bool = False) -> int:
    """Ask for failed records to be tried again; return the operation's number.

    Dead letters are tried one by one. A quarantined record takes its order's whole queue along, from its beginning.
    `accept_gap`: go on although rows of a queue are gone.
    """
    retried = set_aside.c.kind.in_([Kind.DEAD_LETTER.value, Kind.QUARANTINED.value])
    async with engine.begin() as connection:
        number, new = await _begin(connection, wanted, _told(chosen))
        if new:
            statement = update(set_aside).where(*_where(chosen), retried).values(asked=_RETRY, operation=number)
            count = (await connection.execute(statement)).rowcount
            await _ask_queues(connection, number, accept_gap=accept_gap)
            await _touched(connection, number, count)
    return number


async def _ask_queues(connection: AsyncConnection, number: int, *, accept_gap: bool = False) -> None:
    """Let the quarantined orders go on of which an operation touched a record."""
    column = set_aside.c
    mine = select(column.order_id).where(column.operation == number, column.kind == Kind.QUARANTINED.value)
    waiting = (
        select(func.count())
        .where(
            column.order_id == quarantine.c.order_id,
            column.kind == Kind.QUARANTINED.value,
            column.closed_batch.is_(None),
        )
        .scalar_subquery()
    )
    values: dict[str, Any] = {"asked": True, **({"queued": waiting} if accept_gap else {})}
    await connection.execute(update(quarantine).where(quarantine.c.order_id.in_(mine)).values(**values))


async def edit(
    engine: AsyncEngine, wanted: Operation, number: int, headers: RawHeaders | None, value: bytes | None
) -> int:
    """Change a failed record's headers or value, and ask for it to be tried again; return the operation's number.

    The bytes that came stay beside the changed ones.
    """
    changes: dict[str, Any] = {}
    if headers is not None:
        changes["edited_headers"] = pack_headers(headers)
    if value is not None:
        changes["edited_value"] = value
    async with engine.begin() as connection:
        operation_id, new = await _begin(connection, wanted, {"ids": str(number), "edited": sorted(changes)})
        if new:
            statement = update(set_aside).where(*_where(Chosen(ids=(number,))))
            values = {"asked": _RETRY, "operation": operation_id, **changes}
            count = (await connection.execute(statement.values(**values))).rowcount
            await _ask_queues(connection, operation_id)
            await _touched(connection, operation_id, count)
    return operation_id


async def skip(engine: AsyncEngine, wanted: Operation, chosen: Chosen) -> int:
    """Give up quarantined records: each becomes a dead letter, and its order goes on with the next."""
    async with engine.begin() as connection:
        number, new = await _begin(connection, wanted, _told(chosen))
        if new:
            waits = set_aside.c.kind == Kind.QUARANTINED.value
            statement = update(set_aside).where(*_where(chosen), waits).values(asked="skip", operation=number)
            count = (await connection.execute(statement)).rowcount
            await _ask_queues(connection, number)
            await _touched(connection, number, count)
    return number


async def archive(engine: AsyncEngine, wanted: Operation, chosen: Chosen, *, back: bool = False) -> int:
    """Take dead letters out of the lists, or bring them `back`; return the operation's number."""
    dead = set_aside.c.kind == Kind.DEAD_LETTER.value
    async with engine.begin() as connection:
        number, new = await _begin(connection, wanted, _told(chosen), done=True)
        if new:
            statement = update(set_aside).where(*_where(replace(chosen, archived=back)), dead)
            values = {"archived": not back, "operation": number, "asked": None}
            await _touched(connection, number, (await connection.execute(statement.values(**values))).rowcount)
    return number


# -- pausing ---------------------------------------------------------------------------------------------------------


async def pause_source(engine: AsyncEngine, wanted: Operation, source: str) -> bool:
    """Keep a partner's records until it is resumed; False where it is paused already."""
    values = {"source": source, "who": wanted.who, "why": wanted.why}
    async with engine.begin() as connection:
        number, new = await _begin(connection, wanted, {"source": source}, done=True)
        if not new:
            return False
        statement = insert(pause).values(**values).on_conflict_do_nothing().returning(pause.c.source)
        paused = await connection.scalar(statement) is not None
        await _touched(connection, number, int(paused))
    return paused


async def resume_source(engine: AsyncEngine, wanted: Operation, source: str) -> bool:
    """Let a paused partner's records go on, the kept ones first; False where it isn't paused."""
    async with engine.begin() as connection:
        number, new = await _begin(connection, wanted, {"source": source}, done=True)
        if not new:
            return False
        resumed = (await connection.execute(delete(pause).where(pause.c.source == source))).rowcount == 1
        await _touched(connection, number, int(resumed))
    return resumed


async def pauses(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Return the paused sources, with how many of their records are kept."""
    kept = (
        select(func.count())
        .where(
            set_aside.c.source == pause.c.source,
            set_aside.c.kind == Kind.HELD.value,
            set_aside.c.closed_batch.is_(None),
        )
        .scalar_subquery()
    )
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(select(pause, kept.label("kept")))).mappings()]


async def pause_topic(engine: AsyncEngine, wanted: Operation, topic: str, partition: int | None) -> int:
    """Have a topic, or one partition of it, read no further; return how many partitions that are."""
    return await _set_paused(engine, wanted, topic, partition, f"paused by {wanted.who}: {wanted.why}")


async def resume_topic(engine: AsyncEngine, wanted: Operation, topic: str, partition: int | None) -> int:
    """Have a paused topic, or one partition of it, read on; return how many partitions that are."""
    return await _set_paused(engine, wanted, topic, partition, None)


async def _set_paused(
    engine: AsyncEngine, wanted: Operation, topic: str, partition: int | None, reason: str | None
) -> int:
    column = position.c
    here = [column.topic == topic, column.partition == partition if partition is not None else true()]
    here.append(column.paused.is_(None) if reason else column.paused.is_not(None))
    async with engine.begin() as connection:
        number, new = await _begin(connection, wanted, {"topic": topic, "partition": partition}, done=True)
        count = (await connection.execute(update(position).where(*here).values(paused=reason))).rowcount if new else 0
        await _touched(connection, number, count)
    return count


async def pause_shard(engine: AsyncEngine, wanted: Operation, number: int) -> bool:
    """Stop a shard until it is resumed; False where it is stopped already."""
    reason = f"paused by {wanted.who}: {wanted.why}"
    return await _set_stopped(engine, wanted, number, shard.c.stopped.is_(None), reason)


async def resume_shard(engine: AsyncEngine, wanted: Operation, number: int) -> bool:
    """Let a stopped shard run again; False where it isn't stopped."""
    return await _set_stopped(engine, wanted, number, shard.c.stopped.is_not(None), None)


async def _set_stopped(
    engine: AsyncEngine, wanted: Operation, number: int, before: ColumnElement[bool], reason: str | None
) -> bool:
    async with engine.begin() as connection:
        operation_id, new = await _begin(connection, wanted, {"shard": number}, done=True)
        if not new:
            return False
        statement = update(shard).where(shard.c.k == number, before).values(stopped=reason)
        changed = (await connection.execute(statement)).rowcount == 1
        await _touched(connection, operation_id, int(changed))
    return changed


# -- what became of it -----------------------------------------------------------------------------------------------


async def progress(engine: AsyncEngine, number: int) -> dict[str, Any] | None:
    """Return an operation with what became of the records it touched; None where there is none."""
    column = set_aside.c
    still = exists().where(quarantine.c.order_id == column.order_id, quarantine.c.asked)
    open_row = column.closed_batch.is_(None)
    waits = open_row & case((column.kind == Kind.QUARANTINED.value, still), else_=column.asked.is_not(None))
    mine = column.operation == number
    async with engine.connect() as connection:
        found = (await connection.execute(select(operation).where(operation.c.id == number))).mappings().first()
        if found is None:
            return None
        under_way = int(await connection.scalar(select(func.count()).where(mine, waits)) or 0)
        failed = int(await connection.scalar(select(func.count()).where(mine, open_row, ~waits)) or 0)
        ends = select(column.closed_as, func.count()).where(mine, ~open_row).group_by(column.closed_as)
        became = {str(word): int(count) for word, count in await connection.execute(ends)}
    return {**found, "waiting": under_way, "became": became, "failed": failed if found["action"] in TRIES else 0}


TRIES: Final = ("retry", "edit", "skip")


async def history(engine: AsyncEngine, limit: int) -> list[dict[str, Any]]:
    """Return what operators did, the newest first."""
    async with engine.connect() as connection:
        found = await connection.execute(select(operation).order_by(operation.c.id.desc()).limit(limit))
        return [dict(each) for each in found.mappings()]


async def begin_replay(engine: AsyncEngine, wanted: Operation, wish: Mapping[str, Any]) -> tuple[int, dict[str, int]]:
    """Write a replay down, or find the one of this key; return its number, and where each partition goes on."""
    async with engine.begin() as connection:
        number, _ = await _begin(connection, wanted, wish)
        done = await connection.scalar(select(operation.c.progress).where(operation.c.id == number))
    return number, dict(done or {})


async def note_replay(engine: AsyncEngine, number: int, done: Mapping[str, int], sent: int) -> None:
    """Keep how far a replay is, so that it goes on there after an interruption."""
    values: dict[str, Any] = {"progress": dict(done), "touched": operation.c.touched + sent}
    async with engine.begin() as connection:
        await connection.execute(update(operation).where(operation.c.id == number).values(**values))


async def end_replay(engine: AsyncEngine, number: int) -> None:
    """Note that a replay is at its end."""
    async with engine.begin() as connection:
        await connection.execute(update(operation).where(operation.c.id == number).values(done_at=func.now()))
