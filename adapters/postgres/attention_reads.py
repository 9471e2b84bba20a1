"""Reads of what people should look at: orders, quarantines, notes, and deadlines that did not go off."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.order_reads import ORDER_COLUMNS, StoredOrder
from adapters.postgres.tables.attention import attention
from adapters.postgres.tables.documents import orders
from adapters.postgres.tables.quarantine import quarantine
from adapters.postgres.tables.set_aside import set_aside
from adapters.postgres.tables.shards import shard
from adapters.postgres.tables.timers import timers


@dataclass(frozen=True, slots=True)
class QuarantinedOrder:
    """An order whose rules failed: since when, why, and how many of its records wait."""

    order_id: str
    number: str | None
    reason: str
    since: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class StoredNote:
    """What the hub noted for an operator."""

    id: int
    raised_at: datetime
    shard: int
    kind: str
    order_id: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Records that name no order but a number that none has: how many, since when, and until when they wait."""

    kind: str
    value: str
    count: int
    since: datetime
    until: datetime
    first: int


@dataclass(frozen=True, slots=True)
class Behind:
    """How many deadlines are past and have not gone off, and when the oldest of them was due."""

    count: int
    oldest: datetime | None


_OVERDUE: Final = orders.c.document.contains({"timers": [{"fired": True}]})


def _marked(store: str | None, *, overdue: bool) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [orders.c.attention]
    if store is not None:
        wanted.append(orders.c.store == store)
    return [*wanted, _OVERDUE] if overdue else wanted


async def count_orders(engine: AsyncEngine, store: str | None = None, *, overdue: bool = False) -> int:
    """Return how many orders a person should look at."""
    statement = select(func.count()).select_from(orders).where(*_marked(store, overdue=overdue))
    async with engine.connect() as connection:
        return int((await connection.execute(statement)).scalar_one())


async def orders_to_see(
    engine: AsyncEngine, store: str | None = None, *, overdue: bool = False, limit: int = 50
) -> list[StoredOrder]:
    """Return the orders that a person should look at, those first to which nothing has happened for longest."""
    statement = select(*ORDER_COLUMNS).where(*_marked(store, overdue=overdue)).order_by(orders.c.updated_at)
    async with engine.connect() as connection:
        return [StoredOrder(**row) for row in (await connection.execute(statement.limit(limit))).mappings()]


async def quarantined(engine: AsyncEngine, limit: int = 50) -> list[QuarantinedOrder]:
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
        return [QuarantinedOrder(**row) for row in (await connection.execute(statement)).mappings()]


async def notes(engine: AsyncEngine, limit: int = 50) -> list[StoredNote]:
    """Return what the hub has noted for an operator and nobody has dealt with, the oldest first."""
    columns = [attention.c[name] for name in StoredNote.__dataclass_fields__]
    kept = exists().where(
        set_aside.c.kind == "dead_letter",
        set_aside.c.code == attention.c.kind,
        set_aside.c.order_id.is_not_distinct_from(attention.c.order_id),
        set_aside.c.closed_batch.is_(None),
        ~set_aside.c.archived,
    )
    dealt_with = attention.c.kind.in_(("too_many_early", "too_many_behind", "signature_invalid")) & ~kept
    statement = select(*columns).where(~attention.c.done, ~dealt_with).order_by(attention.c.id).limit(limit)
    async with engine.connect() as connection:
        return [StoredNote(**row) for row in (await connection.execute(statement)).mappings()]


async def unexplained(engine: AsyncEngine, limit: int = 50) -> list[Unexplained]:
    """Return the numbers that records wait for, the oldest first."""
    column = set_aside.c
    statement = (
        select(
            column.reference_kind.label("kind"),
            column.reference_value.label("value"),
            func.count().label("count"),
            func.min(column.recorded_at).label("since"),
            func.max(column.deadline).label("until"),
            func.min(column.id).label("first"),
        )
        .where(column.kind == "waiting", column.closed_batch.is_(None))
        .group_by(column.reference_kind, column.reference_value)
        .order_by(func.min(column.id))
        .limit(limit)
    )
    async with engine.connect() as connection:
        return [Unexplained(**row) for row in (await connection.execute(statement)).mappings()]


async def behind(engine: AsyncEngine, ahead: timedelta = timedelta()) -> Behind:
    """Return how many deadlines are past and have not gone off within a minute: their shard stands still."""
    past = timers.c.due_at < func.now() + ahead - timedelta(minutes=1)
    numbers = select(shard.c.k)
    statement = select(func.count(), func.min(timers.c.due_at)).where(timers.c.shard.in_(numbers), past)
    async with engine.connect() as connection:
        count, oldest = (await connection.execute(statement)).one()
    return Behind(int(count), oldest)
