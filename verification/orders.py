"""Order by order: its journal replayed, its money counted, its deadlines and its published state compared."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json

from contracts.judging import Refused
from contracts.partitioning import home
from contracts.status import OrderStatus
from domain.orders import documents
from domain.orders.money.balance import balance
from domain.orders.order import Order
from domain.orders.view import projection
from verification import invariants, money
from verification.growths import Growths
from verification.ledger import Ledger
from verification.replay import Replay, differing
from verification.report import Findings
from verification.snapshot import Snapshot

REPLAY: Final = "orders replayed from the journal"
MONEY: Final = "money of the orders"
RULES: Final = "rules that hold of every order"
DEADLINES: Final = "deadlines"
STATUS: Final = "states on order.status"
MOST: Final = 5
"""Differences told of one order: what follows from the first ones says nothing new."""


class Orders:
    """Compares every order; `pending` tells whether a batch of a shard isn't published yet."""

    def __init__(
        self,
        snapshot: Snapshot,
        ledger: Ledger,
        findings: Findings,
        growths: Growths,
        pending: Callable[[int, int], bool],
    ) -> None:
        self._snapshot = snapshot
        self._ledger = ledger
        self._findings = findings
        self._growths = growths
        self._pending = pending

    async def compare(self, progress: Callable[[int], None]) -> None:
        """Go through all orders; then through what no order accounts for."""
        async for page in self._snapshot.order_pages():
            await self._page(page)
            self._findings.orders += len(page)
            progress(self._findings.orders)
        async for row in self._snapshot.orphans():
            detail = f"{row['rows']} journal rows, but no row in orders"
            self._differ(REPLAY, "lost", row["order_id"], [detail])
        for key in self._ledger.statuses_left():
            self._findings.differ(STATUS, "doubled", f"order.status of {key}", "published, but no order has this state")

    async def _page(self, page: Sequence[Mapping[str, Any]]) -> None:
        ids = [row["order_id"] for row in page]
        armed: dict[str, list[Mapping[str, Any]]] = {order_id: [] for order_id in ids}
        for timer in await self._snapshot.armed(ids):
            armed[timer["order_id"]].append(timer)
        replays = {order_id: Replay(order_id) for order_id in ids}
        last: dict[str, Mapping[str, Any]] = {}
        async for row in self._snapshot.histories(ids):
            self._home(row)
            replays[row["order_id"]].add(row)
            last[row["order_id"]] = row
        exchanges: list[Order] = []
        for row in page:
            order_id = row["order_id"]
            order = self._order(row, replays.pop(order_id))
            if order is None:
                continue
            self._at_home(order_id, armed[order_id])
            self._deadlines(order, armed[order_id])
            end = last.get(order_id)
            if end is None or not self._pending(end["shard"], end["batch"]):
                self._status(order)
            if money.exchange_is_released(order):
                exchanges.append(order)
        await self._exchanges(exchanges)

    def _home(self, row: Mapping[str, Any]) -> None:
        shard = home(row["order_id"], self._growths.count(row["shard"], row["batch"]))
        if row["shard"] != shard:
            where = f"order {row['order_id']} journal row {row['seq']}"
            self._findings.differ(REPLAY, "misplaced", where, f"written by shard {row['shard']}, its home is {shard}")

    def _at_home(self, order_id: str, timers: Sequence[Mapping[str, Any]]) -> None:
        """See that an order's deadlines are with the shard that works on it now: no other one lets them go off."""
        shard = home(order_id, self._growths.now)
        for timer in timers:
            if timer["shard"] != shard:
                fault = f"deadline {timer['timer_id']} is with shard {timer['shard']}, the order's home is {shard}"
                self._findings.differ(DEADLINES, "misplaced", f"order {order_id}", fault)

    def _order(self, row: Mapping[str, Any], replay: Replay) -> Order | None:
        """Compare an order with its replay and its money; return it as it is stored."""
        order_id = row["order_id"]
        replay.finish(row)
        self._replayed(order_id, replay)
        try:
            order = documents.order_from(row["document"])
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            self._differ(REPLAY, "replay", order_id, [f"document can't be read: {error!r}"])
            return None
        self._money(order_id, order, replay)
        self._findings.count(RULES)
        self._differ(RULES, "rule", order_id, invariants.faults(order))
        return order

    def _replayed(self, order_id: str, replay: Replay) -> None:
        """Count the rows of an order, and report where they differ from their replay."""
        self._findings.journal_rows += replay.rows
        self._findings.count(REPLAY)
        told = [
            (f"order {order_id}" if seq is None else f"order {order_id} journal row {seq}", fault)
            for seq, fault in replay.faults
        ]
        # The order's own row is told even where many rows before it differ.
        for where, fault in told[:MOST] + [entry for entry in told[MOST:] if entry[0] == f"order {order_id}"][:MOST]:
            self._findings.differ(REPLAY, "replay", where, fault)

    def _money(self, order_id: str, order: Order, replay: Replay) -> None:
        """Add an order's money to that of all, and report what is wrong with it."""
        self._findings.count(MONEY)
        if order.currency:
            money.add(self._findings.money.setdefault(order.currency, Counter()), balance(order))
        faults = money.faults(order)
        if replay.order is not None and replay.rows == len(replay.decisions):
            faults += money.history_faults(order, replay.decisions)
        faults += [f"request {request} was made twice" for request in money.asked_twice(replay.messages)]
        self._differ(MONEY, "money", order_id, faults)

    def _differ(self, check: str, kind: str, order_id: str, faults: Sequence[str]) -> None:
        for fault in faults[:MOST]:
            self._findings.differ(check, kind, f"order {order_id}", fault)

    def _deadlines(self, order: Order, rows: Sequence[Mapping[str, Any]]) -> None:
        """Compare the deadlines an order lists with the rows that will fire, or have."""
        self._findings.count(DEADLINES, len(order.timers))
        stored = {row["timer_id"]: row["due_at"] for row in rows}
        for timer in order.timers:
            if timer.fired:
                continue
            due_at = stored.pop(timer.id, None)
            if due_at is None and not self._ledger.has_fired(order.id, timer.id):
                fault = f"deadline {timer.kind} {timer.id} is set, but no row will ever fire it"
                self._findings.differ(DEADLINES, "lost", f"order {order.id}", fault)
            elif due_at is not None and due_at != timer.due_at:
                fault = f"deadline {timer.kind} {timer.id} fires at {due_at}, the order says {timer.due_at}"
                self._findings.differ(DEADLINES, "changed", f"order {order.id}", fault)
        faults = [f"timer row {timer_id} belongs to no deadline of the order" for timer_id in stored]
        self._differ(DEADLINES, "doubled", order.id, faults)

    def _status(self, order: Order) -> None:
        published = self._ledger.take_status(order.id)
        where = f"order.status of {order.id}"
        if order.state is None:
            if published is not None:
                self._findings.differ(STATUS, "doubled", where, "published, but only early facts are known of it")
            return
        self._findings.count(STATUS)
        if published is None:
            self._findings.differ(STATUS, "lost", where, "not in the log")
            return
        for fault in status_faults(order, published)[:MOST]:
            self._findings.differ(STATUS, "changed", where, fault)

    async def _exchanges(self, released: Sequence[Order]) -> None:
        """See for each released exchange order whether the goods it replaces came back."""
        origins = [order.origin.order_id for order in released if order.origin is not None]
        stored = await self._snapshot.documents(origins) if origins else {}
        for order in released:
            assert order.origin is not None
            document = stored.get(order.origin.order_id)
            fault = money.exchange_fault(order, None if document is None else documents.order_from(document))
            self._differ(MONEY, "money", order.id, [fault] if fault else [])


def status_faults(order: Order, published: bytes) -> list[str]:
    """Return where the state published last differs from the order as it is stored."""
    expected = projection.status_of(order).encoded()
    if expected == published:
        return []
    try:
        told = OrderStatus.read(published).encoded()
    except Refused as refused:
        return [f"can't be read: {refused}"]
    found = differing(from_json(told), from_json(expected))
    return [fault.replace("replaying the journal gives", "the order gives") for fault in found]
