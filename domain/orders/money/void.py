"""Void: releasing authorised money that is not needed any more (O-27), and again where that failed (P-13)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.identity import derive
from domain.deciding.values import changed
from domain.orders import requests
from domain.orders.money import ledger
from domain.orders.money.balance import still_due
from domain.orders.order import DISPATCHED, ENDED, ORDERS, PAYMENTS, Payment, PaymentState, Reservation
from domain.orders.scratchpad import OrderPad

FAILED: Final = "void_failed"


def void_id(order_id: str, attempt: int = 1, beside: str = "") -> str:
    """Return the id of the void request of this attempt; of money beside the payment in use by its payment id."""
    named = (beside,) if beside else ()
    return derive(order_id, "void", *named) if attempt == 1 else derive(order_id, "void", *named, attempt)


def attempt_of(pad: OrderPad, request_id: str) -> int | None:
    """Return the attempt to set the payment in use free that this is the request of, also one that may still come."""
    last = pad.order.payment.times_voided + pad.policy.payment_attempts
    return next((n for n in range(1, last + 1) if request_id == void_id(pad.order.id, n)), None)


def not_asked(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether neither a capture nor a void of the money authorised on a card was requested."""
    on_a_card = payment.payment_id is not None  # a cheque that nobody cashed is sent back by hand
    return on_a_card and not payment.capture_asked and not payment.void_asked and payment.held > 0


def nothing_due(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether neither a capture nor a void was requested, and nothing of the authorised money is due."""
    return not_asked(pad, payment) and still_due(pad.order) <= 0


def unwanted(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order is cancelled, and its money still authorised on a card."""
    settled = not payment.raising  # the answer says how much there is to set free
    return pad.order.state in ENDED and not_asked(pad, payment) and settled


def ask(pad: OrderPad, payment: Payment) -> None:
    """Request that what is left of the authorisation is voided."""
    assert payment.payment_id is not None
    attempt = payment.times_voided + 1
    pad.put_payment(changed(payment, void_asked=True, voids=attempt, void_failed=False))
    name = void_id(pad.order.id, attempt)
    pad.ask(requests.VoidRequested(name, payment.payment_id, pad.money(payment.held)))
    for kind in (Deadline.VOID_RETRY, Deadline.RESERVATION):
        pad.disarm(kind)
    pad.arm(Deadline.VOID, pad.policy.payment_answer)


def paid_otherwise(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the goods are gone, and other money pays for them: this reservation is not needed any more."""
    gone = pad.order.state in DISPATCHED
    open_ = gone and payment.held > 0 and payment.payment_id is not None
    idle = not (payment.void_asked or payment.raising) and (payment.capture_failed or not payment.capture_asked)
    return open_ and idle and still_due(pad.order) <= 0


def ask_instead(pad: OrderPad, payment: Payment) -> None:
    """Request that it is set free instead of captured."""
    payment = changed(payment, capture_asked=False, capture_failed=False)
    pad.put_payment(payment)
    pad.disarm(Deadline.CAPTURE_RETRY)
    ask(pad, payment)


def failed_before(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether setting it free failed, and some of it is still reserved."""
    return payment.void_failed and payment.held > 0


def refuse(pad: OrderPad, payment: Payment) -> None:
    """Raise the alert `void_failed`, and plan the next attempt if one is left (O-27, P-13)."""
    pad.put_payment(changed(payment, void_failed=True))
    pad.disarm(Deadline.VOID)
    pad.alert(FAILED)
    if payment.times_voided < pad.policy.payment_attempts:
        pad.arm(Deadline.VOID_RETRY, pad.policy.payment_retry)


def whole(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether all that is reserved is set free."""
    return ledger.said(pad).amount >= payment.held


def part(pad: OrderPad, payment: Payment) -> None:
    """Record that a part of the authorisation is voided."""
    news = ledger.said(pad)
    pad.put_payment(changed(payment, voided=payment.voided + news.amount))
    ledger.tell(pad, ledger.VOIDED, news.payment_id, news.amount)


def done(pad: OrderPad, payment: Payment) -> None:
    """Record that the authorisation is voided."""
    freed = payment.held
    pad.put_payment(changed(payment, voided=payment.voided + freed, void_failed=False))
    for kind in (Deadline.VOID, Deadline.VOID_RETRY, Deadline.RESERVATION):
        pad.disarm(kind)
        pad.disarm(kind, payment.payment_id or "")
    pad.clear(FAILED, "amount_mismatch")
    ledger.tell(pad, PaymentState.VOIDED, payment.payment_id, freed)


def unneeded(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether money beside the payment in use is reserved that nobody needs (P-11)."""
    return bool(payment.others) and any(_is_unneeded(pad, each) for each in payment.others)


def _is_unneeded(pad: OrderPad, other: Reservation) -> bool:
    if other.held <= 0 or _under_way(pad, other):
        return False
    payment = pad.order.payment
    in_use = payment.state in PAYMENTS["settled"]
    over = pad.order.state in ORDERS["over"]
    return (over or (other.ours and in_use)) and not (payment.collecting or other.collected)


def _under_way(pad: OrderPad, other: Reservation) -> bool:
    """Tell whether it is being set free, or that failed and a person looks; what was reserved since is neither."""
    kinds = (Deadline.VOID, Deadline.VOID_RETRY)
    return other.void_failed or any(t.kind in kinds and t.subject == other.payment_id for t in pad.order.timers)


def set_free(pad: OrderPad, payment: Payment) -> None:
    """Request that money beside the payment in use is set free (P-11)."""
    for other in payment.others:
        if _is_unneeded(pad, other):
            ask_beside(pad, other)


def ask_beside(pad: OrderPad, other: Reservation) -> None:
    """Request that this money beside the payment in use is set free."""
    attempt = other.voids + 1
    ledger.put_other(pad, changed(other, voids=attempt, void_failed=False))
    name = void_id(pad.order.id, attempt, other.payment_id)
    pad.ask(requests.VoidRequested(name, other.payment_id, pad.money(other.held)))
    pad.arm(Deadline.VOID, pad.policy.payment_answer, other.payment_id)


def refuse_beside(pad: OrderPad, other: Reservation) -> None:
    """Note that money beside the payment in use was not set free, and plan the next attempt (P-13)."""
    ledger.put_other(pad, changed(other, void_failed=True))
    pad.disarm(Deadline.VOID, other.payment_id)
    pad.alert(FAILED)
    if other.voids < pad.policy.payment_attempts:
        pad.arm(Deadline.VOID_RETRY, pad.policy.payment_retry, other.payment_id)


def done_beside(pad: OrderPad, other: Reservation, amount: int) -> None:
    """Record that money beside the payment in use was set free."""
    freed = min(amount, other.held)
    ledger.put_other(pad, changed(other, voided=other.voided + freed, void_failed=False))
    for kind in (Deadline.VOID, Deadline.VOID_RETRY):
        pad.disarm(kind, other.payment_id)
    if not any(each.void_failed for each in pad.order.payment.others) and not pad.order.payment.void_failed:
        pad.clear(FAILED)
    ledger.tell(pad, ledger.VOIDED, other.payment_id, freed)
