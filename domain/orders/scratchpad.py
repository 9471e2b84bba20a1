"""The scratchpad of an order: the order as it becomes while one fact is worked out, and all that follows from it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar

from contracts.references import NUMBER, PAYMENT, TRACKING
from domain.deciding.decision import Answer, Late, Outcome, Policy, Timer, Why
from domain.deciding.identity import derive
from domain.deciding.machine import Machine
from domain.deciding.money import Money
from domain.deciding.received import Received
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.transitions import Transition
from domain.deciding.values import changed
from domain.orders import events, requests
from domain.orders.order import Alert, ArmedTimer, Flash, Line, Order, Payment, Refund, Return, Shipment, Told

UNEXPECTED: Final = "O-79"
"""The rule of what the order can't make sense of: a person is told, and nothing is dropped in silence."""
LATE_SUFFIX: Final = "_late"
MOST_ABOUT: Final = 20
"""How many things an alert is raised about while it stands: who makes them up fills no order."""
TAKEN_SUFFIX: Final = "_taken"
TAKEN: Final = MappingProxyType({NUMBER: "O-61", TRACKING: "S-23", PAYMENT: "O-61"})
"""The rule of a number that another live order has, by its kind."""
Subject = TypeVar("Subject")


class OrderPad(Scratchpad[Order]):
    """What a decision on an order is worked out on."""

    __slots__ = ("news", "order", "policy", "saving")

    def __init__(self, order: Order, received: Received, policy: Policy) -> None:
        super().__init__(received, order.as_of)
        self.order = order
        self.policy = policy
        self.news: Told | None = None
        """What the fact in hand says of money."""
        self.saving = False
        """Whether the edit in hand is one of several that are saved together."""

    def id(self, *parts: object) -> str:
        """Return the id of a thing of this order."""
        return derive(self.order.id, *parts)

    def money(self, amount: int) -> Money:
        """Return an amount in the order's currency."""
        return Money(amount, self.order.currency)

    def ask(self, request: requests.Request) -> None:
        """Send a request to a partner; it names the order's store, and the warehouse of its shipment where it has one.

        Where several warehouses, or the services of several stores, read one topic, each finds its own by them (O-75).
        """
        told: dict[str, str] = {"store": self.order.store} if self.order.store else {}
        shipment_id = getattr(request, "shipment_id", None)
        for shipment in self.order.shipments:
            if shipment.id == shipment_id and shipment.from_warehouse is not None:
                told["warehouse"] = shipment.from_warehouse
        super().ask(changed(request, **told))

    def email(
        self, template: str, subject: str = "", rma_code: str | None = None, refund_id: str | None = None
    ) -> None:
        """Ask for an e-mail: one per order, template and subject, whatever is repeated (A-35)."""
        order = self.order
        self.ask(
            requests.EmailRequested(
                self.id("email", template, subject),
                template,
                order.number,
                order.customer_id,
                order.locale,
                rma_code,
                refund_id,
            )
        )

    def email_again(self, template: str) -> None:
        """Ask for an e-mail once more: each time is a new, numbered request (A-35)."""
        number = self.order.resent + 1
        self.order = order = changed(self.order, resent=number)
        request_id = self.id("email", template, "again", number)
        self.ask(
            requests.EmailRequested(request_id, template, order.number, order.customer_id, order.locale, resend=number)
        )

    def arm(self, kind: str, after: timedelta, subject: str = "") -> datetime:
        """Set a deadline in place of an earlier one of the same kind and subject, and return when it is due."""
        self.disarm(kind, subject)
        due_at = self.now + after
        timer = ArmedTimer(self.id("timer", kind, subject, due_at.isoformat()), kind, subject, self.now, due_at)
        self.order = changed(self.order, timers=(*self.order.timers, timer))
        self.armed.append(Timer(timer.id, kind, due_at))
        return due_at

    def disarm(self, kind: str, subject: str = "") -> None:
        """Withdraw a deadline, and the alert that it may have raised when no other deadline of its kind is overdue."""
        for timer in self.order.timers:
            if timer.kind == kind and timer.subject == subject:
                self._drop([timer])

    def disarm_all(self, keep: Callable[[ArmedTimer], bool]) -> None:
        """Withdraw every deadline but those to keep."""
        gone = [timer for timer in self.order.timers if not keep(timer)]
        if gone:
            self._drop(gone)

    def _drop(self, gone: list[ArmedTimer]) -> None:
        kept = tuple(timer for timer in self.order.timers if timer not in gone)
        self.order = changed(self.order, timers=kept)
        for timer in gone:
            self._forget(timer.id)
            if timer.fired and not any(other.fired and other.kind == timer.kind for other in kept):
                self.clear(timer.kind + LATE_SUFFIX)

    def _forget(self, timer_id: str) -> None:
        before = len(self.armed)
        self.armed = [timer for timer in self.armed if timer.id != timer_id]
        if len(self.armed) == before:
            self.disarmed.append(timer_id)

    def alert(self, name: str, *, blocking: bool = False, text: str | None = None) -> None:
        """Raise an alert, once while it stands."""
        if self.order.is_alerted(name):
            return
        self.order = changed(self.order, alerts=(*self.order.alerts, Alert(name, blocking, self.now)))
        self.emit(events.AlertRaised(name, blocking, text))

    def mismatch(self, rule: str) -> Answer:
        """Have a person settle an amount that is not the one asked for (P-01, F-07); said again, it is late."""
        return self.alert_once("amount_mismatch", rule)

    def alert_once(self, name: str, rule: str, text: str | None = None) -> Answer:
        """Have a person settle what can't be taken as it was said; while the alert stands, a repetition is late.

        The same about another thing (`text`) is none: it is told as well, up to so many.
        """
        standing = next((each for each in self.order.alerts if each.name == name), None)
        if standing is not None and (text is None or text in standing.about or len(standing.about) >= MOST_ABOUT):
            return Late(Why.REPEATED, f"the alert {name} stands")
        self.rules.append(rule)
        if standing is None:
            self.alert(name, text=text)
        else:
            self.emit(events.AlertRaised(name, standing.blocking, text))
        if text is not None:
            self._note_about(name, text)
        return Outcome.APPLIED

    def _note_about(self, name: str, text: str) -> None:
        alerts = (changed(a, about=(*a.about, text)) if a.name == name else a for a in self.order.alerts)
        self.order = changed(self.order, alerts=tuple(alerts))

    def clear(self, *names: str) -> None:
        """Take alerts back whose cause is gone."""
        for name in names:
            if self.order.is_alerted(name):
                self.order = changed(self.order, alerts=tuple(a for a in self.order.alerts if a.name != name))
                self.emit(events.AlertCleared(name))

    def claim(self, kind: str, party: str, value: str) -> bool:
        """Let others find the order by a number; one that a live order has is for a person (O-61, S-23)."""
        claim = self.refer(kind, party, value)
        if claim is None or claim.gone:
            return True
        self.rules.append(TAKEN[kind])
        self.alert(kind + TAKEN_SUFFIX, blocking=kind == NUMBER, text=f"order {claim.holder} has {kind} {value}")
        return False

    def put_payment(self, payment: Payment) -> None:
        """Put the payment in place of what it was."""
        self.order = changed(self.order, payment=payment)

    def put_lines(self, lines: tuple[Line, ...]) -> None:
        """Put the lines in place of what they were."""
        self.order = changed(self.order, lines=lines)

    def put_shipment(self, shipment: Shipment) -> None:
        """Put a shipment in place of what it was."""
        new = tuple(shipment if other.id == shipment.id else other for other in self.order.shipments)
        self.order = changed(self.order, shipments=new)

    def put_return(self, returned: Return) -> None:
        """Put a return in place of what it was, or add it."""
        kept = self.order.returns
        if any(other.code == returned.code for other in kept):
            new = tuple(returned if other.code == returned.code else other for other in kept)
        else:
            new = (*kept, returned)
        self.order = changed(self.order, returns=new)

    def put_refund(self, refund: Refund) -> None:
        """Put a refund in place of what it was, or add it."""
        kept = self.order.refunds
        if any(other.id == refund.id for other in kept):
            new = tuple(refund if other.id == refund.id else other for other in kept)
        else:
            new = (*kept, refund)
        self.order = changed(self.order, refunds=new)

    def put_flash(self, flash: Flash) -> None:
        """Put a flash reorder in place of what it was, or add it."""
        kept = self.order.flashes
        if any(other.id == flash.id for other in kept):
            new = tuple(flash if other.id == flash.id else other for other in kept)
        else:
            new = (*kept, flash)
        self.order = changed(self.order, flashes=new)


OrderTransition = Transition[OrderPad, Subject]
"""A row of a table of things that belong to an order."""
OrderMachine = Machine[OrderPad, Subject]
