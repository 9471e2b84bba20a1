"""A tiny world of partners: it answers an order's requests, so that a history of facts can be played and disturbed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Decision, Known, Outcome, Policy
from domain.deciding.money import Money
from domain.deciding.received import Actor, Cause, Received
from domain.orders import facts, requests
from domain.orders.decide import receive
from domain.orders.facts import Fact
from domain.orders.order import Order
from domain.orders.requests import Request

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CUSTOMER = facts.Customer("c-1", name="Ada", email="ada@example.org")
ADDRESS = facts.Address("1 High Street", "Lille", "59000", "FR")
ORDER = "order-1"
BOSS = Actor(
    "boss",
    frozenset(
        {
            *(
                "orders.manage",
                "orders.split",
                "orders.transfer",
                "orders.unlock",
                "orders.recall",
                "orders.logistics_release",
            ),
            *("fraud.review", "payment.cheque", "return.create", "return.receive", "refund.create", "refund.approve"),
        }
    ),
    frozenset({"*"}),
)
SEARCHING = Policy(flash_automatic=True)
"""The hub sends a flash reorder by itself where the shelves show what the warehouse misses."""
STEPS = (Deadline.PAYMENT_RETRY, Deadline.REFUND_RETRY, Deadline.CLOSING)


def line(number: int = 1, quantity: int = 1, price: int = 2500, kind: str = "shippable") -> facts.OrderLine:
    return facts.OrderLine(number, f"shirt-{number}-M", quantity, price, kind=kind)


def placed(*lines: facts.OrderLine, fee: int = 500, method: str = "card") -> facts.OrderPlaced:
    chosen = lines or (line(),)
    return facts.OrderPlaced("N-1", "lille", "EUR", CUSTOMER, ADDRESS, chosen, shipping_fee=fee, payment_method=method)


def submitted(kind: str = "regular", reason: str | None = None) -> facts.SubmitOrder:
    return facts.SubmitOrder(
        number="N-1",
        store="lille",
        currency="EUR",
        customer=CUSTOMER,
        shipping_address=ADDRESS,
        lines=(line(),),
        kind=kind,
        reason=reason,
    )


def received(
    fact: Fact, event_id: str = "e-1", at: datetime = START, actor: Actor | None = None, source: str = "test"
) -> Received:
    cause = Cause(source, event_id, type(fact).__name__, "topic", 0, 0)
    return Received(fact, cause, at, at, actor)


@dataclass(frozen=True)
class Record:
    """One record of a partner's topic."""

    topic: str
    order_id: str
    received: Received


@dataclass(frozen=True)
class Script:
    """What the partners do in one history."""

    lines: tuple[tuple[int, int], ...] = ((1, 2500),)
    refusals: int = 0
    verdicts: tuple[str, ...] = ("clear",)
    shortage: str = "none"
    returned: str | None = None
    exchange: bool = False
    split_receipt: bool = False
    fee_back: bool = False
    failed_refunds: int = 0
    cheque: bool = False


@dataclass
class Hub:
    """The orders of a play and all that came out of it."""

    policy: Policy = SEARCHING
    orders: dict[str, Order] = field(default_factory=dict)
    asked: list[tuple[str, Request]] = field(default_factory=list)
    internal: list[tuple[str, Fact]] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    ticks: int = 0

    def take(self, order_id: str, record: Received) -> tuple[Decision, ...]:
        order = self.orders.get(order_id, Order.shell(order_id))
        made = receive(order, record, Known(self.policy))
        self.orders[order_id] = made[-1].order
        self.decisions.extend(made)
        for decision in made:
            self.asked.extend((order_id, request) for request in decision.requests)
            self.internal.extend((message.order_id, message.fact) for message in decision.to_orders)
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


Answer = tuple[str, str, Fact]


@dataclass
class World:
    """The partners: they answer what the hub asks, and write down what they said."""

    script: Script
    hub: Hub = field(default_factory=Hub)
    said: list[Record] = field(default_factory=list)
    waiting: list[Answer] = field(default_factory=list)
    seen: int = 0

    def play(self) -> "World":
        """Play the history once, cleanly: every answer arrives in order."""
        script = self.script
        lines = tuple(line(n, quantity, price) for n, (quantity, price) in enumerate(script.lines, start=1))
        self.waiting.append(("shop", ORDER, placed(*lines, method="cheque" if script.cheque else "card")))
        asked_back = False
        while True:
            self._run()
            if self.hub.internal:
                self.hub.deliver_internal()
            elif self.hub.fire(STEPS[:2]):
                pass
            elif script.returned and not asked_back:
                asked_back = True
                self.waiting.extend(self._returns())
            elif not self.hub.fire(STEPS):
                return self

    def _run(self) -> None:
        self._answer()
        while self.waiting:
            topic, order_id, fact = self.waiting.pop(0)
            record = Record(topic, order_id, received(fact, f"e-{len(self.said)}", self.hub.now(), source=topic))
            self.said.append(record)
            self.hub.take(order_id, record.received)
            self._answer()

    def _answer(self) -> None:
        for order_id, request in self.hub.asked[self.seen :]:
            rule = ANSWERS.get(type(request))
            if rule is not None:
                self.waiting.extend(rule(self, order_id, request))
        self.seen = len(self.hub.asked)

    def _returns(self) -> list[Answer]:
        every = tuple(facts.ReturnLine(n, quantity) for n, (quantity, _) in enumerate(self.script.lines, start=1))
        wanted = every if self.script.returned == "all" else (facts.ReturnLine(1, 1),)
        if self.script.exchange:
            wanted = tuple(replace(entry, exchange_sku=f"shirt-{entry.line}-L") for entry in wanted)
        outcome = "exchange" if self.script.exchange else "refund"
        return [("shop", ORDER, facts.ReturnRequested(wanted, outcome, self.script.fee_back))]


def _authorize(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.AuthorizationRequested)
    if asked.attempt <= world.script.refusals:
        return [("payment", order_id, facts.PaymentRefused(asked.request_id))]
    if asked.method == "cheque":
        return [
            ("payment", order_id, facts.ChequeReceived(asked.amount)),
            ("payment", order_id, facts.PaymentCaptured(asked.request_id, f"pay-{order_id}", asked.amount)),
        ]
    return [("payment", order_id, facts.PaymentAuthorized(asked.request_id, f"pay-{order_id}", asked.amount))]


def _capture(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.CaptureRequested)
    return [("payment", order_id, facts.PaymentCaptured(asked.request_id, asked.payment_id, asked.amount))]


def _void(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.VoidRequested)
    return [("payment", order_id, facts.PaymentVoided(asked.request_id, asked.payment_id, asked.amount))]


def _score(world: World, order_id: str, asked: Request) -> list[Answer]:
    return [("fraud", order_id, facts.FraudScored(verdict)) for verdict in world.script.verdicts]


def _stock(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.AvailabilityRequested)

    def report(status: str, stock: int | None = None) -> Answer:
        lines = tuple(facts.ReportedLine(entry.line, status, stock) for entry in asked.lines)
        return ("availability", order_id, facts.AvailabilityReported(asked.request_id, asked.shipment_id, lines))

    if asked.round == 1 and world.script.shortage == "restocked":
        return [report("restocking"), report("available")]
    if asked.round == 1 and world.script.shortage != "none":
        first = [report("anomaly", 999)]
        return [*first, report("available")] if world.script.shortage == "flash refused" else first
    return [report("available")]


def _flash(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.FlashRequested)
    if world.script.shortage == "flash refused":
        return [("flash", order_id, facts.FlashRefused(asked.flash_id))]
    whole = tuple(facts.FulfilledLine(entry.line, entry.quantity) for entry in asked.lines)
    parts = [(entry,) for entry in whole] if world.script.shortage == "flash in parts" else [whole]
    found: list[Answer] = [("flash", order_id, facts.FlashFulfilled(asked.flash_id, part)) for part in parts]
    return [("flash", order_id, facts.FlashAccepted(asked.flash_id)), *found]


def _ship(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.ShipmentRelease)
    shipment, number = asked.shipment_id, f"T-{asked.shipment_id[:8]}"
    return [
        ("warehouse", order_id, facts.PickingStarted(shipment)),
        ("warehouse", order_id, facts.ParcelPacked(shipment, f"P-{shipment[:8]}")),
        ("warehouse", order_id, facts.ShipmentHandedOver(shipment, "colibri", number)),
        ("carrier", order_id, facts.CarrierCollected(number)),
        ("carrier", order_id, facts.CarrierInTransit(number, location="Lyon")),
        ("carrier", order_id, facts.CarrierDelivered(number)),
    ]


def _refund(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.RefundRequested)
    if asked.attempt <= world.script.failed_refunds:
        return [("payment", order_id, facts.RefundFailed(asked.request_id, asked.refund_id))]
    return [("payment", order_id, facts.RefundExecuted(asked.request_id, asked.refund_id, asked.amount))]


def _receipt(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.ReturnAnnounced)
    lines = tuple(facts.ReceivedLine(entry.line, entry.quantity) for entry in asked.lines)
    parts = [(entry,) for entry in lines] if world.script.split_receipt else [lines]
    return [("warehouse", order_id, facts.ReturnReceived(asked.rma_code, part)) for part in parts]


ANSWERS: dict[type[Request], Callable[[World, str, Request], list[Answer]]] = {
    requests.AuthorizationRequested: _authorize,
    requests.CaptureRequested: _capture,
    requests.VoidRequested: _void,
    requests.ScoreRequested: _score,
    requests.AvailabilityRequested: _stock,
    requests.FlashRequested: _flash,
    requests.ShipmentRelease: _ship,
    requests.RefundRequested: _refund,
    requests.ReturnAnnounced: _receipt,
}


def money(amount: int) -> Money:
    return Money(amount, "EUR")


def applied(decisions: Iterable[Decision]) -> list[str]:
    return [type(d.received.fact).__name__ for d in decisions if d.outcome is Outcome.APPLIED]


@cache
def played(script: Script) -> World:
    """A history played before; nobody changes it."""
    return World(script).play()
