"""Renewal: a reservation that runs out, or that the bank let go, is asked for anew before goods leave (P-12, P-14)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders.money import authorisation, ledger
from domain.orders.money.balance import still_due
from domain.orders.order import ORDERS, Order, Payment, PaymentState
from domain.orders.scratchpad import OrderPad

REFUSED: Final = "renewal_refused"
"""A reservation runs out, and the bank gave no new one."""


def wants_money(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order goes on, is paid by card, and its money is not taken yet."""
    live = pad.order.state in ORDERS["live"]
    return live and authorisation.by_card(pad, payment) and still_due(pad.order) > 0


def runs_out(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the money is still wanted, and neither a capture, a void nor another reservation was requested."""
    asked = payment.capture_asked or payment.void_asked or payment.raising
    return wants_money(pad, payment) and payment.expires_at is not None and not asked


def ask(pad: OrderPad, payment: Payment) -> None:
    """Request a new reservation; the one that runs out stays in use until then (P-14)."""
    pad.disarm(Deadline.PAYMENT_RETRY)
    authorisation.request(pad, changed(payment, raising=True, renewing=True))
    pad.arm(Deadline.PAYMENT, pad.policy.payment_answer)


def is_over(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the reservation has passed the expiry that the payment service gave (O-14)."""
    return payment.expires_at is not None and payment.expires_at <= pad.now


def over(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the reservation is over, its money is wanted, and no capture of it is under way."""
    under_way = (payment.capture_asked and not payment.capture_failed) or payment.void_asked
    left = payment.raising or payment.renewals < pad.policy.payment_attempts
    return is_over(pad, payment) and wants_money(pad, payment) and not under_way and left


def replace(pad: OrderPad, payment: Payment) -> None:
    """Put a reservation that is over beside, and request another one unless that was done already (P-14)."""
    asked = payment.raising
    ledger.set_aside(pad)
    pad.disarm(Deadline.RESERVATION)
    for kind in (Deadline.CAPTURE, Deadline.CAPTURE_RETRY):
        pad.disarm(kind)
    if not asked:
        pad.put_payment(changed(pad.order.payment, renewals=payment.renewals + 1))
        authorisation.ask(pad, pad.order.payment)


def let_go(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order still needs money, and what is left of the reservation does not cover it (P-12)."""
    left = payment.held - min(payment.held, ledger.said(pad).amount)
    return wants_money(pad, payment) and left < still_due(pad.order)


def lose(pad: OrderPad, payment: Payment) -> None:
    """Record that the reservation is gone, and request another one at once (P-12)."""
    gone = min(payment.held, ledger.said(pad).amount)
    pad.put_payment(changed(payment, voided=payment.voided + gone))
    ledger.tell(pad, PaymentState.VOIDED, payment.payment_id, gone)
    pad.clear("void_failed", "capture_failed")
    pad.alert(authorisation.LOST)
    asked = payment.raising
    ledger.set_aside(pad)
    for kind in (Deadline.RESERVATION, Deadline.VOID, Deadline.VOID_RETRY, Deadline.CAPTURE, Deadline.CAPTURE_RETRY):
        pad.disarm(kind)
    if not asked:
        authorisation.ask(pad, pad.order.payment)


def ask_instead(pad: OrderPad, payment: Payment) -> None:
    """Request another reservation in place of one of which the end was told before its beginning (P-12)."""
    pad.alert(authorisation.LOST)
    authorisation.ask(pad, payment)


def stands(pad: OrderPad) -> bool:
    """Tell whether the money of the order is reserved and not over, taken, or written off (P-14)."""
    payment = pad.order.payment
    return payment.state is not PaymentState.AUTHORISED or still_due(pad.order) <= 0 or not is_over(pad, payment)


def lost(order: Order) -> bool:
    """Tell whether an order that is under way has no reservation any more."""
    return order.payment.state is PaymentState.REFUSED and still_due(order) > 0
