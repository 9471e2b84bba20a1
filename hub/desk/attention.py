"""What people should look at: overdue answers, holds, alerts, what the hub set apart, and what stands still."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.postgres import attention_reads, reads
from adapters.postgres.attention_reads import Behind as Behind
from adapters.postgres.attention_reads import Note as Note
from adapters.postgres.attention_reads import QuarantinedOrder as QuarantinedOrder
from adapters.postgres.order_reads import StoredOrder
from adapters.postgres.reads import PausedPartition, ShardRow
from domain.orders.view.attention import OVERDUE, Reason, reasons
from hub.desk.resources import Desk


@dataclass(frozen=True, slots=True)
class Query:
    """Which orders to list: of one store, only those with overdue answers, so many at most."""

    store: str | None = None
    overdue: bool = False
    limit: int = 50


@dataclass(frozen=True, slots=True)
class OrderToSee:
    """An order that a person should look at, and why."""

    order_id: str
    number: str | None
    store: str | None
    state: str | None
    updated_at: datetime
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True)
class Standstill:
    """A partition that is read no further or a shard that has stopped: why, and what gets it going."""

    what: str
    because: str
    do: str


@dataclass(frozen=True, slots=True)
class Attention:
    """What people should look at: `count` orders in all, of which some are listed, and what else stands still."""

    count: int
    orders: Sequence[OrderToSee]
    quarantined: Sequence[QuarantinedOrder]
    notes: Sequence[Note]
    paused: Sequence[Standstill]
    stopped: Sequence[Standstill]
    deadlines_not_gone_off: Behind


async def read(desk: Desk, query: Query) -> Attention:
    """Return the orders that people should look at, longest unchanged first, and what else stands still."""
    engine, store, overdue = desk.engine, query.store, query.overdue
    rows = await attention_reads.orders_to_see(engine, store, overdue=overdue, limit=query.limit)
    return Attention(
        await attention_reads.count_orders(engine, store, overdue=overdue),
        [_order(row, only_overdue=overdue) for row in rows],
        await attention_reads.quarantined(engine, query.limit),
        await attention_reads.notes(engine, query.limit),
        [paused(row) for row in await reads.paused_partitions(engine)],
        [_stopped(row) for row in await reads.shards(engine) if row.stopped],
        await attention_reads.behind(engine, desk.settings.clock.ahead),
    )


def _order(row: StoredOrder, *, only_overdue: bool) -> OrderToSee:
    found = [reason for reason in reasons(row.order()) if reason.kind == OVERDUE or not only_overdue]
    return OrderToSee(row.order_id, row.number, row.store, row.state, row.updated_at, found)


def paused(row: PausedPartition) -> Standstill:
    """Return a partition that is read no further: why, and what gets it going."""
    do = f"hub topics resume {row.topic} --partition {row.partition} --why …"
    return Standstill(f"{row.topic}/{row.partition}", row.paused, do)


def _stopped(row: ShardRow) -> Standstill:
    return Standstill(f"shard {row.number}", row.stopped or "", f"hub shard resume {row.number} --why …")
