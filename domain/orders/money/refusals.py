"""Refusals: an authorisation, a capture or a void that was refused, also after it was said to be done (P-04, P-13)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.money import authorisation, beside, capture, ledger, payments, void
from domain.orders.money.ledger import CAPTURED, REFUSED
from domain.orders.order import Order, PaymentState, Told
from domain.orders.scratchpad import OrderPad

_ANSWERED: Final = Late(Why.OVERTAKEN, "the attempt has its answer, or another one was made since")


def refused(pad: OrderPad, fact: facts.PaymentRefused) -> Answer:
    """Record a refusal of an authorisation (O-11, O-12), a capture (P-04) or a void (O-27); also a late one (P-13)."""
    payment = pad.order.payment
    if ledger.was_refused(payment, fact.request_id):
        return Late(Why.REPEATED, "the refusal of this request is in the books")
    taken = ledger.captured_by(payment, fact.request_id) or _taken_by_earlier_rules(pad.order, fact.request_id)
    if taken is not None:
        return _undone(pad, fact, taken)
    kind = _kind(pad, fact)
    if kind == "capture":
        return _capture_refused(pad, fact)
    return _void_refused(pad, fact) if kind == "void" else _authorisation_refused(pad, fact)


def _taken_by_earlier_rules(order: Order, request_id: str) -> Told | None:
    """Return the capture that earlier rules booked, or a person of a cheque: neither left an entry."""
    payment = order.payment
    current = authorisation.authorization_id(order.id, payment.attempt)
    if order.payment_method == "cheque" and payment.captured and request_id == current:
        return Told(CAPTURED, request_id, payment.payment_id or "", payment.captured)  # a person validated it
    entries = any(each.kind == CAPTURED and not each.struck for each in payment.told)
    if entries or not payment.captured or request_id != capture.capture_id(order.id):
        return None
    return Told(CAPTURED, request_id, payment.payment_id or "", payment.captured)


def _kind(pad: OrderPad, fact: facts.PaymentRefused) -> str:
    """Return what was refused: the request says so, else the fact itself."""
    if capture.attempt_of(pad, fact.request_id) is not None:
        return "capture"
    if void.attempt_of(pad, fact.request_id) is not None or beside.void_of(pad, fact.request_id) is not None:
        return "void"
    return fact.operation


def _undone(pad: OrderPad, fact: facts.PaymentRefused, taken: Told) -> Answer:
    payment = pad.order.payment
    ledger.strike(pad, taken)
    _note_refusal(pad, fact)
    pad.news = taken
    if taken.payment_id != (payment.payment_id or ""):
        return beside.undone(pad, taken)
    payments.MACHINE.take(pad, pad.order.payment, facts.PaymentRefused)
    return Outcome.APPLIED


def _note_refusal(pad: OrderPad, fact: facts.PaymentRefused) -> None:
    payment = pad.order.payment
    pad.put_payment(changed(payment, told=(*payment.told, Told(REFUSED, fact.request_id))))


def _of_no_use(attempt: int | None, made: int, *, asked: bool, failed: bool) -> Answer | None:
    """Return what becomes of a refusal of another attempt than the one that is open; None of that one.

    A refusal that names no request of the hub is one of the open attempt.
    """
    if attempt is None:
        attempt = made if asked else 0
    if not attempt:
        return Late(Why.NOT_ASKED, "nobody asked for what it refuses")
    if attempt > made:
        return Outcome.PARKED
    return _ANSWERED if attempt < made or not asked or failed else None


def _capture_refused(pad: OrderPad, fact: facts.PaymentRefused) -> Answer:
    payment = pad.order.payment
    attempt = capture.attempt_of(pad, fact.request_id)
    useless = _of_no_use(attempt, payment.times_captured, asked=payment.capture_asked, failed=payment.capture_failed)
    if useless is not None:
        return useless
    if payment.state is PaymentState.CAPTURED and not ledger.captured_by(payment, fact.request_id):
        return _rest_refused(pad, fact)
    if payment.state is not PaymentState.AUTHORISED:
        return Late(Why.SETTLED, f"nothing is left to take: the payment is {payment.state}")
    pad.rules.append("P-04")
    _note_refusal(pad, fact)
    capture.refuse(pad, pad.order.payment)
    return Outcome.APPLIED


def _rest_refused(pad: OrderPad, fact: facts.PaymentRefused) -> Answer:
    """Put the rest of money that was taken short before a person: the bank does not give it (P-16)."""
    pad.rules.append("P-16")
    _note_refusal(pad, fact)
    pad.disarm(Deadline.CAPTURE)
    pad.alert("captured_short")
    return Outcome.APPLIED


def _void_refused(pad: OrderPad, fact: facts.PaymentRefused) -> Answer:
    payment = pad.order.payment
    other = beside.void_of(pad, fact.request_id)
    if other is not None:
        if other.held <= 0 or other.void_failed:
            return Late(Why.SETTLED, "nothing is reserved there, or its refusal is known")
        pad.rules.append("P-13")
        _note_refusal(pad, fact)
        void.refuse_beside(pad, other)
        return Outcome.APPLIED
    attempt = void.attempt_of(pad, fact.request_id)
    useless = _of_no_use(attempt, payment.times_voided, asked=payment.void_asked, failed=payment.void_failed)
    if useless is not None:
        return useless
    if payment.state is not PaymentState.AUTHORISED:
        return Late(Why.SETTLED, f"nothing is left to set free: the payment is {payment.state}")
    pad.rules.append("O-27")
    _note_refusal(pad, fact)
    void.refuse(pad, pad.order.payment)
    return Outcome.APPLIED


def _authorisation_refused(pad: OrderPad, fact: facts.PaymentRefused) -> Answer:
    payment = pad.order.payment
    attempt = authorisation.attempt_of(pad.order, fact.request_id, pad.policy.payment_attempts)
    if attempt is None:
        return Late(Why.NOT_ASKED, "nobody asked for this authorisation")
    if attempt > payment.attempt:
        return Outcome.PARKED
    by_hand = pad.order.payment_method == "cheque" and payment.state is PaymentState.AUTHORISED
    if attempt < payment.attempt or not (authorisation.open_(payment) or by_hand):
        return _ANSWERED
    if payment.collecting:
        pad.rules.append("P-16")
        pad.disarm(Deadline.PAYMENT)
        pad.put_payment(changed(payment, collecting=False))
        pad.alert("captured_short")
        return Outcome.APPLIED
    payments.MACHINE.take(pad, payment, facts.PaymentRefused)
    return Outcome.APPLIED
