"""The partners of a history: they answer an order's requests as a script says, and write down what they said."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from hypothesis import strategies as st

from domain.deciding.received import Received
from domain.deciding.values import changed
from domain.orders import facts, requests
from domain.orders.facts import Fact
from domain.orders.order import Order
from domain.orders.requests import Request
from tests.domain.world.answers import ANSWERS_TO, to_refund
from tests.domain.world.cast import ORDER, line, placed, received
from tests.domain.world.hub import STEPS, Hub


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

    def first(self, fits: Callable[[Order], object]) -> Order:
        """The first order of the history that is so."""
        return next(decision.after for decision in self.hub.decisions if fits(decision.after))

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
            rule = _ANSWERS.get(type(request))
            if rule is not None:
                self.waiting.extend(rule(self, order_id, request))
        self.seen = len(self.hub.asked)

    def _returns(self) -> list[Answer]:
        every = tuple(facts.ReturnLine(n, quantity) for n, (quantity, _) in enumerate(self.script.lines, start=1))
        wanted = every if self.script.returned == "all" else (facts.ReturnLine(1, 1),)
        if self.script.exchange:
            wanted = tuple(changed(entry, exchange_sku=f"shirt-{entry.line}-L") for entry in wanted)
        outcome = "exchange" if self.script.exchange else "refund"
        return [("shop", ORDER, facts.ReturnRequested(wanted, outcome, self.script.fee_back, "request-1"))]


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


def _well(world: World, order_id: str, asked: Request) -> list[Answer]:
    return [("payment", order_id, ANSWERS_TO[type(asked)](asked, 0)[0])]


def _score(world: World, order_id: str, asked: Request) -> list[Answer]:
    return [("fraud", order_id, facts.FraudScored(verdict)) for verdict in world.script.verdicts]


def _stock(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.AvailabilityRequested)

    def report(status: str, stock: int | None = None) -> Answer:
        lines = tuple(facts.ReportedLine(entry.line, status, stock) for entry in asked.lines)
        return (
            "availability",
            order_id,
            facts.AvailabilityReported(request_id=asked.request_id, shipment_id=asked.shipment_id, lines=lines),
        )

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
    found: list[Answer] = [
        ("flash", order_id, facts.FlashFulfilled(asked.flash_id, part, f"find-{n}")) for n, part in enumerate(parts)
    ]
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
    executed, failed, *_ = to_refund(asked, 0)
    return [("payment", order_id, failed if asked.attempt <= world.script.failed_refunds else executed)]


def _receipt(world: World, order_id: str, asked: Request) -> list[Answer]:
    assert isinstance(asked, requests.ReturnAnnounced)
    lines = tuple(facts.ReceivedLine(entry.line, entry.quantity) for entry in asked.lines)
    parts = [(entry,) for entry in lines] if world.script.split_receipt else [lines]
    arrived = [facts.ReturnReceived(asked.rma_code, part, receipt_id=f"receipt-{n}") for n, part in enumerate(parts)]
    return [("warehouse", order_id, fact) for fact in arrived]


_ANSWERS: dict[type[Request], Callable[[World, str, Request], list[Answer]]] = {
    requests.AuthorizationRequested: _authorize,
    requests.CaptureRequested: _well,
    requests.VoidRequested: _well,
    requests.ScoreRequested: _score,
    requests.AvailabilityRequested: _stock,
    requests.FlashRequested: _flash,
    requests.ShipmentRelease: _ship,
    requests.RefundRequested: _refund,
    requests.ReturnAnnounced: _receipt,
}


@cache
def played(script: Script) -> World:
    """A history played before; nobody changes it."""
    return World(script).play()


_LINES = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 5000)), min_size=1, max_size=3).map(tuple)
ANY_SCRIPT = st.builds(
    Script,
    lines=_LINES,
    refusals=st.integers(0, 3),
    verdicts=st.sampled_from([("clear",), ("review", "clear")]),
    shortage=st.sampled_from(["none", "none", "flash", "flash in parts", "flash refused", "restocked"]),
    returned=st.sampled_from([None, "one", "all"]),
    exchange=st.booleans(),
    split_receipt=st.booleans(),
    fee_back=st.booleans(),
    failed_refunds=st.integers(0, 3),
    cheque=st.sampled_from([False, False, True]),
)
"""Scripts for Hypothesis to draw from."""
