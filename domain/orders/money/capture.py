"""Capture: taking the authorised money once the goods are sent (P-04), and again where that failed (P-13)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.identity import derive
from domain.deciding.values import changed
from domain.orders import requests
from domain.orders.money import authorisation, cheques, ledger, refund_requests, renewal, void
from domain.orders.money.balance import still_due
from domain.orders.order import DISPATCHED, ENDED, Order, Payment, PaymentState, Reservation
from domain.orders.scratchpad import OrderPad

FAILED: Final = "capture_failed"


def capture_id(order_id: str, attempt: int = 1) -> str:
    """Return the id of the capture request of this attempt."""
    return derive(order_id, "capture") if attempt == 1 else derive(order_id, "capture", attempt)


def attempt_of(pad: OrderPad, request_id: str) -> int | None:
    """Return the attempt that this is the request of, also one that may still come."""
    last = pad.order.payment.times_captured + pad.policy.payment_attempts
    return next((n for n in range(1, last + 1) if request_id == capture_id(pad.order.id, n)), None)


def for_goods(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether neither a capture nor a void was requested, and some of the authorised money is due."""
    return void.not_asked(pad, payment) and amount_to_capture(pad.order) > 0 and not renewal.is_over(pad, payment)


def for_goods_gone(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the money was authorised only after the goods were sent (O-38)."""
    gone = pad.order.state in DISPATCHED
    return gone and authorisation.by_card(pad, payment) and for_goods(pad, payment) and not payment.raising


def ask(pad: OrderPad, payment: Payment) -> None:
    """Request the capture; raise the alert `captured_short` when it does not cover the total."""
    assert payment.payment_id is not None
    amount = pad.money(amount_to_capture(pad.order))
    attempt = payment.times_captured + 1
    pad.put_payment(
        changed(payment, capture_asked=True, to_capture=amount.amount, captures=attempt, capture_failed=False)
    )
    pad.ask(requests.CaptureRequested(capture_id(pad.order.id, attempt), payment.payment_id, amount))
    pad.disarm(Deadline.CAPTURE_RETRY)
    pad.disarm(Deadline.RESERVATION)
    pad.arm(Deadline.CAPTURE, pad.policy.payment_answer)
    if amount.amount < still_due(pad.order):
        pad.alert("captured_short")


def failed_before(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether its capture failed, and is still due."""
    return payment.capture_failed and amount_to_capture(pad.order) > 0 and not renewal.is_over(pad, payment)


def amount_to_capture(order: Order) -> int:
    """Return the amount to capture, in minor units: less than authorised if the order became cheaper (O-26)."""
    return min(still_due(order), order.payment.authorised - order.payment.voided)


def due(order: Order) -> tuple[int, ...]:
    """Return the amounts that a capture may report, in minor units.

    For a card, that is the requested amount. For a cheque, it is the total when it was requested, when it was checked,
    or now.
    """
    payment = order.payment
    if order.payment_method == "cheque":
        return (payment.asked, payment.cheque_amount or order.total, order.total)
    return (payment.to_capture or amount_to_capture(order), order.total)


def done(pad: OrderPad, payment: Payment) -> None:
    """Record the captured amount; the rest of the authorisation counts as voided."""
    news = ledger.said(pad)
    if payment.payment_id != news.payment_id:
        ledger.take_up(pad, news.payment_id)
        payment = pad.order.payment
    by_cheque = cheques.by_cheque(pad, payment)
    taken = payment.captured + news.amount
    reserved = taken if by_cheque else max(payment.authorised, taken)  # a cheque is taken at once (P-03)
    left = reserved - taken  # what a capture leaves of a reserved amount is free again
    payment = changed(payment, raising=False, renewing=False, capture_failed=False)
    pad.put_payment(changed(payment, authorised=reserved, captured=taken, voided=left))
    for kind in _OVER:
        pad.disarm(kind)
        pad.disarm(kind, news.payment_id)
    pad.clear(FAILED, "void_failed", "cheque_to_return", "amount_mismatch", authorisation.LOST, renewal.REFUSED)
    ledger.tell(pad, PaymentState.CAPTURED, news.payment_id, news.amount)


_OVER: Final = (
    *(Deadline.PAYMENT, Deadline.PAYMENT_RETRY, Deadline.CHEQUE, Deadline.CHECK, Deadline.RESERVATION),
    *(Deadline.CAPTURE, Deadline.CAPTURE_RETRY, Deadline.VOID, Deadline.VOID_RETRY),
)


def refuse(pad: OrderPad, payment: Payment) -> None:
    """Raise the alert `capture_failed`, and plan the next attempt if one is left (P-04, P-13)."""
    pad.put_payment(changed(payment, capture_failed=True))
    pad.disarm(Deadline.CAPTURE)
    pad.alert(FAILED)
    if payment.times_captured < pad.policy.payment_attempts and not renewal.is_over(pad, payment):
        pad.arm(Deadline.CAPTURE_RETRY, pad.policy.payment_retry)


def partly(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether another capture of it still stands."""
    return payment.captured > ledger.said(pad).amount


def ask_more(pad: OrderPad, reserved: int) -> None:
    """Request another capture of the payment in use, of which the rest was reserved anew (P-16)."""
    payment, attempt = pad.order.payment, pad.order.payment.times_captured + 1
    assert payment.payment_id is not None
    amount = pad.money(min(reserved, still_due(pad.order)))
    pad.put_payment(changed(payment, capture_asked=True, to_capture=amount.amount, captures=attempt))
    pad.ask(requests.CaptureRequested(capture_id(pad.order.id, attempt), payment.payment_id, amount))
    pad.arm(Deadline.CAPTURE, pad.policy.payment_answer)


def ask_beside(pad: OrderPad, other: Reservation) -> None:
    """Request the capture of the rest of the money, which was reserved under another payment id (P-16)."""
    ledger.put_other(pad, changed(other, collected=True))
    amount = pad.money(min(other.held, still_due(pad.order)))
    name = derive(pad.order.id, "capture", other.payment_id)
    pad.ask(requests.CaptureRequested(name, other.payment_id, amount))
    pad.arm(Deadline.CAPTURE, pad.policy.payment_answer, other.payment_id)


def undo(pad: OrderPad, payment: Payment) -> None:
    """Take a capture back that failed after all: the money is not there (P-13)."""
    taken = ledger.said(pad).amount
    left = payment.captured - taken
    gone = pad.order.state in DISPATCHED
    pad.put_payment(
        changed(
            payment,
            captured=left,
            voided=payment.authorised - left if left else 0,
            capture_asked=gone,
            captures=payment.times_captured,
            void_asked=False,
            voids=payment.times_voided,
        )
    )
    pad.alert(FAILED)
    ledger.tell(pad, ledger.UNDONE, payment.payment_id, taken)


def try_again(pad: OrderPad, payment: Payment) -> None:
    """Plan the next capture of money that was taken back, if the goods are gone (P-13)."""
    if payment.capture_asked:
        refuse(pad, payment)


def refund_excess(pad: OrderPad, payment: Payment) -> None:
    """Refund what was captured for a cancelled order, or beyond the total of one that became cheaper (F-11, O-26)."""
    if pad.order.state in ENDED:
        refund_requests.for_cancellation(pad, pad.order)
    else:
        refund_requests.for_reduction(pad, pad.order)
        cheques.compare_with_total(pad)
