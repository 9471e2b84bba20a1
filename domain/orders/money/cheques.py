"""Cheques: receiving, checking and cashing a cheque, or giving it back (P-02, P-03)."""

from typing import Final

from contracts import commands as desk
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Refusal, Why
from domain.deciding.values import changed
from domain.orders import events, facts
from domain.orders.money import void
from domain.orders.money.balance import still_due
from domain.orders.order import DISPATCHED, ENDED, PAYMENTS, Payment, PaymentState
from domain.orders.scratchpad import UNEXPECTED, OrderPad

_CASHED: Final = PAYMENTS["covered"]
MISMATCH: Final = "cheque_mismatch"
TO_RETURN: Final = "cheque_to_return"
"""A cheque is here that nobody cashes any more: a person sends it back."""


def by_cheque(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order is paid by cheque."""
    return pad.order.payment_method == "cheque"


def checked(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order is paid by a cheque that was checked."""
    return by_cheque(pad, payment) and payment.cheque_checked


def given_back(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the order is cancelled or other money pays for it, and its cheque not cashed."""
    return payment.payment_id is None and (pad.order.state in ENDED or _paid_otherwise(pad))


def not_needed(pad: OrderPad, payment: Payment) -> bool:
    """Tell whether the hub waits for a cheque, or for its check, of an order that other money pays for."""
    waits = any(timer.kind in (Deadline.CHEQUE, Deadline.CHECK) for timer in pad.order.timers)
    return waits and by_cheque(pad, payment) and _paid_otherwise(pad)


def _paid_otherwise(pad: OrderPad) -> bool:
    return pad.order.state in DISPATCHED and still_due(pad.order) <= 0


def expect_no_more(pad: OrderPad, payment: Payment) -> None:
    """Wait for no cheque any more; raise the alert `cheque_to_return` if one is here."""
    pad.disarm(Deadline.CHEQUE)
    pad.disarm(Deadline.CHECK)
    called_off(pad)


def received(pad: OrderPad, fact: facts.ChequeReceived) -> Answer:
    """Record that the cheque has arrived, and set the deadline for its check (P-02); an unwanted one is sent back."""
    payment = pad.order.payment
    if payment.refused_at is not None and pad.received.occurred_at < payment.refused_at:
        return Late(Why.REPEATED, "it is the cheque that bounced")
    if payment.state is PaymentState.REFUSED and pad.order.state not in ENDED:
        return Outcome.PARKED  # the hub is about to ask again
    awaited = payment.state is PaymentState.REQUESTED and pad.order.payment_method == "cheque"
    if payment.cheque_received or (by_cheque(pad, payment) and payment.state in _CASHED):
        return Late(Why.REPEATED, "the cheque is here")
    if not awaited:
        return pad.alert_once(TO_RETURN, UNEXPECTED)
    pad.put_payment(changed(payment, cheque_received=True))
    pad.rules.append("P-02")
    pad.disarm(Deadline.CHEQUE)
    pad.emit(events.PaymentChanged("cheque_received", fact.amount))
    if pad.order.state in ENDED:
        called_off(pad)
    else:
        pad.arm(Deadline.CHECK, pad.policy.review)
    return Outcome.APPLIED


def check(pad: OrderPad, fact: desk.CheckCheque) -> Answer:
    """Record the result of the check; a cheque that fails it raises the alert `cheque_mismatch` (P-02)."""
    payment = pad.order.payment
    if not payment.cheque_received or payment.state is not PaymentState.REQUESTED:
        return Refusal("gate", "no cheque waits for its check", "wait until the cheque has arrived")
    pad.rules.append("P-02")
    wrong = [
        what
        for what, right in (
            ("signature", fact.signed),
            ("amount", fact.amount),
            ("billing address", fact.billing_address),
            ("name", fact.customer_name),
        )
        if not right
    ]
    pad.put_payment(changed(payment, cheque_checked=not wrong, cheque_amount=0 if wrong else pad.order.total))
    compare_with_total(pad)
    if wrong:
        pad.alert(MISMATCH, text=", ".join(wrong))
        return Outcome.APPLIED
    pad.clear(MISMATCH)
    pad.emit(events.PaymentChanged("cheque_checked"))
    return Outcome.APPLIED


def called_off(pad: OrderPad) -> None:
    """Raise the alert `cheque_to_return` if the order has an uncashed cheque that it doesn't need (O-27)."""
    payment = pad.order.payment
    if payment.cheque_received and payment.state is PaymentState.REQUESTED:
        pad.alert(TO_RETURN)


def compare_with_total(pad: OrderPad) -> None:
    """Raise the alert `cheque_short` if the order costs more than its cheque is for, else clear it (O-26).

    A cheque cannot be increased, so a person decides.
    """
    order, payment = pad.order, pad.order.payment
    worth = payment.captured or payment.authorised or payment.cheque_amount or payment.asked
    lives = order.state not in ENDED and payment.state in PAYMENTS["chequed"]
    if order.payment_method == "cheque" and lives and order.total > worth:
        pad.alert("cheque_short")
    else:
        pad.clear("cheque_short")


def forget(pad: OrderPad, payment: Payment) -> None:
    """Discard what was recorded about a bounced cheque, so that another one can arrive."""
    at = pad.received.occurred_at
    pad.put_payment(changed(payment, cheque_received=False, cheque_checked=False, cheque_amount=0, refused_at=at))
    pad.disarm(Deadline.CHECK)
    pad.clear(MISMATCH, TO_RETURN)


def bounce(pad: OrderPad, payment: Payment) -> None:
    """Record that the money of a cheque is not there after all (P-13)."""
    if payment.captured:
        pad.emit(events.PaymentChanged("capture_undone", pad.money(payment.captured), reason=pad.reason))
    pad.put_payment(changed(payment, authorised=0, captured=0, voided=0))
    forget(pad, pad.order.payment)
    pad.alert("capture_failed")
    pad.emit(events.PaymentChanged(PaymentState.REFUSED, reason=pad.reason))


def accept(pad: OrderPad, payment: Payment) -> None:
    """Record the cheque's amount as authorised (P-03)."""
    amount = payment.cheque_amount or pad.order.total  # checked by earlier rules: no amount was noted
    pad.put_payment(changed(payment, authorised=amount))
    pad.arm(Deadline.CHECK, pad.policy.review)
    pad.emit(events.PaymentChanged(PaymentState.AUTHORISED, pad.money(amount)))


def cash(pad: OrderPad, payment: Payment) -> None:
    """Record the authorised amount as captured (P-03)."""
    pad.put_payment(changed(payment, captured=payment.authorised))
    pad.disarm(Deadline.CHECK)
    pad.emit(events.PaymentChanged(PaymentState.CAPTURED, pad.money(payment.authorised)))


def give_back(pad: OrderPad, payment: Payment) -> None:
    """Void the amount, and raise the alert `cheque_to_return`."""
    void.done(pad, payment)
    pad.disarm(Deadline.CHECK)
    pad.alert(TO_RETURN)
