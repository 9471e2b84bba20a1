"""Settling: after the last fault everything drains within a stated time; then the books of both sides are compared."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from adapters.postgres import order_reads, reads
from contracts.topics import INBOUND
from domain.orders.money.balance import balance
from domain.orders.order import Order, RefundState
from tests.stage import Stage

DRAIN_SECONDS: Final = 240.0
"""A dead owner's transaction (15 s), clients that come back (15 s), and the orders in hand: 79 s on a machine of two
cores with load 10, where 30 s are usual."""
QUIET_SECONDS: Final = 9.0
"""Longer than any simulated partner takes: what hasn't happened by then isn't to come."""
LOOK_SECONDS: Final = 0.25
TELL_SECONDS: Final = 5.0


class DidNotDrain(AssertionError):
    """Something was left over when everything should have been done."""


async def left_over(stage: Stage) -> dict[str, Any]:
    """Return what is still to do: records unread, batches unpublished, deadlines past, shards without an owner."""
    positions = await reads.positions(stage.engine)
    ends = await stage.log.ends([(topic.name, p) for topic in INBOUND for p in range(stage.settings.shards)])
    behind = {f"{topic}/{p}": end - positions.get((topic, p), 0) for (topic, p), end in ends.items()}
    shards = await reads.shards(stage.engine)
    due = await stage.rows("SELECT count(*) AS n FROM timers WHERE due_at <= now() - interval '1 second'")
    quarantined = await stage.rows("SELECT order_id, reason FROM quarantine")
    found = {
        "unread": {place: count for place, count in behind.items() if count > 0},
        "unpublished": [row.number for row in shards if row.batch != row.emitted],
        "stopped": {row.number: row.stopped for row in shards if row.stopped},
        "ownerless": [row.number for row in shards if row.owner is None],
        "deadlines past": due[0]["n"],
        "quarantined": {row["order_id"]: row["reason"] for row in quarantined},
    }
    return {what: value for what, value in found.items() if value}


async def drained(stage: Stage, tell: Callable[[str], None], seconds: float = DRAIN_SECONDS) -> float:
    """Wait until nothing is left over and nothing has happened for a while; return the seconds up to the last event.

    `tell` hears now and then of what is left. Raises DidNotDrain.
    """
    loop = asyncio.get_running_loop()
    begun = changed = told = loop.time()
    before: Mapping[int, int] = {}
    left: dict[str, Any] = {"nothing": "was seen yet"}
    while loop.time() - begun < seconds + QUIET_SECONDS:
        with suppress(
            SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, OSError, TimeoutError
        ):
            left = await left_over(stage)
            batches = {row.number: row.batch for row in await reads.shards(stage.engine)}
            if left or batches != before:
                before, changed = batches, loop.time()
        if not left and loop.time() - changed > QUIET_SECONDS:
            return changed - begun
        if loop.time() - told > TELL_SECONDS:
            told = loop.time()
            tell(f"after {told - begun:.0f} s there is left: {left}"[:300])
        await asyncio.sleep(LOOK_SECONDS)
    raise DidNotDrain(
        f"after {seconds:.0f} s there is left: {left or 'nothing, but it is never quiet'}; {await _busy(stage)}"
    )


async def _busy(stage: Stage) -> str:
    """Return what the shards were busy with in the last half minute."""
    rows = await stage.rows(
        """SELECT type, outcome, count(*) AS n, min(order_id) AS one FROM journal
        WHERE recorded_at > now() - interval '30 seconds' GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 12"""
    )
    return "lately: " + ", ".join(f"{row['n']} {row['type']} {row['outcome']} (e.g. {row['one']})" for row in rows)


async def disagreements(stage: Stage, books: Mapping[str, Any]) -> list[str]:
    """Return where the partners' books and the hub's orders tell of different money (I5)."""
    found = [f"a partner objects: {objection}" for objection in books["objections"]]
    orders = {row.order_id: row.order() for row in await order_reads.all_orders(stage.engine)}
    theirs: dict[str, Counter[str]] = {}
    for payment in books["payments"].values():
        told = theirs.setdefault(payment["order_id"], Counter())
        told["captured"] += payment["captured"]
        if payment["voided"]:  # what a smaller capture leaves is set free without a request, and in nobody's books
            told["voided"] += payment["voided"]
    for order_id, told in theirs.items():
        order = orders.get(order_id)
        sums = None if order is None else balance(order)
        ours = {} if sums is None else {"captured": sums.captured, "voided": sums.voided}
        found += [
            f"order {order_id} has {ours.get(name)} {name}, their books say {amount}"
            for name, amount in told.items()
            if ours.get(name) != amount
        ]
    return found + _refunds(orders, books)


def _refunds(orders: Mapping[str, Order], books: Mapping[str, Any]) -> list[str]:
    ours = {
        refund.id: refund.amount
        for order in orders.values()
        for refund in order.refunds
        if refund.state is RefundState.EXECUTED and refund.tender != "manual"
    }
    theirs = {refund_id: refund["amount"] for refund_id, refund in books["refunds"].items()}
    found = [f"refund {name} of {theirs[name]} was paid out, the hub says {ours.get(name)}" for name in theirs]
    found = [text for text, name in zip(found, theirs, strict=True) if ours.get(name) != theirs[name]]
    return found + [f"refund {name} of {ours[name]} was never paid out" for name in ours if name not in theirs]
