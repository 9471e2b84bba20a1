"""What operators hold back and let go on: partners, topics and shards; each act is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, text, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.operations import Operation, begin, touched
from adapters.postgres.positions import BY_ITSELF, LOCKED
from adapters.postgres.tables.operations import pause
from adapters.postgres.tables.positions import paused_ahead, position
from adapters.postgres.tables.set_aside import set_aside
from adapters.postgres.tables.shards import shard
from adapters.rows.set_aside import AsideKind


@dataclass(frozen=True, slots=True)
class PausedPartner:
    """A paused partner, by the source of its events: who paused it, when and why, and how many records are kept."""

    source: str
    who: str
    why: str
    since: datetime
    kept: int


async def pause_source(engine: AsyncEngine, wanted: Operation, source: str) -> bool:
    """Keep all of a partner's records until it is resumed; False where somebody has paused it already.

    Where the hub itself did, it keeps only what rules fail on; from here on it keeps everything.
    """
    values = {"source": source, "who": wanted.who, "why": wanted.why}
    async with engine.begin() as connection:
        number, new = await begin(connection, wanted, {"source": source}, done=True)
        if not new:
            return False
        new_values, doubted = values | {"since": func.now()}, pause.c.who == BY_ITSELF
        wished = insert(pause).values(**values)
        wished = wished.on_conflict_do_update(index_elements=[pause.c.source], set_=new_values, where=doubted)
        statement = wished.returning(pause.c.source)
        paused = await connection.scalar(statement) is not None
        await touched(connection, number, int(paused))
    return paused


async def resume_source(engine: AsyncEngine, wanted: Operation, source: str) -> bool:
    """Let a paused partner's records go on, the kept ones first; False where it isn't paused."""
    async with engine.begin() as connection:
        number, new = await begin(connection, wanted, {"source": source}, done=True)
        if not new:
            return False
        resumed = (await connection.execute(delete(pause).where(pause.c.source == source))).rowcount == 1
        await touched(connection, number, int(resumed))
    return resumed


async def paused_partners(engine: AsyncEngine) -> list[PausedPartner]:
    """Return the paused partners, with how many of their records are kept."""
    kept = (
        select(func.count())
        .where(
            set_aside.c.source == pause.c.source,
            set_aside.c.kind == AsideKind.HELD.value,
            set_aside.c.closed_batch.is_(None),
        )
        .scalar_subquery()
    )
    async with engine.connect() as connection:
        found = (await connection.execute(select(pause, kept.label("kept")))).mappings()
        return [PausedPartner(**row) for row in found]


async def pause_topic(
    engine: AsyncEngine, wanted: Operation, topic: str, partition: int | None, places: Sequence[int]
) -> int:
    """Have a topic, or one partition of it, read no further; return how many partitions that are.

    `places` are its partitions, also those that no shard has begun to read: they are paused as soon as one does.
    """
    return await _set_paused(engine, wanted, topic, partition, _Pause(f"paused by {wanted.who}: {wanted.why}", places))


async def resume_topic(engine: AsyncEngine, wanted: Operation, topic: str, partition: int | None) -> int:
    """Have a paused topic, or one partition of it, read on; return how many partitions that are."""
    return await _set_paused(engine, wanted, topic, partition, None)


@dataclass(frozen=True, slots=True)
class _Pause:
    reason: str
    places: Sequence[int]


async def _set_paused(
    engine: AsyncEngine, wanted: Operation, topic: str, partition: int | None, to: _Pause | None
) -> int:
    async with engine.begin() as connection:
        number, new = await begin(connection, wanted, {"topic": topic, "partition": partition}, done=True)
        if not new:
            return 0
        await connection.execute(text(LOCKED))
        count = await _begun(connection, topic, partition, to)
        count += await _ahead(connection, topic, partition, to)
        await touched(connection, number, count)
    return count


async def _begun(connection: AsyncConnection, topic: str, partition: int | None, to: _Pause | None) -> int:
    column = position.c
    changed = column.paused.is_(None) if to else column.paused.is_not(None)
    statement = update(position).where(column.topic == topic, _is(column.partition, partition), changed)
    return (await connection.execute(statement.values(paused=to.reason if to else None))).rowcount


async def _ahead(connection: AsyncConnection, topic: str, partition: int | None, to: _Pause | None) -> int:
    column = paused_ahead.c
    if to is None:
        statement = delete(paused_ahead).where(column.topic == topic, _is(column.partition, partition))
        return (await connection.execute(statement)).rowcount
    begun = set(await connection.scalars(select(position.c.partition).where(position.c.topic == topic)))
    there = [each for each in to.places if each not in begun and partition in (None, each)]
    rows = [{"topic": topic, "partition": each, "paused": to.reason} for each in there]
    if not rows:
        return 0
    return (await connection.execute(insert(paused_ahead).values(rows).on_conflict_do_nothing())).rowcount


def _is(column: ColumnElement[int], partition: int | None) -> ColumnElement[bool]:
    return true() if partition is None else column == partition


async def pause_shard(engine: AsyncEngine, wanted: Operation, number: int) -> bool:
    """Stop a shard until it is resumed; False where it is stopped already."""
    reason = f"paused by {wanted.who}: {wanted.why}"
    return await _set_stopped(engine, wanted, number, shard.c.stopped.is_(None), reason)


async def resume_shard(engine: AsyncEngine, wanted: Operation, number: int) -> bool:
    """Let a stopped shard run again; False where it isn't stopped."""
    return await _set_stopped(engine, wanted, number, shard.c.stopped.is_not(None), None)


def resumed(number: int, accepted: Sequence[str] = ()) -> Mapping[str, object]:
    """Return what is written down of a shard that is stopped, or let run again; `accepted`: what else was agreed to."""
    return {"shard": number, **({"accepted": list(accepted)} if accepted else {})}


async def _set_stopped(
    engine: AsyncEngine,
    wanted: Operation,
    number: int,
    before: ColumnElement[bool],
    reason: str | None,
) -> bool:
    async with engine.begin() as connection:
        operation_id, new = await begin(connection, wanted, resumed(number), done=True)
        if not new:
            return False
        changed = await set_stopped(connection, number, before, reason)
        await touched(connection, operation_id, int(changed))
    return changed


async def set_stopped(
    connection: AsyncConnection, number: int, before: ColumnElement[bool], reason: str | None
) -> bool:
    """Write down why a shard is stopped, None to let it run; False where it wasn't as `before` says."""
    statement = update(shard).where(shard.c.k == number, before).values(stopped=reason)
    return (await connection.execute(statement)).rowcount == 1
