"""Capture: taking the authorised money once the goods are sent (P-04)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.identity import derive
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.money import authorisation, cheques, refund_requests, void
from domain.orders.order import ENDED, Order, Payment, PaymentState, State
from domain.orders.scratchpad import OrderPad


def capture_id(order_id: str) -> str:
    """Return the id of the capture request."""
    return derive(order_id, "capture")


def for_goods(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether neither a capture nor a void was requested, and some of the authorised money is due."""
    return void.not_asked(pad, payment) and amount_to_capture(pad.order) > 0


def for_goods_gone(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the money was authorised only after the goods were sent (O-38)."""
    gone = pad.order.state in (State.SENT, State.DELIVERED, State.COMPLETED)
    return gone and authorisation.by_card(pad, payment) and for_goods(pad, payment) and not payment.raising


def ask(pad: OrderPad, payment: Payment) -> None:
    """Request the capture; raise the alert `captured_short` when it does not cover the total."""
    assert payment.payment_id is not None
    amount = pad.money(amount_to_capture(pad.order))
    pad.put_payment(changed(payment, capture_asked=True, to_capture=amount.amount))
    pad.ask(requests.CaptureRequested(capture_id(pad.order.id), payment.payment_id, amount))
    pad.arm(Deadline.CAPTURE, pad.policy.payment_answer)
    if amount.amount < pad.order.total:
        pad.alert("captured_short")


def amount_to_capture(order: Order) -> int:
    """Return the amount to capture, in minor units: less than authorised if the order became cheaper (O-26)."""
    return min(order.total, order.payment.authorised)


def due(order: Order) -> tuple[int, ...]:
    """Return the amounts that a capture may report, in minor units.

    For a card, that is the requested amount. For a cheque, it is the total when it was requested, when it was checked,
    or now.
    """
    payment = order.payment
    if order.payment_method == "cheque":
        return (payment.asked, payment.cheque_amount or order.total, order.total)
    return (payment.to_capture or amount_to_capture(order),)


def done(pad: OrderPad, payment: Payment) -> None:
    """Record the captured amount; the rest of the authorisation counts as voided."""
    fact = pad.received.fact
    assert isinstance(fact, facts.PaymentCaptured)
    amount = fact.amount.amount
    reserved = amount if cheques.by_cheque(pad, payment) else payment.authorised  # a cheque is taken at once (P-03)
    left = max(0, reserved - amount)  # what a capture leaves of a reserved amount is free again
    pad.put_payment(changed(payment, payment_id=fact.payment_id, authorised=reserved, captured=amount, voided=left))
    for kind in (Deadline.PAYMENT, Deadline.CHEQUE, Deadline.CHECK, Deadline.CAPTURE):
        pad.disarm(kind)
    pad.clear("capture_failed", "cheque_to_return", "amount_mismatch")
    pad.emit(events.PaymentChanged(PaymentState.CAPTURED, fact.amount))


def refund_excess(pad: OrderPad, payment: Payment) -> None:
    """Refund what was captured for a cancelled order, or beyond the total of one that became cheaper (F-11, O-26)."""
    if pad.order.state in ENDED:
        refund_requests.for_cancellation(pad, pad.order)
    else:
        refund_requests.for_reduction(pad, pad.order)
        cheques.compare_with_total(pad)
