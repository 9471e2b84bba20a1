"""A story: one order that is brought to a state by what partners say and people command, nothing made by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from contracts import commands as desk
from domain.deciding.decision import Decision
from domain.deciding.money import Money
from domain.deciding.received import Actor
from domain.orders import facts, requests
from domain.orders.facts import Fact
from domain.orders.order import Order, Shipment
from domain.orders.requests import Request
from tests.domain.world import ADDRESS, BOSS, BY_HAND, CUSTOMER, ORDER, UNKNOWN, Hub, line, placed, received

Asked = TypeVar("Asked", bound=Request)


@dataclass
class Story:
    """An order, its partners' answers, and the desk; every step returns the decision on it."""

    hub: Hub = field(default_factory=lambda: Hub(BY_HAND))
    method: str = "card"
    lines: tuple[facts.OrderLine, ...] = ()
    told: int = 0
    id: str = ORDER

    @property
    def order(self) -> Order:
        return self.hub.orders.get(self.id, Order.shell(self.id))

    @property
    def alerts(self) -> list[str]:
        """The alerts that stand."""
        return [alert.name for alert in self.order.alerts]

    @property
    def timers(self) -> set[str]:
        """The deadlines that the order waits for, by kind."""
        return {timer.kind for timer in self.order.timers}

    def tell(self, fact: Fact, actor: Actor | None = None, at: datetime | None = None) -> Decision[Order]:
        """Decide a fact of a partner, or a command of this actor."""
        self.told += 1
        return self.hub.take(self.id, received(fact, f"told-{self.told}", at or self.now(), actor))[0]

    def now(self) -> datetime:
        """A minute after all that was told, deadlines included."""
        last = self.order.as_of
        return self.hub.now() if last is None else max(self.hub.now(), last + timedelta(minutes=1))

    def command(self, command: facts.Command, actor: Actor = BOSS) -> Decision[Order]:
        """Decide a command, by default of somebody who may do all."""
        return self.tell(command, actor)

    def other(self, order_id: str) -> "Story":
        """The story of another order of the same hub."""
        return Story(self.hub, self.method, self.lines, 1000 * len(self.hub.orders), order_id)

    def asked(self, kind: type[Asked], **named: object) -> Asked | None:
        """The last request of this kind whose fields are so."""
        for request in (each for order_id, each in reversed(self.hub.asked) if order_id == self.id):
            fits = all(getattr(request, name, None) == value for name, value in named.items())
            if isinstance(request, kind) and fits:
                return request
        return None

    def shipment(self, index: int = 0) -> Shipment:
        return self.order.shipments[index]

    def due(self, kind: str) -> None:
        """Let the deadline of this kind come."""
        assert self.hub.fire([kind]), f"no deadline {kind}"

    def authorized(self) -> Fact:
        request = self.asked(requests.AuthorizationRequested)
        if request is None:
            return facts.PaymentAuthorized(UNKNOWN, "pay-1", placed_total(self))
        return facts.PaymentAuthorized(request.request_id, "pay-1", request.amount)

    def refused(self) -> Fact:
        request = self.asked(requests.AuthorizationRequested)
        return facts.PaymentRefused(UNKNOWN if request is None else request.request_id)

    def captured(self) -> Fact:
        request = self.asked(requests.CaptureRequested)
        if request is None:
            return facts.PaymentCaptured(UNKNOWN, "pay-1", placed_total(self))
        return facts.PaymentCaptured(request.request_id, request.payment_id, request.amount)

    def voided(self) -> Fact:
        request = self.asked(requests.VoidRequested)
        if request is None:
            return facts.PaymentVoided(UNKNOWN, "pay-1", placed_total(self))
        return facts.PaymentVoided(request.request_id, request.payment_id, request.amount)

    def reported(self, *statuses: str, index: int = 0, stock: int | None = 9) -> Fact:
        """What the warehouse says to the newest question for a shipment: one status per line, or one for all."""
        shipment = self.order.shipments[index] if self.order.shipments else None
        request = None if shipment is None else self.asked(requests.AvailabilityRequested, shipment_id=shipment.id)
        if request is None or shipment is None:
            return facts.AvailabilityReported(
                request_id=UNKNOWN, shipment_id=UNKNOWN, lines=(facts.ReportedLine(1, statuses[0], stock),)
            )
        said = statuses * len(request.lines) if len(statuses) == 1 else statuses
        lines = tuple(facts.ReportedLine(e.line, status, stock) for e, status in zip(request.lines, said, strict=True))
        return facts.AvailabilityReported(request_id=request.request_id, shipment_id=shipment.id, lines=lines)

    def available(self, index: int = 0) -> Fact:
        return self.reported("available", index=index)

    def _shipment_id(self, index: int) -> str:
        return self.order.shipments[index].id if self.order.shipments else UNKNOWN

    def picking(self, index: int = 0) -> Fact:
        return facts.PickingStarted(self._shipment_id(index))

    def packed(self, index: int = 0) -> Fact:
        return facts.ParcelPacked(self._shipment_id(index), f"P-{index}")

    def handed_over(self, index: int = 0) -> Fact:
        return facts.ShipmentHandedOver(self._shipment_id(index), "colibri", f"T-{index}")

    def delivered(self, index: int = 0) -> Fact:
        return facts.CarrierDelivered(f"T-{index}")

    def recall_accepted(self, index: int = 0) -> Fact:
        return facts.RecallAccepted(self._shipment_id(index))

    def recall_refused(self, index: int = 0) -> Fact:
        return facts.RecallRefused(self._shipment_id(index))

    def refund_executed(self) -> Fact:
        """The payment service gave the money of the newest request back."""
        request = self.asked(requests.RefundRequested)
        if request is None:
            refund = self.order.refunds[0]
            return facts.RefundExecuted(UNKNOWN, refund.id, Money(refund.amount, "EUR"))
        return facts.RefundExecuted(request.request_id, request.refund_id, request.amount)

    def refund_failed(self) -> Fact:
        request = self.asked(requests.RefundRequested)
        if request is None:
            return facts.RefundFailed(UNKNOWN, self.order.refunds[0].id)
        return facts.RefundFailed(request.request_id, request.refund_id)

    def draft(self, kind: str = "regular") -> None:
        """An agent takes the order down on the phone."""
        lines = self.lines or (line(1, 2),)
        self.command(
            desk.DraftOrder(
                number="N-1",
                store="lille",
                currency="EUR",
                customer=CUSTOMER,
                shipping_address=ADDRESS,
                lines=lines,
                kind=kind,
                payment_method=self.method,
                shipping_fee=500,
            )
        )

    def place(self) -> None:
        """A customer orders in the shop."""
        self.tell(placed(*(self.lines or (line(1, 2),)), method=self.method))

    def cheque(self, steps: int = 4) -> None:
        """A cheque arrives, is checked, authorised and validated."""
        asked = self.asked(requests.AuthorizationRequested)
        assert asked is not None
        for step in range(steps):
            if step == 0:
                self.tell(facts.ChequeReceived(asked.amount))
            else:
                self.command(CHEQUE[step - 1])

    def pay(self) -> None:
        """The money is reserved; of a cheque, taken."""
        if self.method == "cheque":
            self.cheque()
        else:
            self.tell(self.authorized())

    def score(self, verdict: str = "clear") -> None:
        self.tell(facts.FraudScored(verdict))

    def each(self, fact: Callable[[int], Fact]) -> None:
        """The same news for every shipment."""
        for index in range(len(self.order.shipments)):
            self.tell(fact(index))


CHEQUE = (desk.CheckCheque(True, True, True, True), desk.AuthorizeCheque(), desk.ValidateCheque())


def placed_total(story: Story) -> Money:
    return Money(story.order.total or 5500, "EUR")
