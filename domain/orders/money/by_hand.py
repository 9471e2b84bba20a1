"""Money by hand: a person asks again, notes or books what the provider did, or writes money off (P-16 to P-18)."""

from types import MappingProxyType
from typing import Final

from contracts import commands as desk
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Refusal
from domain.deciding.values import changed
from domain.orders import events, facts
from domain.orders.money import authorisation, capture, ledger, news, paybacks, payments, renewal, void
from domain.orders.money.balance import still_due
from domain.orders.order import ENDED, ORDERS, Order, PaymentState, Told
from domain.orders.scratchpad import OrderPad
from domain.orders.steps import Step

_LOOK = "hub order show lists the payment and its alerts"


_SAID: Final = MappingProxyType(
    {
        ledger.AUTHORISED: facts.PaymentAuthorized,
        ledger.CAPTURED: facts.PaymentCaptured,
        ledger.VOIDED: facts.PaymentVoided,
    }
)
"""What the provider would have said: an order goes on by what is noted as it does by what is told."""


def retryable(order: Order) -> bool:
    """Tell whether some request for money failed or stays unanswered, or money was taken short."""
    payment = order.payment
    failed = payment.capture_failed or payment.void_failed or any(other.void_failed for other in payment.others)
    asked = {Deadline.PAYMENT, Deadline.CAPTURE, Deadline.VOID}
    overdue = any(timer.fired and timer.kind in asked for timer in order.timers)
    return failed or overdue or payment.state is PaymentState.REFUSED or _short(order) or _runs_out(order)


def _short(order: Order) -> bool:
    live = order.state in ORDERS["live"] and order.payment_method == "card"
    rest = still_due(order) > 0
    return live and order.payment.state is PaymentState.CAPTURED and rest and not order.payment.collecting


def _runs_out(order: Order) -> bool:
    return order.is_alerted(renewal.REFUSED, "increase_refused")


def open_money(order: Order) -> bool:
    """Tell whether money is due that is not taken."""
    return order.state in ORDERS["past_payment"] and order.kind == "regular" and still_due(order) > 0


def notable(order: Order) -> bool:
    """Tell whether the payment service was ever asked for money of it."""
    return order.payment.attempt > 0


def bookable(order: Order) -> bool:
    """Tell whether money stands beside the payment in use, or an amount is in question."""
    return bool(order.payment.others) or order.is_alerted(news.MISMATCH)


def retry(pad: OrderPad, fact: desk.RetryPayment) -> Answer:
    """Ask again for what failed or stays unanswered (P-16)."""
    if not retryable(pad.order):
        return Refusal("gate", "nothing that was asked of the payment service failed or is overdue", _LOOK)
    pad.put_payment(changed(pad.order.payment, renewals=0))
    if not _asked_again(pad):
        return Refusal("gate", "what failed is not needed any more", _LOOK)
    pad.rules.append("P-16")
    return Outcome.APPLIED


def _asked_again(pad: OrderPad) -> bool:
    """Ask for the first thing that is open: a void, a capture, a reservation, a greater one, the rest."""
    return _void_again(pad) or _of_payment(pad) or _rest(pad)


def _void_again(pad: OrderPad) -> bool:
    for other in pad.order.payment.others:
        late = any(t.fired and t.kind == Deadline.VOID and t.subject == other.payment_id for t in pad.order.timers)
        if other.held > 0 and (other.void_failed or late):
            void.ask_beside(pad, other)
            return True
    return False


def _of_payment(pad: OrderPad) -> bool:
    payment, machine = pad.order.payment, payments.MACHINE
    late = {timer.kind for timer in pad.order.timers if timer.fired and not timer.subject}
    if payment.state is PaymentState.AUTHORISED:
        failed_capture = payment.capture_failed or (payment.capture_asked and Deadline.CAPTURE in late)
        failed_void = payment.void_failed or (payment.void_asked and Deadline.VOID in late)
        pad.put_payment(changed(payment, capture_failed=failed_capture, void_failed=failed_void))
    elif payment.state is PaymentState.REQUESTED and Deadline.PAYMENT in late and authorisation.by_card(pad, payment):
        if not authorisation.wanted(pad, payment):
            return False
        authorisation.ask(pad, payment)
        return True
    steps = (Step.CAPTURE_AGAIN, Step.VOID_AGAIN, Step.RETRY)
    return any(machine.take(pad, pad.order.payment, step) for step in steps)


def _rest(pad: OrderPad) -> bool:
    """Ask for the rest of money that was taken short; it is taken once it is reserved."""
    if not _short(pad.order):
        return False
    authorisation.request(pad, changed(pad.order.payment, collecting=True))
    pad.arm(Deadline.PAYMENT, pad.policy.payment_answer)
    return True


def note(pad: OrderPad, fact: desk.NotePayment) -> Answer:
    """Book what a person did in the provider's console, under its reference (P-17)."""
    if not fact.reason:
        return Refusal("reason_required", "what was done by hand needs its reason", "say why")
    amount = pad.money(fact.amount)
    if fact.operation == "refund":
        if fact.refund_id is None:
            return Refusal("gate", "a refund is named by its id", "give the refund_id; look at the order's refunds")
        return _noted(pad, paybacks.executed(pad, facts.RefundExecuted(fact.reference, fact.refund_id, amount)))
    payment_id = fact.payment_id or pad.order.payment.payment_id
    if payment_id is None:
        return Refusal("gate", "the order has no payment yet", "give the payment_id as the provider shows it")
    kind = {"authorization": ledger.AUTHORISED, "capture": ledger.CAPTURED, "void": ledger.VOIDED}[fact.operation]
    told = ledger.entry(pad, kind, fact.reference, payment_id, amount, noted=True)
    if ledger.repeated(pad.order.payment, told):
        return Refusal("duplicate", f"{fact.reference} is in the books already", _LOOK)
    pad.tell(_SAID[kind])
    return _noted(pad, _booked(pad, kind, told))


def _booked(pad: OrderPad, kind: str, told: Told) -> Answer:
    if kind == ledger.VOIDED:
        return news.free(pad, told)
    heard = ledger.hear(pad, told)
    return news.take(pad, heard, asked=True) if kind == ledger.CAPTURED else news.reserve(pad, heard, None)


def _noted(pad: OrderPad, answer: Answer) -> Answer:
    """Refuse what would change nothing; an alert that a person's own note would raise is his to clear."""
    if isinstance(answer, Late) or answer is Outcome.PARKED:
        return Refusal("gate", "that is in the books already, or contradicts nothing", _LOOK)
    pad.rules.append("P-17")
    return answer


def book(pad: OrderPad, fact: desk.BookPayment) -> Answer:
    """Use a reservation as it is, or book a refund as it was paid (P-17)."""
    if not fact.reason:
        return Refusal("reason_required", "booking another amount needs its reason", "say why")
    if fact.refund_id is not None:
        return _book_refund(pad, fact.refund_id, fact.amount)
    other = None if fact.payment_id is None else ledger.other(pad.order.payment, fact.payment_id)
    payment = pad.order.payment
    if other is None or other.held <= 0 or other.voids:
        return Refusal("gate", "no money is reserved under this payment id beside the one in use", _LOOK)
    if payment.state not in payments.OPEN or pad.order.state in ENDED:
        return Refusal("gate", f"the payment of the order is {payment.state}: it needs no other one", _LOOK)
    pad.news = Told(ledger.AUTHORISED, fact.payment_id or "", other.payment_id, other.authorised)
    payments.MACHINE.take(pad, payment, facts.PaymentAuthorized)
    pad.tell(facts.PaymentAuthorized)
    pad.clear(ledger.UNEXPECTED)
    pad.rules.append("P-17")
    return Outcome.APPLIED


def _book_refund(pad: OrderPad, refund_id: str, amount: int | None) -> Answer:
    refund = next((each for each in pad.order.refunds if each.id == refund_id), None)
    if refund is None or amount is None or not 0 < amount <= paybacks.most(pad, refund):
        return Refusal("amount_exceeds", "no such refund, or more than the money that is left", "give the amount paid")
    if not paybacks.book(pad, refund, amount):
        return Refusal("gate", f"refund {refund_id} is {refund.state}", _LOOK)
    pad.rules.append("P-17")
    return Outcome.APPLIED


def write_off(pad: OrderPad, fact: desk.WriteOffPayment) -> Answer:
    """Give up the money that is still due; what is reserved and not taken is set free later (P-18)."""
    if not fact.reason:
        return Refusal("reason_required", "writing money off needs its reason", "say why it is given up")
    order = pad.order
    if not open_money(order):
        return Refusal("gate", "no money of this order is due", _LOOK)
    payment = order.payment
    in_flight = payment.state is PaymentState.AUTHORISED and payment.capture_asked and not payment.capture_failed
    if in_flight and not any(timer.fired and timer.kind == Deadline.CAPTURE for timer in order.timers):
        return Refusal("gate", "a capture is under way", "wait for its answer")
    amount = still_due(order)
    pad.put_payment(changed(order.payment, written_off=order.payment.written_off + amount))
    pad.rules.append("P-18")
    _let_rest_go(pad)
    pad.emit(events.PaymentChanged("written_off", pad.money(amount), fact.reason))
    return Outcome.APPLIED


def _let_rest_go(pad: OrderPad) -> None:
    """Ask nobody for the money any more, and set free what is reserved of it."""
    for kind in (Deadline.PAYMENT, Deadline.PAYMENT_RETRY, Deadline.CAPTURE, Deadline.CAPTURE_RETRY):
        pad.disarm(kind)
    pad.disarm(Deadline.RESERVATION)
    pad.clear(capture.FAILED, "captured_short", "increase_refused", authorisation.LOST, renewal.REFUSED, news.MISMATCH)
    payment = changed(pad.order.payment, capture_asked=False, capture_failed=False, raising=False, renewing=False)
    pad.put_payment(changed(payment, captures=pad.order.payment.times_captured, collecting=False))
    if payment.state is PaymentState.AUTHORISED and void.not_asked(pad, payment):
        void.ask(pad, pad.order.payment)
