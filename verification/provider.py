"""The payment service's books: its facts summed, per payment, and whether each of them is somewhere."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts import commands as desk
from domain.deciding.decision import Decision, Outcome, Why
from domain.orders import events, facts
from domain.orders.order import Order, Payment

NAMES_MONEY: Final = (
    *(facts.PaymentAuthorized, facts.PaymentCaptured, facts.PaymentVoided),
    *(facts.RefundExecuted, facts.RefundReversed),
)
"""The facts that name an amount: each is in the books, or under an alert, or says why it changes nothing."""
_SAID: Final = {
    facts.PaymentAuthorized: "authorised",
    facts.PaymentCaptured: "captured",
    facts.PaymentVoided: "voided",
}
_KINDS: Final = {"authorization": "authorised", "capture": "captured", "void": "voided"}


@dataclass
class Sums:
    """What was said of one payment; each amount counts once by its request."""

    reserved: int = 0
    said: set[tuple[str, str, int]] = field(default_factory=set)
    captures: dict[str, int] = field(default_factory=dict)
    voids: dict[str, int] = field(default_factory=dict)

    @property
    def captured(self) -> int:
        """Return what was taken, in minor units."""
        return sum(self.captures.values())

    def faults(self, mine: Mapping[str, int]) -> Iterator[str]:
        """Yield where an order's own books of this payment aren't what was said of it."""
        captured = mine["captured"]
        if captured != self.captured:
            yield f"captured is {captured}, the payment service's facts give {self.captured}"
        reserved = max(self.reserved, self.captured)
        if self.reserved and mine["authorised"] < reserved:
            yield f"authorised is {mine['authorised']}, the payment service's facts give {reserved}"
        if captured and mine["voided"] != mine["authorised"] - captured:
            yield f"voided is {mine['voided']}, the money taken leaves {mine['authorised'] - captured}"
        if not captured and bool(mine["voided"]) is not bool(self.voids):
            yield f"voided is {mine['voided']}, the payment service's facts give {sum(self.voids.values())}"


@dataclass
class Told:
    """What the payment service said of an order, and people in its place."""

    payments: dict[str, Sums] = field(default_factory=dict)
    refunds: dict[str, dict[str, int]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    noted: set[tuple[str, str, int]] = field(default_factory=set)
    checked: int = 0

    @property
    def refunded(self) -> int:
        """Return what was paid back, in minor units."""
        return sum(sum(paid.values()) for paid in self.refunds.values())

    def of(self, payment_id: str) -> Sums:
        """Return the sums of one payment; a cheque's get its name once its money is taken."""
        if payment_id and "" in self.payments and payment_id not in self.payments:
            self.payments[payment_id] = self.payments.pop("")
        return self.payments.setdefault(payment_id, Sums())

    def say(
        self, kind: str, request_id: str, payment_id: str, amount: int, *, noted: bool = False, kept: bool = True
    ) -> None:
        """Book an amount, once; an order that didn't keep it (`kept`) takes it for news when it is said again."""
        sums = self.of(payment_id)
        known = (kind, request_id, amount) in sums.said
        if known or (not noted and (kind, payment_id, amount) in self.noted):
            return
        if kept:
            sums.said.add((kind, request_id, amount))
        if noted:
            self.noted.add((kind, payment_id, amount))
        if kind == "authorised":
            sums.reserved = max(amount, sum(sums.captures.values()))
        else:
            (sums.captures if kind == "captured" else sums.voids)[request_id] = amount


def told(currency: str, decisions: Iterable[Decision[Order]]) -> Told:
    """Add up what was said of an order's money; amounts in another currency are in no sum."""
    found = Told()
    for decision in decisions:
        if decision.outcome in (Outcome.APPLIED, Outcome.LATE) and not _foreign(currency, decision):
            _hear(found, decision)
    return found


def _foreign(currency: str, decision: Decision[Order]) -> bool:
    amount = getattr(decision.received.fact, "amount", None)
    return isinstance(decision.received.fact, NAMES_MONEY) and getattr(amount, "currency", currency) != currency


def _hear(found: Told, decision: Decision[Order]) -> None:
    applied = decision.outcome is Outcome.APPLIED
    match decision.received.fact:
        case facts.PaymentAuthorized() | facts.PaymentCaptured() | facts.PaymentVoided() as news:
            kept = decision.late is None or decision.late.why is not Why.SETTLED
            found.say(_SAID[type(news)], news.request_id, news.payment_id, news.amount.amount, kept=kept)
        case facts.PaymentRefused(request_id=request):
            _refuse(found, request, decision)
        case desk.NotePayment() as note if applied and note.operation != "refund":
            payment_id = note.payment_id or decision.after.payment.payment_id or ""
            found.say(_KINDS[note.operation], note.reference, payment_id, note.amount, noted=True)
        case desk.CheckCheque() | desk.AuthorizeCheque() | desk.ValidateCheque() if applied:
            _by_hand(found, decision)
        case _:
            _paid_back(found, decision)
    after = decision.after.payment
    if after.voided and after.payment_id is None and "" in found.payments:
        found.payments[""].voids[""] = found.payments[""].reserved  # a cheque that nobody cashed


def _refuse(found: Told, request: str, decision: Decision[Order]) -> None:
    """Take back what was captured under a request that failed after all; said before the capture it is nothing."""
    if request in found.refused:
        return
    taken = [sums for sums in found.payments.values() if request in sums.captures]
    if taken or decision.outcome is Outcome.APPLIED:
        found.refused.add(request)
    for sums in taken:
        del sums.captures[request]
        sums.voids.clear()
    if decision.outcome is Outcome.APPLIED and decision.after.payment_method == "cheque":
        found.payments.clear()  # the next cheque is another one
        found.checked = 0


def _by_hand(found: Told, decision: Decision[Order]) -> None:
    """Follow a cheque; its amount was compared with what the order cost when it was checked, not later."""
    fact, sums = decision.received.fact, found.of("")
    if isinstance(fact, desk.CheckCheque):
        right = fact.signed and fact.amount and fact.billing_address and fact.customer_name
        found.checked = decision.after.total if right else 0
    elif isinstance(fact, desk.AuthorizeCheque):
        sums.reserved = found.checked or decision.after.total
    else:
        sums.captures[""] = sums.reserved


def _paid_back(found: Told, decision: Decision[Order]) -> None:
    fact = decision.received.fact
    if decision.outcome is not Outcome.APPLIED:
        return
    paid = [event for event in decision.events if isinstance(event, events.RefundExecuted)]
    for event in paid:
        request = getattr(fact, "request_id", "by hand")
        found.refunds.setdefault(event.refund_id, {})[request] = event.amount.amount
    match fact:
        case facts.RefundFailed(refund_id=refund_id, request_id=request):
            found.refunds.get(refund_id, {}).pop(request, None)
        case facts.RefundReversed(refund_id=refund_id, amount=amount):
            _come_back(found.refunds.get(refund_id, {}), amount.amount)


def _come_back(paid: dict[str, int], amount: int) -> None:
    for request in list(paid):
        back = min(paid[request], amount)
        paid[request] -= back
        amount -= back


def books(order: Order) -> dict[str, Mapping[str, int]]:
    """Return the order's own books, payment by payment."""
    payment: Payment = order.payment
    found: dict[str, Mapping[str, int]] = {}
    if payment.payment_id is not None or payment.authorised:
        main = {"authorised": payment.authorised, "captured": payment.captured, "voided": payment.voided}
        found[payment.payment_id or ""] = main
    for other in payment.others:
        found[other.payment_id] = {
            "authorised": other.authorised,
            "captured": other.captured,
            "voided": other.voided,
        }
    return found


def unexplained(decisions: Iterable[Decision[Order]]) -> Iterator[str]:
    """Yield the facts that name money, count, and are neither in the books nor under an alert; late ones say why."""
    moved = (events.PaymentChanged, events.RefundExecuted, events.RefundFailed, events.AlertRaised)
    for decision in decisions:
        fact = decision.received.fact
        if not isinstance(fact, NAMES_MONEY) or decision.outcome is Outcome.PARKED:
            continue
        said = any(isinstance(event, moved) for event in decision.events) or decision.after.alerts
        if decision.outcome is Outcome.APPLIED and not said:
            yield f"{fact.name} {decision.received.cause.id} names money that is in no book, and no alert stands"
