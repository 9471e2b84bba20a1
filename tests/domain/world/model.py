"""A model of one order: its own books, kept from nothing but what was said to the hub and what came out of it.

It knows no table of the domain; its paths are those of the specification.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contracts import commands as desk
from domain.deciding.decision import Decision, Outcome
from domain.deciding.money import Money
from domain.orders import events, facts, requests
from domain.orders.events import Event
from domain.orders.facts import Fact
from domain.orders.order import Order
from domain.orders.requests import Request
from tests.domain.world.asked import CHECKS
from tests.domain.world.books import OVER, Books
from tests.domain.world.paths import CREATED, ORDER_PATHS, PATHS, START, STATES, STEPS

Named = facts.OrderLine | facts.ExchangeLine | facts.FulfilledLine | events.Pieces | desk.LineQuantity
_NEVER_AFTER_THE_END = (
    *(requests.AuthorizationRequested, requests.AvailabilityRequested, requests.ShipmentRelease),
    *(requests.FlashRequested, requests.RecallRequested, requests.ScoreRequested),
)


@dataclass
class Model(Books):
    """The books of one order, and who writes them."""

    def watch(self, decision: Decision[Order]) -> list[str]:
        """Write a decision into the books, and return what can't be."""
        fact, wrong = decision.received.fact, []
        self.timers -= {fact.timer_id} if isinstance(fact, facts.TimerDue) else set()
        self.timers -= set(decision.disarmed)
        self.timers |= {timer.id for timer in decision.armed}
        if decision.outcome is Outcome.APPLIED:
            self._learn(decision)
            if not decision.rules and not isinstance(fact, (facts.TimerDue, *_WITHOUT_RULE)):
                wrong.append(f"no rule is named for {type(fact).__name__}")
        elif decision.requests or decision.to_others or decision.references:
            wrong.append(f"{decision.outcome} and yet something went out")
        for event in decision.events:
            wrong.extend(self._event(fact, event))
        for request in decision.requests:
            wrong.extend(self._request(request))
        return [*wrong, *self.unbalanced()]

    def _learn(self, decision: Decision[Order]) -> None:
        """Note of a fact what no event repeats: how many pieces were ordered, which request failed."""
        match decision.received.fact:
            case facts.OrderPlaced() | facts.OpenExchange() | facts.OpenZeroOrder() | desk.DraftOrder() as begun:
                self.begin(begun.currency, begun.lines)
            case facts.SubmitOrder() as begun:
                self.begin(begun.currency, begun.lines)
            case facts.RefundFailed() as failure:
                self.failed.add(failure.request_id)
            case facts.RefundReversed() as back:
                self.came_back[back.refund_id] += 1
                if back.amount.amount < self.refunds.get(back.refund_id, 0):
                    self.refunds[back.refund_id] -= back.amount.amount
            case desk.BookPayment() as booked if booked.refund_id is not None and booked.amount is not None:
                self.refunds[booked.refund_id] = booked.amount
            case desk.ModifyOrder() as edit:
                self._modified(edit, decision)
            case desk.EditOrder() as edit:
                if edit.lines is not None:
                    self._modified(edit.lines, decision)
                split = [each for each in decision.events if isinstance(each, events.OrderShipmentSplit)]
                for apart, parting in zip(edit.splits, split, strict=True):
                    self.part(apart, parting)
            case desk.CreateZeroOrder():
                for message in decision.to_others:
                    if isinstance(message.fact, facts.OpenZeroOrder):
                        self.copied[message.subject] = by_line(message.fact.lines)
            case facts.ReplacementRemoved() as removed:
                if removed.replacement_id in self.copied:
                    self.copied[removed.replacement_id] -= by_line(removed.lines)
            case desk.SplitShipment() as parted:
                for event in decision.events:
                    if isinstance(event, events.OrderShipmentSplit):
                        self.part(parted, event)

    def _modified(self, edit: desk.ModifyOrder | desk.EditedLines, decision: Decision[Order]) -> None:
        """Note which pieces were taken out, counted anew and added."""
        self.ordered |= {entry.line: entry.quantity for entry in edit.change}
        self.ordered |= dict.fromkeys(edit.remove, 0)
        for event in decision.events:
            if isinstance(event, events.OrderModified):
                added = list(zip(event.added, edit.add, strict=True))
                self.ordered |= {number: new.quantity for number, new in added}
                self.digital |= {number for number, new in added if new.kind == "digital"}

    def _refund_asked(self, fact: Fact, event: events.RefundRequested) -> None:
        """Write down which pieces a refund is for: some here, some that came back, here or to another order."""
        self.refunds[event.refund_id] = event.amount.amount
        if event.origin == "items" and isinstance(fact, desk.RequestRefund):
            self.credited[event.refund_id] = by_line(fact.lines)
        elif event.origin == "replacement" and isinstance(fact, (facts.ReplacementReturned, facts.ReplacementRemoved)):
            self.found[event.refund_id] = by_line(fact.lines)
        elif event.rma_code is not None:
            self.found[event.refund_id] = self._returned(event.rma_code, self.drafted[event.rma_code])

    def _move(self, kind: str, name: str, new: str) -> Iterator[str]:
        before = self.things.get((kind, name), START)
        if new not in PATHS[kind].get(before, "").split():
            yield f"{kind} {name} goes from {before or 'nothing'} to {new}"
        self.things[kind, name] = new

    def _event(self, fact: Fact, event: Event) -> Iterator[str]:
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
                self._refund_asked(fact, event)
                if event.amount.amount <= 0:
                    yield f"a refund of {event.amount.amount}"
            case events.RefundExecuted() | events.RefundApproved():
                if event.amount.amount != self.refunds[event.refund_id]:
                    yield f"refund {event.refund_id} changed its amount"
            case events.ReturnDrafted():
                self.drafted[event.rma_code] = by_line(event.lines)
                if isinstance(fact, facts.CreateReturn) and not fact.receipt_required:
                    self.unseen.add(event.rma_code)
            case events.ReturnReceived():
                yield from self._move("return", event.rma_code, "received" if event.complete else "partial")
                self.back.setdefault(event.rma_code, Counter()).update({e.line: e.quantity for e in event.lines})
            case events.FlashChanged():
                yield from self._move("flash", event.flash_id, event.state)
            case events.OrderHeld() | events.OrderHoldReleased() | events.OrderSuspended() | events.OrderResumed():
                yield from self._hold(event)
            case events.AlertRaised(blocking=True):
                self.blocking.add(event.alert)
            case events.AlertRaised(alert="refunded_twice" | "unexpected_refund" | "capture_failed"):
                self.contradicted = True
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
        amount, till = 0 if event.amount is None else event.amount.amount, self.till(event.payment_id)
        if event.state == "authorised":
            till.reserved = max(amount, till.taken + till.freed)
            till.freed = till.reserved - till.taken if till.taken else till.freed
        elif event.state == "captured":
            till.taken += amount
            till.reserved = max(till.reserved, till.taken)
            till.freed = till.reserved - till.taken
        elif event.state == "voided":
            till.reserved = max(till.reserved, amount)
            till.freed += amount
        elif event.state == "capture_undone":
            self.contradicted = True
            till.taken -= amount
            till.freed = till.reserved - till.taken if till.taken else 0
        elif event.state == "refused" and event.payment_id is None and "" in self.payments:
            del self.payments[""]  # a cheque that bounced
        elif event.state == "written_off":
            self.written_off = True
        yield from ()

    def _request(self, request: Request) -> Iterator[str]:
        key = (type(request).__name__, getattr(request, "request_id", ""))
        self.asked[key] += 1
        if key[1] and self.asked[key] > 1:
            yield f"asked twice: {key[0]}"
        amount = getattr(request, "amount", None)
        free = isinstance(request, requests.ScoreRequested)
        if isinstance(amount, Money) and (amount.currency != self.currency or not (amount.amount > 0 or free)):
            yield f"{key[0]} asks for {amount}"
        late = self.state == "completed" and isinstance(request, requests.AuthorizationRequested)  # money that was lost
        if self.state in OVER and isinstance(request, _NEVER_AFTER_THE_END) and not late:
            yield f"{key[0]} of an order that is {self.state}"
        check = CHECKS.get(type(request))
        if check is not None:
            yield from check(self, request)


def by_line(lines: Iterable[Named]) -> Counter[int]:
    """Return how many pieces of each line are named."""
    pieces: Counter[int] = Counter()
    for each in lines:
        pieces[each.line] += each.quantity
    return pieces


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
