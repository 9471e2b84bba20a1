"""Void: releasing authorised money that is not needed any more (O-27)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.identity import derive
from domain.deciding.values import changed
from domain.orders import events, requests
from domain.orders.order import ENDED, Payment, PaymentState
from domain.orders.scratchpad import OrderPad


def void_id(order_id: str) -> str:
    """Return the id of the void request."""
    return derive(order_id, "void")


def not_asked(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether neither a capture nor a void of the authorised money was requested."""
    return not payment.capture_asked and not payment.void_asked and payment.authorised > 0


def unwanted(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order is cancelled, and its money still authorised on a card."""
    on_a_card = payment.payment_id is not None  # a cheque that nobody cashed is sent back by hand
    settled = not payment.raising  # the answer says how much there is to set free
    return pad.order.state in ENDED and not_asked(pad, payment) and on_a_card and settled


def ask(pad: OrderPad, payment: Payment) -> None:
    """Request that the whole authorisation is voided."""
    assert payment.payment_id is not None
    pad.put_payment(changed(payment, void_asked=True))
    amount = pad.money(payment.authorised)
    pad.ask(requests.VoidRequested(void_id(pad.order.id), payment.payment_id, amount))
    pad.arm(Deadline.VOID, pad.policy.payment_answer)


def done(pad: OrderPad, payment: Payment) -> None:
    """Record that the authorisation is voided."""
    pad.put_payment(changed(payment, voided=payment.authorised))
    pad.disarm(Deadline.VOID)
    pad.clear("void_failed", "amount_mismatch")
    pad.emit(events.PaymentChanged(PaymentState.VOIDED, pad.money(payment.authorised)))
