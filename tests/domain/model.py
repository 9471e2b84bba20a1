"""A model of one order: its own books, kept from nothing but what was said to the hub and what came out of it.

It knows no table of the domain; its paths are those of the specification.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from domain.deciding.decision import Decision, Outcome
from domain.deciding.money import Money
from domain.orders import desk_facts as desk
from domain.orders import events, facts, requests
from domain.orders.events import Event
from domain.orders.requests import Request
from tests.domain.paths import CREATED, ORDER_PATHS, PATHS, START, STATES, STEPS

OVER = frozenset({"completed", "cancelled", "voided"})
_NEVER_AFTER_THE_END = (
    *(requests.AuthorizationRequested, requests.AvailabilityRequested, requests.ShipmentRelease),
    *(requests.FlashRequested, requests.RecallRequested, requests.ScoreRequested),
)


@dataclass
class Model:
    """The books of one order; amounts in minor units."""

    state: str = START
    currency: str = ""
    things: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    reserved: int = 0
    taken: int = 0
    freed: int = 0
    last_asked: int = 0
    capture: int | None = None
    refunds: dict[str, int] = field(default_factory=dict)
    attempts: dict[str, list[str]] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    came_back: Counter[str] = field(default_factory=Counter)
    ordered: dict[int, int] = field(default_factory=dict)
    digital: set[int] = field(default_factory=set)
    carried: dict[str, dict[int, int]] = field(default_factory=dict)
    sent: Counter[int] = field(default_factory=Counter)
    announced: dict[str, Counter[int]] = field(default_factory=dict)
    back: dict[str, Counter[int]] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)
    blocking: set[str] = field(default_factory=set)
    timers: set[str] = field(default_factory=set)

    def watch(self, decision: Decision) -> list[str]:
        """Write a decision into the books, and return what can't be."""
        fact, wrong = decision.received.fact, []
        self.timers -= {fact.timer_id} if isinstance(fact, facts.TimerDue) else set()
        self.timers -= set(decision.disarmed)
        self.timers |= {timer.id for timer in decision.armed}
        if decision.outcome is Outcome.APPLIED:
            self._learn(decision)
            if not decision.rules and not isinstance(fact, (facts.TimerDue, *_WITHOUT_RULE)):
                wrong.append(f"no rule is named for {type(fact).__name__}")
        elif decision.requests or decision.to_orders or decision.references:
            wrong.append(f"{decision.outcome} and yet something went out")
        for event in decision.events:
            wrong.extend(self._event(event))
        for request in decision.requests:
            wrong.extend(self._request(request))
        return [*wrong, *self._books()]

    def _learn(self, decision: Decision) -> None:
        """Note of a fact what no event repeats: how many pieces were ordered, which request failed."""
        match decision.received.fact:
            case facts.OrderPlaced() | facts.OpenExchange() | facts.OpenZeroOrder() | desk.DraftOrder() as begun:
                self._begin(begun.currency, begun.lines)
            case facts.SubmitOrder() as begun:
                self._begin(begun.currency, begun.lines)
            case facts.RefundFailed() as failure:
                self.failed.add(failure.request_id)
            case facts.RefundReversed() as back:
                self.came_back[back.refund_id] += 1
            case desk.ModifyOrder() as edit:
                self.ordered |= {entry.line: entry.quantity for entry in edit.change}
                self.ordered |= dict.fromkeys(edit.remove, 0)
                for event in decision.events:
                    if isinstance(event, events.OrderModified):
                        self.ordered |= {n: new.quantity for n, new in zip(event.added, edit.add, strict=True)}
                        self.digital |= {
                            n for n, new in zip(event.added, edit.add, strict=True) if new.kind == "digital"
                        }
            case desk.SplitShipment() as parted:
                for event in decision.events:
                    if isinstance(event, events.OrderShipmentSplit):
                        self._part(parted, event)

    def _begin(self, currency: str, lines: tuple[facts.OrderLine, ...]) -> None:
        self.currency = currency
        self.ordered = {line.line: line.quantity for line in lines}
        self.digital = {line.line for line in lines if line.kind == "digital"}

    def _part(self, command: desk.SplitShipment, event: events.OrderShipmentSplit) -> None:
        wanted = {entry.line: entry.quantity for entry in command.lines}
        for (old, quantity), new in zip(wanted.items(), event.lines, strict=True):
            self.ordered[old] -= 0 if new == old else quantity
            self.ordered[new] = quantity
            for pieces in self.carried.values() if new == old else ():
                pieces.pop(old, None)

    def _move(self, kind: str, name: str, new: str) -> Iterator[str]:
        before = self.things.get((kind, name), START)
        if new not in PATHS[kind].get(before, "").split():
            yield f"{kind} {name} goes from {before or 'nothing'} to {new}"
        self.things[kind, name] = new

    def _event(self, event: Event) -> Iterator[str]:
        yield from self._state_event(event)
        step = STEPS.get(type(event))
        if step is not None:
            yield from self._move(step[0], getattr(event, step[1]), step[2])
        match event:
            case events.ShipmentChanged():
                yield from self._shipment(event)
            case events.PaymentChanged():
                yield from self._money_moved(event)
            case events.RefundRequested():
                self.refunds[event.refund_id] = event.amount.amount
                if event.amount.amount <= 0:
                    yield f"a refund of {event.amount.amount}"
            case events.RefundExecuted() | events.RefundApproved():
                if event.amount.amount != self.refunds[event.refund_id]:
                    yield f"refund {event.refund_id} changed its amount"
            case events.ReturnReceived():
                yield from self._move("return", event.rma_code, "received" if event.complete else "partial")
                self.back.setdefault(event.rma_code, Counter()).update({e.line: e.quantity for e in event.lines})
            case events.FlashChanged():
                yield from self._move("flash", event.flash_id, event.state)
            case events.OrderHeld() | events.OrderHoldReleased() | events.OrderSuspended() | events.OrderResumed():
                yield from self._hold(event)
            case events.AlertRaised(blocking=True):
                self.blocking.add(event.alert)
            case events.AlertCleared():
                self.blocking.discard(event.alert)

    def _state_event(self, event: Event) -> Iterator[str]:
        new = CREATED[event.kind] if isinstance(event, events.OrderCreated) else STATES.get(type(event))
        if new is None or (new == self.state and isinstance(event, _TOLD_AGAIN)):
            return
        if new not in ORDER_PATHS.get(self.state, "").split():
            yield f"the order goes from {self.state or 'nothing'} to {new}"
        if self.state in ("confirmed", "picking") and new == "processing" and not isinstance(event, _REOPENED):
            yield "the order goes back without being reopened"
        self.state = new

    def _hold(self, event: Event) -> Iterator[str]:
        on = isinstance(event, (events.OrderHeld, events.OrderSuspended))
        name = getattr(event, "hold", "suspended")
        if on is (name in self.holds):
            yield f"hold {name} is {'put on' if on else 'taken off'} twice"
        self.holds ^= {name}

    def _shipment(self, event: events.ShipmentChanged) -> Iterator[str]:
        yield from self._move("shipment", event.shipment_id, event.state)
        pieces = self.carried.get(event.shipment_id, {})
        if event.state == "sent":
            self.sent.update(pieces)
        if event.state == "cancelled":
            self.ordered |= dict.fromkeys(pieces, 0)

    def _money_moved(self, event: events.PaymentChanged) -> Iterator[str]:
        amount = 0 if event.amount is None else event.amount.amount
        if event.state == "authorised":
            self.reserved = amount
        elif event.state == "captured":
            if self.taken:
                yield "the money is taken twice"
            self.reserved = self.reserved or amount
            self.taken, self.freed = amount, max(0, self.reserved - amount)
        elif event.state == "voided":
            self.freed = amount

    def _request(self, request: Request) -> Iterator[str]:
        key = (type(request).__name__, getattr(request, "request_id", ""))
        self.asked[key] += 1
        if key[1] and self.asked[key] > 1:
            yield f"asked twice: {key[0]}"
        amount = getattr(request, "amount", None)
        free = isinstance(request, requests.ScoreRequested)
        if isinstance(amount, Money) and (amount.currency != self.currency or not (amount.amount > 0 or free)):
            yield f"{key[0]} asks for {amount}"
        if self.state in OVER and isinstance(request, _NEVER_AFTER_THE_END):
            yield f"{key[0]} of an order that is {self.state}"
        check = _CHECKS.get(type(request))
        if check is not None:
            yield from check(self, request)

    def _capture(self, request: Request) -> Iterator[str]:
        assert isinstance(request, requests.CaptureRequested)
        if self.state not in ("sent", "delivered", "completed"):
            yield f"money is asked for while the order is {self.state}"
        if request.amount.amount > self.reserved:
            yield f"{request.amount.amount} asked for, {self.reserved} reserved"
        self.capture = request.amount.amount

    def _void(self, request: Request) -> Iterator[str]:
        assert isinstance(request, requests.VoidRequested)
        if self.capture is not None or self.taken:
            yield "money is set free that was asked for"
        if self.state not in (*OVER, "sent", "delivered"):
            yield f"money is set free while the order is {self.state}"

    def _refund(self, request: Request) -> Iterator[str]:
        assert isinstance(request, requests.RefundRequested)
        tried = self.attempts.setdefault(request.refund_id, [])
        open_ = [each for each in tried if each not in self.failed]
        if len(open_) > self.came_back[request.refund_id]:
            yield f"refund {request.refund_id} is asked for again though attempt {len(tried)} may go through"
        tried.append(request.request_id)
        if not self.taken:
            yield "a refund is asked for before the money is taken"
        if request.amount.amount != self.refunds[request.refund_id]:
            yield f"refund {request.refund_id} is asked for with another amount"

    def _stock(self, request: Request) -> Iterator[str]:
        assert isinstance(request, requests.AvailabilityRequested)
        self.carried[request.shipment_id] = {entry.line: entry.quantity for entry in request.lines}
        yield from self._enough(request.lines)
        if self.holds - {"exchange"} or self.blocking:
            yield f"the warehouse is asked in spite of {self.holds | self.blocking}"

    def _released(self, request: Request) -> Iterator[str]:
        assert isinstance(request, requests.ShipmentRelease)
        self.carried[request.shipment_id] = {entry.line: entry.quantity for entry in request.lines}
        yield from self._enough(request.lines)
        if self.holds or self.blocking:
            yield f"a shipment is let go in spite of {self.holds | self.blocking}"

    def _enough(self, lines: tuple[requests.AskedLine, ...]) -> Iterator[str]:
        if not lines:
            yield "nothing is asked for"
        for entry in lines:
            if not 0 < entry.quantity <= self.ordered.get(entry.line, 0):
                ordered = self.ordered.get(entry.line, 0)
                yield f"{entry.quantity} of line {entry.line} are asked for, {ordered} ordered"

    def _announced(self, request: Request) -> Iterator[str]:
        assert isinstance(request, requests.ReturnAnnounced)
        lines: Counter[int] = Counter()
        for entry in request.lines:
            lines[entry.line] += entry.quantity
        self.announced[request.rma_code] = lines
        yield from ()

    def _books(self) -> Iterator[str]:
        """Yield where the books don't balance: money first, then pieces (I5, I6)."""
        if self.taken + self.freed > self.reserved:
            yield f"{self.reserved} reserved, {self.taken} taken and {self.freed} set free"
        promised = sum(a for name, a in self.refunds.items() if self.things["refund", name] != "cancelled")
        if promised > (self.taken or self.reserved):
            yield f"{promised} go back of {self.taken or self.reserved}"
        for number, pieces in self.sent.items():
            if pieces > self.ordered.get(number, 0):
                yield f"{pieces} pieces of line {number} sent, {self.ordered.get(number, 0)} ordered"
        coming: Counter[int] = Counter()
        for code, lines in self.announced.items():
            coming.update(self._of_return(code, lines))
        for number, pieces in coming.items():
            if number not in self.digital and pieces > self.sent[number]:
                yield f"{pieces} pieces of line {number} come back, {self.sent[number]} sent"

    def _of_return(self, code: str, lines: Counter[int]) -> Counter[int]:
        state = self.things["return", code]
        if state == "ended":
            return Counter()
        return lines & self.back.get(code, Counter()) if state == "validated" else lines

    @property
    def settled(self) -> bool:
        """Tell whether the order is over, and all money and goods of it."""
        done = {"refund": ("executed", "cancelled"), "return": ("validated", "ended")}
        open_ = [key for key, state in self.things.items() if key[0] in done and state not in done[key[0]]]
        held = self.reserved - self.taken - self.freed
        return self.state in OVER and not open_ and not held


_TOLD_AGAIN = (
    *(events.OrderApproved, events.OrderReopened, events.OrderAvailabilityRequested, events.OrderProcessing),
)
_REOPENED = events.OrderReopened
_WITHOUT_RULE = (
    *(facts.ExchangeAnswered, facts.SwitchReturnOutcome, facts.FraudScored, facts.RecallAccepted),
    *(facts.ReceiveReturn, facts.ReturnReceived, facts.ShipmentHandedOver, facts.ParcelPacked),
    facts.CarrierReturnedToSender,
)
"""What may be noted though it moves nothing on: no rule of the specification speaks of it."""
_CHECKS: dict[type[Request], Callable[[Model, Request], Iterator[str]]] = {
    requests.CaptureRequested: Model._capture,
    requests.VoidRequested: Model._void,
    requests.RefundRequested: Model._refund,
    requests.AvailabilityRequested: Model._stock,
    requests.ShipmentRelease: Model._released,
    requests.ReturnAnnounced: Model._announced,
}
