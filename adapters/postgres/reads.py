"""Reads for people and tools: an order with its timeline, shards with their lag, counts; never from the hot path."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables import (
    attention,
    journal,
    member,
    orders,
    pause,
    position,
    quarantine,
    set_aside,
    shard,
    timers,
)


async def find_order(engine: AsyncEngine, number: str) -> dict[str, Any] | None:
    """Return an order's row by its id or its number."""
    statement = select(orders).where(or_(orders.c.order_id == number, orders.c.number == number)).limit(1)
    async with engine.connect() as connection:
        row = (await connection.execute(statement)).mappings().first()
    return None if row is None else dict(row)


async def timeline(engine: AsyncEngine, order_id: str) -> list[dict[str, Any]]:
    """Return an order's journal, oldest first: who, when, what, why."""
    columns = (
        journal.c.seq,
        journal.c.version,
        journal.c.outcome,
        journal.c.type,
        journal.c.source,
        journal.c.event_id,
        journal.c.topic,
        journal.c.partition,
        journal.c.offset,
        journal.c.actor,
        journal.c.occurred_at,
        journal.c.appended_at,
        journal.c.status_before,
        journal.c.status_after,
        journal.c.transitions,
        journal.c.messages,
        journal.c.refers_to,
    )
    async with engine.connect() as connection:
        rows = await connection.execute(select(*columns).where(journal.c.order_id == order_id).order_by(journal.c.seq))
        return [dict(row) for row in rows.mappings()]


async def asides(engine: AsyncEngine, order_id: str) -> list[dict[str, Any]]:
    """Return what was set aside of an order: dead letters, waiting and quarantined records."""
    columns = (
        set_aside.c.kind,
        set_aside.c.code,
        set_aside.c.detail,
        set_aside.c.topic,
        set_aside.c.partition,
        set_aside.c.offset,
        set_aside.c.recorded_at,
        set_aside.c.closed_as,
    )
    statement = select(*columns).where(set_aside.c.order_id == order_id).order_by(set_aside.c.id)
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def order_documents(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Return every order's state and document."""
    statement = select(orders.c.order_id, orders.c.number, orders.c.state, orders.c.document)
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(statement)).mappings()]


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


_OVERDUE: Final = orders.c.document.contains({"timers": [{"fired": True}]})


def _marked(store: str | None, *, overdue: bool) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [orders.c.attention]
    if store is not None:
        wanted.append(orders.c.store == store)
    return [*wanted, _OVERDUE] if overdue else wanted


async def attention_count(engine: AsyncEngine, store: str | None = None, *, overdue: bool = False) -> int:
    """Return how many orders a person should look at."""
    statement = select(func.count()).select_from(orders).where(*_marked(store, overdue=overdue))
    async with engine.connect() as connection:
        return int((await connection.execute(statement)).scalar_one())


async def attention_orders(
    engine: AsyncEngine, store: str | None = None, *, overdue: bool = False, limit: int = 50
) -> list[dict[str, Any]]:
    """Return the orders that a person should look at, those first to which nothing has happened for longest."""
    columns = (orders.c.order_id, orders.c.number, orders.c.store, orders.c.state, orders.c.document)
    statement = (
        select(*columns, orders.c.updated_at)
        .where(*_marked(store, overdue=overdue))
        .order_by(orders.c.updated_at)
        .limit(limit)
    )
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def quarantined(engine: AsyncEngine, limit: int = 50) -> list[dict[str, Any]]:
    """Return the orders whose rules failed, the oldest first, and how many of their records wait."""
    waiting = (
        select(func.count())
        .where(
            set_aside.c.shard == quarantine.c.shard,
            set_aside.c.order_id == quarantine.c.order_id,
            set_aside.c.kind == "quarantined",
            set_aside.c.closed_batch.is_(None),
        )
        .scalar_subquery()
    )
    columns = (quarantine.c.order_id, orders.c.number, quarantine.c.reason, quarantine.c.since)
    statement = (
        select(*columns, waiting.label("waiting"))
        .select_from(quarantine.outerjoin(orders, orders.c.order_id == quarantine.c.order_id))
        .order_by(quarantine.c.since)
        .limit(limit)
    )
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def notes(engine: AsyncEngine, limit: int = 50) -> list[dict[str, Any]]:
    """Return what the hub has noted for an operator and nobody has dealt with, the oldest first."""
    columns = (attention.c.raised_at, attention.c.shard, attention.c.kind, attention.c.order_id, attention.c.detail)
    kept = exists().where(
        set_aside.c.kind == "dead_letter",
        set_aside.c.code == attention.c.kind,
        set_aside.c.order_id.is_not_distinct_from(attention.c.order_id),
        set_aside.c.closed_batch.is_(None),
        ~set_aside.c.archived,
    )
    dealt_with = attention.c.kind.in_(("too_many_early", "signature_invalid")) & ~kept
    statement = select(*columns).where(~attention.c.done, ~dealt_with).order_by(attention.c.id).limit(limit)
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def behind(engine: AsyncEngine, ahead: timedelta = timedelta()) -> dict[str, Any]:
    """Return how many deadlines are past and have not gone off within a minute: their shard stands still."""
    past = timers.c.due_at < func.now() + ahead - timedelta(minutes=1)
    numbers = select(shard.c.k)
    statement = select(func.count(), func.min(timers.c.due_at)).where(timers.c.shard.in_(numbers), past)
    async with engine.connect() as connection:
        count, oldest = (await connection.execute(statement)).one()
    return {"count": int(count), "oldest": oldest}


async def positions(engine: AsyncEngine) -> dict[tuple[str, int], int]:
    """Return the stored position of every partition."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(position.c.topic, position.c.partition, position.c.next_offset))
        return {(row[0], row[1]): row[2] for row in rows}


async def members(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Return the hub's processes with their last heartbeat, and how old it is by the database's clock."""
    columns = (member.c.id, member.c.seen, member.c.started_at, member.c.report)
    statement = select(*columns, (func.now() - member.c.seen).label("age")).order_by(member.c.id)
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def kept_back(engine: AsyncEngine) -> dict[str, int]:
    """Return how much waits for an operator: orders in quarantine, paused partitions and partners."""
    async with engine.connect() as connection:
        return {
            "orders in quarantine": int(await connection.scalar(select(func.count()).select_from(quarantine)) or 0),
            "partitions paused": int(
                await connection.scalar(select(func.count()).where(position.c.paused.is_not(None))) or 0
            ),
            "partners paused": int(await connection.scalar(select(func.count()).select_from(pause)) or 0),
        }


async def standing_still(engine: AsyncEngine) -> list[str]:
    """Return the partitions that are read no further, each with the reason, as one line."""
    return [f"{row['topic']}/{row['partition']} is paused: {row['paused']}" for row in await paused_partitions(engine)]


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


async def shards(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Return every shard's row."""
    columns = (shard.c.k, shard.c.owner, shard.c.lease_until, shard.c.batch, shard.c.emitted, shard.c.stopped)
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(select(*columns).order_by(shard.c.k))).mappings()]


async def paused_partitions(engine: AsyncEngine) -> list[dict[str, Any]]:
    """Return the partitions that are read no further, and why."""
    columns = (position.c.topic, position.c.partition, position.c.next_offset, position.c.paused)
    async with engine.connect() as connection:
        rows = await connection.execute(select(*columns).where(position.c.paused.is_not(None)))
        return [dict(row) for row in rows.mappings()]


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
