"""The demo's report: orders by state, records by fate, money, kills and the proof."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.postgres import order_reads, reads
from adapters.postgres.order_reads import StoredOrder
from domain.orders.view.waiting import is_final, waiting
from hub.desk import Desk
from verification import Difference, Report

Books = Mapping[str, Any]
"""What the simulated partners say that they did."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the demo should do."""

    orders: int
    seed: int
    mischief: str
    kill: bool
    keep: bool


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that isn't over: the message it waits for, who owes it, and until when."""

    order: str | None
    state: str | None
    message: str
    by: str
    due: str | None


@dataclass(frozen=True, slots=True)
class Refunds:
    """What partners paid back: how many refunds, and how much in each currency's minor units."""

    executed: int
    minor_units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo did: what the partners' books, the store and the proof say."""

    orders: int
    seed: int
    mischief: str
    kills: int
    facts: int
    decisions: int
    messages: int
    lost: int
    doubled: int
    out_of_order: int
    parked: int
    released: int
    late: int
    refused: int
    duplicates: int
    sent_home: int
    dead_letters: Mapping[str, int]
    states: Mapping[str, int]
    open: Sequence[OpenOrder]
    unexplained: Sequence[str]
    refunds: Refunds
    exchanges: Mapping[str, int]
    objections: Sequence[object]
    seconds: float
    facts_per_second: float
    latency: Mapping[str, float]
    verified: bool
    differences: Sequence[Difference]


async def report_of(desk: Desk, plan: Plan, books: Books, proof: Report, kills: int, seconds: float) -> DemoReport:
    """Return what the demo did in so many seconds."""
    counted = await reads.counts(desk.engine)
    orders = await order_reads.all_orders(desk.engine)
    explained, unexplained = _explained(orders)
    outcomes, released = counted["outcomes"], counted["released"].get("released", 0)
    facts = sum(books["records"].values())
    return DemoReport(
        orders=plan.orders,
        seed=plan.seed,
        mischief=plan.mischief,
        kills=kills,
        facts=facts,
        decisions=sum(outcomes.values()) + released,
        messages=proof.messages,
        lost=proof.lost,
        doubled=proof.doubled,
        out_of_order=proof.out_of_order,
        parked=outcomes.get("parked", 0),
        released=released,
        late=outcomes.get("late", 0),
        refused=outcomes.get("refused", 0),
        duplicates=proof.duplicates,
        sent_home=counted["set_aside"].get("forwarded", 0),
        dead_letters=counted["dead_letters"],
        states=counted["states"],
        open=explained,
        unexplained=unexplained,
        refunds=_refunds(books),
        exchanges=_exchanges(orders),
        objections=books["objections"],
        seconds=round(seconds, 1),
        facts_per_second=round(facts / seconds, 1),
        latency=await reads.latencies(desk.engine),
        verified=proof.ok and not unexplained and not books["objections"],
        differences=proof.differences[:20],
    )


def _explained(orders: Sequence[StoredOrder]) -> tuple[list[OpenOrder], list[str]]:
    """Return what each open order waits for, and the open orders for which nobody can say it."""
    explained, unexplained = [], []
    for row in orders:
        order = row.order()
        if order.state is None or is_final(order):
            continue
        owed = waiting(order)
        if not owed or any(each.due_at is None for each in owed):
            unexplained.append(row.number or row.order_id)
        for each in owed:
            due = None if each.due_at is None else each.due_at.isoformat()
            explained.append(OpenOrder(row.number, row.state, each.message, each.party, due))
    return explained, unexplained


def _refunds(books: Books) -> Refunds:
    money: Counter[str] = Counter()
    for refund in books["refunds"].values():
        money[refund["currency"]] += refund["amount"]
    return Refunds(len(books["refunds"]), money)


def _exchanges(orders: Sequence[StoredOrder]) -> Mapping[str, int]:
    return Counter(str(exchange.state) for row in orders for exchange in row.order().exchanges)
