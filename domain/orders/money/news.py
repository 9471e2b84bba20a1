"""News of money: what the payment service says, booked once, acted on, or put before a person (P-10 to P-13)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.money import authorisation, beside, capture, ledger, payments, void
from domain.orders.money.ledger import AUTHORISED, CAPTURED, REFUSED, VOIDED
from domain.orders.order import Order, PaymentState, Told
from domain.orders.scratchpad import OrderPad

MISMATCH: Final = "amount_mismatch"
OPEN: Final = (PaymentState.REQUESTED, PaymentState.REFUSED)


def authorized(pad: OrderPad, fact: facts.PaymentAuthorized) -> Answer:
    """Use an authorisation of the amount that was asked for, and book every other one (P-01, P-10, P-11)."""
    told = ledger.entry(pad, AUTHORISED, fact.request_id, fact.payment_id, fact.amount)
    attempt = authorisation.attempt_of(pad.order, fact.request_id, pad.policy.payment_attempts)
    if attempt is not None and attempt > pad.order.payment.attempt:
        return Outcome.PARKED
    return _heard(pad, told) or reserve(pad, ledger.hear(pad, told), attempt)


def reserve(pad: OrderPad, told: Told, attempt: int | None) -> Answer:
    """Use a reservation that was asked for while none is in use; book it otherwise (P-10, P-11)."""
    payment = pad.order.payment
    right = attempt is not None and told.amount == authorisation.asked_for(pad.order, attempt)
    if right and _usable(pad, told) and payments.MACHINE.take(pad, payment, facts.PaymentAuthorized):
        return Outcome.APPLIED
    return beside.reserved(pad, told, ours=right, asked=attempt is not None)


def _usable(pad: OrderPad, told: Told) -> bool:
    """Tell whether nothing of it was set free or taken, and an answer to the newest request is not still awaited."""
    payment = pad.order.payment
    other = ledger.other(payment, told.payment_id)
    return other is None or other.voided + other.captured == 0


def _heard(pad: OrderPad, told: Told) -> Answer | None:
    """Return what becomes of a repeat, or of an amount in another currency; None for news."""
    payment = pad.order.payment
    if told.currency:
        if ledger.repeated(payment, told):
            return Late(Why.REPEATED)
        ledger.hear(pad, told)
        return beside.alert(pad, MISMATCH)
    return Late(Why.REPEATED) if ledger.repeated(payment, told) else None


def captured(pad: OrderPad, fact: facts.PaymentCaptured) -> Answer:
    """Book money that was taken, whoever asked for it (P-03, P-04, P-10)."""
    told = ledger.entry(pad, CAPTURED, fact.request_id, fact.payment_id, fact.amount)
    if _early(pad, fact.request_id):
        return Outcome.PARKED
    heard = _heard(pad, told)
    if heard is not None:
        return heard
    ledger.correct(pad, told)
    return take(pad, ledger.hear(pad, told), asked=_is_asked(pad, fact.request_id))


def _is_asked(pad: OrderPad, request_id: str) -> bool:
    """Tell whether it answers a request of the hub."""
    if pad.order.payment_method == "cheque":
        return authorisation.attempt_of(pad.order, request_id, pad.policy.payment_attempts) is not None
    return capture.attempt_of(pad, request_id) is not None


def _early(pad: OrderPad, request_id: str) -> bool:
    """Tell whether a capture answers a request of the hub that is still to come."""
    payment = pad.order.payment
    if pad.order.payment_method == "cheque":
        attempt = authorisation.attempt_of(pad.order, request_id, pad.policy.payment_attempts)
        bounced = payment.state is PaymentState.REFUSED and attempt == payment.attempt
        return attempt is not None and attempt > payment.attempt and not bounced
    attempt = capture.attempt_of(pad, request_id)
    return attempt is not None and attempt > payment.times_captured


def take(pad: OrderPad, told: Told, *, asked: bool) -> Answer:
    """Book money that was taken: of the payment in use, in its place, or beside it (P-04, P-10)."""
    order, payment = pad.order, pad.order.payment
    expected = told.amount in capture.due(order)
    known = ledger.other(payment, told.payment_id) is not None or told.payment_id == payment.payment_id
    in_place = told.payment_id == payment.payment_id
    if order.payment_method == "cheque":
        in_place = in_place or asked
    elif payment.state in payments.EMPTY:
        in_place = in_place or order.kind == "regular"
    if not (in_place and payments.MACHINE.take(pad, payment, facts.PaymentCaptured)):
        return beside.captured(pad, told)
    if not expected:
        pad.alert(MISMATCH)
    elif not known and order.payment_method != "cheque":
        pad.alert(ledger.UNEXPECTED)
    return Outcome.APPLIED


def voided(pad: OrderPad, fact: facts.PaymentVoided) -> Answer:
    """Book money that was set free, whoever asked for that (O-27, P-10, P-12)."""
    told = ledger.entry(pad, VOIDED, fact.request_id, fact.payment_id, fact.amount)
    attempt = void.attempt_of(pad, fact.request_id)
    if attempt is not None and attempt > pad.order.payment.times_voided:
        return Outcome.PARKED
    heard = _heard(pad, told)
    if heard is not None:
        return heard
    if pad.order.payment.state is PaymentState.AUTHORISED:
        ledger.correct(pad, told)
    return free(pad, told)


def free(pad: OrderPad, told: Told) -> Answer:
    """Book money that was set free: of the payment in use, or beside it (O-27, P-12)."""
    payment = pad.order.payment
    if told.payment_id != payment.payment_id:
        return beside.freed(pad, told)
    if payment.state is CAPTURED_STATE:
        return _after_capture(pad, told)
    if payment.state is not PaymentState.AUTHORISED:
        return Late(Why.SETTLED)
    exact = told.amount == payment.held
    ledger.hear(pad, told)
    payments.MACHINE.take(pad, pad.order.payment, facts.PaymentVoided)
    if not exact:
        pad.alert(MISMATCH)
    return Outcome.APPLIED


CAPTURED_STATE: Final = PaymentState.CAPTURED


def _after_capture(pad: OrderPad, told: Told) -> Answer:
    """Of money that was taken, only the rest is free; more than that contradicts the capture (P-10)."""
    if told.amount <= pad.order.payment.voided:
        return Late(Why.SETTLED)
    ledger.hear(pad, told)
    return beside.alert(pad, ledger.CONTRADICTED)


def refused(pad: OrderPad, fact: facts.PaymentRefused) -> Answer:
    """Record a refusal of an authorisation (O-11, O-12), a capture (P-04) or a void (O-27); also a late one (P-13)."""
    payment = pad.order.payment
    if ledger.was_refused(payment, fact.request_id):
        return Late(Why.REPEATED)
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
    entries = any(each.kind == CAPTURED for each in payment.told)
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


def _capture_refused(pad: OrderPad, fact: facts.PaymentRefused) -> Answer:
    payment = pad.order.payment
    attempt = capture.attempt_of(pad, fact.request_id)
    if attempt is None:
        attempt = payment.times_captured if payment.capture_asked else 0
    if not attempt:
        return Late(Why.NOT_ASKED)
    if attempt > payment.times_captured:
        return Outcome.PARKED
    if attempt < payment.times_captured or not payment.capture_asked or payment.capture_failed:
        return Late(Why.OVERTAKEN)
    if payment.state is PaymentState.CAPTURED and not ledger.captured_by(payment, fact.request_id):
        return _rest_refused(pad, fact)
    if payment.state is not PaymentState.AUTHORISED:
        return Late(Why.SETTLED)
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
            return Late(Why.SETTLED)
        pad.rules.append("P-13")
        _note_refusal(pad, fact)
        void.refuse_beside(pad, other)
        return Outcome.APPLIED
    attempt = void.attempt_of(pad, fact.request_id)
    if attempt is None:
        attempt = payment.times_voided if payment.void_asked else 0
    if not attempt:
        return Late(Why.NOT_ASKED)
    if attempt > payment.times_voided:
        return Outcome.PARKED
    if attempt < payment.times_voided or not payment.void_asked or payment.void_failed:
        return Late(Why.OVERTAKEN)
    if payment.state is not PaymentState.AUTHORISED:
        return Late(Why.SETTLED)
    pad.rules.append("O-27")
    _note_refusal(pad, fact)
    void.refuse(pad, pad.order.payment)
    return Outcome.APPLIED


def _authorisation_refused(pad: OrderPad, fact: facts.PaymentRefused) -> Answer:
    payment = pad.order.payment
    attempt = authorisation.attempt_of(pad.order, fact.request_id, pad.policy.payment_attempts)
    if attempt is None:
        return Late(Why.NOT_ASKED)
    if attempt > payment.attempt:
        return Outcome.PARKED
    by_hand = pad.order.payment_method == "cheque" and payment.state is PaymentState.AUTHORISED
    if attempt < payment.attempt or not (authorisation.open_(payment) or by_hand):
        return Late(Why.OVERTAKEN)
    if payment.collecting:
        pad.rules.append("P-16")
        pad.disarm(Deadline.PAYMENT)
        pad.put_payment(changed(payment, collecting=False))
        pad.alert("captured_short")
        return Outcome.APPLIED
    payments.MACHINE.take(pad, payment, facts.PaymentRefused)
    return Outcome.APPLIED
