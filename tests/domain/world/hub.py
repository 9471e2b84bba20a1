"""The hub of a play: its orders, and everything that came out of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Decision, Known, Policy
from domain.deciding.received import Received
from domain.orders import facts
from domain.orders.facts import Fact
from domain.orders.order import Order
from domain.orders.requests import Request
from domain.orders.view.visible import decide as receive
from tests.domain.world.cast import SEARCHING, START, received

STEPS = (Deadline.PAYMENT_RETRY, Deadline.REFUND_RETRY, Deadline.CLOSING)


@dataclass
class Hub:
    """The orders of a play and all that came out of it."""

    policy: Policy = SEARCHING
    orders: dict[str, Order] = field(default_factory=dict)
    asked: list[tuple[str, Request]] = field(default_factory=list)
    internal: list[tuple[str, Fact]] = field(default_factory=list)
    decisions: list[Decision[Order]] = field(default_factory=list)
    ticks: int = 0

    def take(self, order_id: str, record: Received) -> tuple[Decision[Order], ...]:
        order = self.orders.get(order_id, Order.shell(order_id))
        made = receive(order, record, Known(self.policy))
        self.orders[order_id] = made[-1].after
        self.decisions.extend(made)
        for decision in made:
            self.asked.extend((order_id, request) for request in decision.requests)
            self.internal.extend((message.subject, message.fact) for message in decision.to_others)
        return made

    def now(self) -> datetime:
        self.ticks += 1
        return START + timedelta(minutes=self.ticks)

    def deliver_internal(self) -> None:
        order_id, fact = self.internal.pop(0)
        self.take(order_id, received(fact, f"internal-{self.ticks}", self.now(), source="hub"))

    def drain_internal(self) -> None:
        """Deliver what the orders tell each other."""
        while self.internal:
            self.deliver_internal()

    def due(self, kinds: Iterable[str]) -> list[tuple[datetime, str, str, str]]:
        """The armed timers of these kinds, the earliest first."""
        armed = [(order.id, timer) for order in self.orders.values() for timer in order.timers if not timer.fired]
        return sorted((t.due_at, order_id, t.id, t.kind) for order_id, t in armed if t.kind in kinds)

    def fire(self, kinds: Iterable[str]) -> bool:
        """Fire the earliest armed timer of these kinds."""
        for at, order_id, timer_id, kind in self.due(kinds)[:1]:
            self.take(order_id, received(facts.TimerDue(timer_id, kind, at), f"due-{timer_id}", at, source="hub"))
            return True
        return False

    def drain(self) -> None:
        """Deliver what the orders tell each other, then fire the hub's own steps, until nothing is left."""
        while True:
            if self.internal:
                self.deliver_internal()
            elif not self.fire(STEPS):
                return
