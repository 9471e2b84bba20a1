"""What people should look at: overdue answers, holds, alerts, what the hub set apart, and what stands still."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from adapters.postgres import attention_reads
from adapters.postgres.attention_reads import Behind as Behind
from adapters.postgres.attention_reads import QuarantinedOrder
from adapters.postgres.order_reads import StoredOrder
from domain.orders.view.attention import OVERDUE, Reason, reasons
from hub.desk import standstill
from hub.desk.notes import Note as Note
from hub.desk.notes import advised
from hub.desk.resources import Desk
from hub.desk.standstill import Standstill as Standstill


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
class Quarantined(QuarantinedOrder):
    """An order, or another aggregate, whose rules failed, and what lets its records go on."""

    do: str


@dataclass(frozen=True, slots=True)
class Attention:
    """Everything that waits for a person: `count` orders in all, of which some are listed, and what else stands still.

    Partitions and partners that are kept back, stopped shards and those that nobody works on, numbers that no order
    has, calls to the payment provider in doubt, and records that failed: each says why, and what gets it going.
    """

    count: int
    orders: Sequence[OrderToSee]
    quarantined: Sequence[Quarantined]
    notes: Sequence[Note]
    paused: Sequence[Standstill]
    stopped: Sequence[Standstill]
    partners: Sequence[Standstill]
    unattended: Sequence[Standstill]
    waiting: Sequence[Standstill]
    calls: Sequence[Standstill]
    failed: Sequence[Standstill]
    deadlines_not_gone_off: Behind


async def read(desk: Desk, query: Query) -> Attention:
    """Return the orders that people should look at, longest unchanged first, and what else stands still."""
    engine, store, overdue = desk.engine, query.store, query.overdue
    rows = await attention_reads.orders_to_see(engine, store, overdue=overdue, limit=query.limit)
    return Attention(
        await attention_reads.count_orders(engine, store, overdue=overdue),
        [_order(row, only_overdue=overdue) for row in rows],
        [_quarantined(row) for row in await attention_reads.quarantined(engine, query.limit)],
        [advised(note) for note in await attention_reads.notes(engine, query.limit)],
        await standstill.partitions(desk),
        await standstill.shards(desk),
        await standstill.partners(desk),
        await standstill.unattended(desk),
        await standstill.references(desk, query.limit),
        await standstill.calls(desk, query.limit),
        await standstill.failed(desk),
        await attention_reads.behind(engine, desk.settings.clock.ahead),
    )


def _order(row: StoredOrder, *, only_overdue: bool) -> OrderToSee:
    found = [reason for reason in reasons(row.order()) if reason.kind == OVERDUE or not only_overdue]
    return OrderToSee(row.order_id, row.number, row.store, row.state, row.updated_at, found)


def _quarantined(row: QuarantinedOrder) -> Quarantined:
    told = {field.name: getattr(row, field.name) for field in fields(row)}
    return Quarantined(**told, do=standstill.release(row.order_id))
