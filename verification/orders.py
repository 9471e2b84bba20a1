"""What must hold of every order: its money, its rules, and the goods behind a released exchange."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from domain.orders import documents
from domain.orders.money.balance import balance
from domain.orders.order import Order
from verification import invariants, money
from verification.replay import Replay
from verification.report import Findings
from verification.snapshot import Snapshot

MONEY: Final = "money of the orders"
RULES: Final = "rules that hold of every order"
MOST: Final = 5
"""Differences told of one order: what follows from the first ones says nothing new."""


class Orders:
    """Looks at orders one by one, and at their exchanges when a page of them is done."""

    def __init__(self, snapshot: Snapshot, findings: Findings) -> None:
        self._snapshot = snapshot
        self._findings = findings
        self._released: list[Order] = []

    def look(self, order: Order, replay: Replay) -> None:
        """Count an order's money and see that its rules hold."""
        self._money(order, replay)
        self._findings.count(RULES)
        self._differ(RULES, "rule", order.id, invariants.faults(order))
        if money.exchange_is_released(order):
            self._released.append(order)

    def _money(self, order: Order, replay: Replay) -> None:
        """Add an order's money to that of all, and report what is wrong with it."""
        self._findings.count(MONEY)
        if order.currency:
            money.add(self._findings.money.setdefault(order.currency, Counter()), balance(order))
        faults = money.faults(order)
        if replay.value is not None and replay.rows == len(replay.decisions):
            faults += money.history_faults(order, replay.decisions)
        faults += [f"request {request} was made twice" for request in money.asked_twice(replay.messages)]
        self._differ(MONEY, "money", order.id, faults)

    async def exchanges(self) -> None:
        """See for each released exchange order whether the goods it replaces came back."""
        released, self._released = self._released, []
        origins = [order.origin.order_id for order in released if order.origin is not None]
        stored = await self._snapshot.documents(origins) if origins else {}
        for order in released:
            assert order.origin is not None
            document = stored.get(order.origin.order_id)
            fault = money.exchange_fault(order, None if document is None else documents.order_from(document))
            self._differ(MONEY, "money", order.id, [fault] if fault else [])

    def _differ(self, check: str, kind: str, order_id: str, faults: Sequence[str]) -> None:
        for fault in faults[:MOST]:
            self._findings.differ(check, kind, f"order {order_id}", fault)
