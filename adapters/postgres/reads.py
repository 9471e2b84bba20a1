"""Reads of the hub as a whole for people and tools: shards, processes, positions, counts; never from the hot path."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, Table, func, literal, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.attention import attention
from adapters.postgres.tables.documents import orders
from adapters.postgres.tables.journal import journal
from adapters.postgres.tables.operations import pause
from adapters.postgres.tables.positions import paused_ahead, position
from adapters.postgres.tables.quarantine import quarantine
from adapters.postgres.tables.set_aside import set_aside
from adapters.postgres.tables.shards import lease, member, shard, take_over
from adapters.postgres.tables.timers import timers


@dataclass(frozen=True, slots=True)
class ShardRow:
    """A shard's row: who has the lease and until when, the last batch stored and published, why it is stopped."""

    number: int
    owner: str | None
    lease_until: datetime | None
    batch: int
    emitted: int
    stopped: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A process of the hub: its last heartbeat, how old that is by the database's clock, and what it said."""

    id: str
    seen: datetime
    started_at: datetime
    report: Mapping[str, object]
    age: timedelta


@dataclass(frozen=True, slots=True)
class PausedPartition:
    """A partition that is read no further, and why."""

    topic: str
    partition: int
    paused: str


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A take-over of a shard: by which process, and which batches were stored and known to be published then."""

    at: datetime
    owner: str | None
    batch: int
    emitted: int


TAKE_OVERS: Final = 10
SHARD_ROWS: Final = select(
    shard.c.k.label("number"),
    *(lease.c[name] for name in ("owner", "lease_until")),
    *(shard.c[name] for name in ("batch", "emitted", "stopped")),
).outerjoin_from(shard, lease, lease.c.k == shard.c.k)


async def shards(engine: AsyncEngine) -> list[ShardRow]:
    """Return every shard's row."""
    statement = SHARD_ROWS.order_by(shard.c.k)
    async with engine.connect() as connection:
        return [ShardRow(**row) for row in (await connection.execute(statement)).mappings()]


async def take_overs(engine: AsyncEngine, number: int) -> list[TakeOver]:
    """Return the last take-overs of a shard, newest first."""
    columns = [take_over.c[name] for name in TakeOver.__dataclass_fields__]
    statement = select(*columns).where(take_over.c.shard == number).order_by(take_over.c.id.desc()).limit(TAKE_OVERS)
    async with engine.connect() as connection:
        return [TakeOver(**row) for row in (await connection.execute(statement)).mappings()]


async def members(engine: AsyncEngine) -> list[Member]:
    """Return the hub's processes with their last heartbeat, and how old it is by the database's clock."""
    columns = (member.c.id, member.c.seen, member.c.started_at, member.c.report)
    statement = select(*columns, (func.now() - member.c.seen).label("age")).order_by(member.c.id)
    async with engine.connect() as connection:
        return [Member(**row) for row in (await connection.execute(statement)).mappings()]


async def positions(engine: AsyncEngine) -> dict[tuple[str, int], int]:
    """Return the stored position of every partition."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(position.c.topic, position.c.partition, position.c.next_offset))
        return {(row[0], row[1]): row[2] for row in rows}


def _paused(table: Table) -> Select[Any]:
    columns = [table.c[name] for name in PausedPartition.__dataclass_fields__]
    return select(*columns).where(table.c.paused.is_not(None))


_PAUSED: Final = union_all(_paused(position), _paused(paused_ahead)).order_by("topic", "partition")


async def paused_partitions(engine: AsyncEngine) -> list[PausedPartition]:
    """Return the partitions that are read no further, and why; also those that no shard has begun to read."""
    async with engine.connect() as connection:
        return [PausedPartition(**row) for row in (await connection.execute(_PAUSED)).mappings()]


async def kept_back(engine: AsyncEngine) -> dict[str, int]:
    """Return how much waits for an operator: orders in quarantine, paused partitions and partners."""
    paused = select(func.count()).select_from(_PAUSED.subquery())
    async with engine.connect() as connection:
        return {
            "orders in quarantine": int(await connection.scalar(select(func.count()).select_from(quarantine)) or 0),
            "partitions paused": int(await connection.scalar(paused) or 0),
            "partners paused": int(await connection.scalar(select(func.count()).select_from(pause)) or 0),
        }


async def troubles(engine: AsyncEngine) -> dict[int, str]:
    """Return what the processes that were seen lately say of shards that can't work at the moment."""
    lately = func.now() - timedelta(seconds=30)
    statement = select(member.c.report["trouble"]).where(member.c.seen > lately).order_by(member.c.seen)
    async with engine.connect() as connection:
        told = [row[0] or {} for row in await connection.execute(statement)]
    return {int(number): why for each in told for number, why in each.items()}


async def held_up(engine: AsyncEngine) -> list[str]:
    """Return the partitions that an open transaction holds up, each with the reason."""
    here = (attention.c.kind == "transaction_open", ~attention.c.done)
    async with engine.connect() as connection:
        return list((await connection.scalars(select(attention.c.detail).where(*here).order_by(attention.c.id))).all())


async def counts(engine: AsyncEngine) -> dict[str, dict[str, int]]:
    """Return how many orders are in each state, decisions of each outcome, records set aside for each reason."""
    state = func.coalesce(orders.c.state, literal("shell"))
    questions = {
        "states": select(state, func.count()).group_by(state),
        "outcomes": select(journal.c.outcome, func.count())
        .where(journal.c.refers_to.is_(None))
        .group_by(journal.c.outcome),
        "released": select(literal("released"), func.count()).where(journal.c.refers_to.is_not(None)),
        "set_aside": select(set_aside.c.kind, func.count()).group_by(set_aside.c.kind),
        "dead_letters": select(set_aside.c.code, func.count())
        .where(set_aside.c.kind == "dead_letter")
        .group_by(set_aside.c.code),
        "open": select(set_aside.c.kind, func.count())
        .where(set_aside.c.closed_batch.is_(None), set_aside.c.kind.in_(["waiting", "quarantined"]))
        .group_by(set_aside.c.kind),
        "quarantined_orders": select(literal("orders"), func.count()).select_from(quarantine),
        "attention": select(attention.c.kind, func.count()).where(~attention.c.done).group_by(attention.c.kind),
        "timers": select(timers.c.kind, func.count()).group_by(timers.c.kind),
    }
    async with engine.connect() as connection:
        return {
            name: {str(row[0]): int(row[1]) for row in await connection.execute(question)}
            for name, question in questions.items()
        }


async def latencies(engine: AsyncEngine) -> dict[str, float]:
    """Return how long records took from the log to the journal, in milliseconds: the median and the 99th percentile."""
    question = text(
        """SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), percentile_cont(0.99) WITHIN GROUP (ORDER BY ms)
        FROM (SELECT extract(epoch FROM recorded_at - appended_at) * 1000 AS ms
          FROM journal WHERE refers_to IS NULL) t"""
    )
    async with engine.connect() as connection:
        row = (await connection.execute(question)).one()
    return {"p50_ms": round(float(row[0] or 0), 1), "p99_ms": round(float(row[1] or 0), 1)}
