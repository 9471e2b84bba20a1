"""News of money: what the payment service says, booked once, acted on, or put before a person (P-10 to P-13)."""

from collections.abc import Sequence
from typing import Final

from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.orders import facts
from domain.orders.money import authorisation, beside, capture, ledger, payments, void
from domain.orders.money.ledger import AUTHORISED, CAPTURED, VOIDED
from domain.orders.order import PAYMENTS, PaymentState, Reservation, Told
from domain.orders.scratchpad import OrderPad
from domain.orders.steps import Step

MISMATCH: Final = "amount_mismatch"
_BOOKED: Final = Late(Why.REPEATED, "this amount of this request is in the books")
OPEN: Final = PAYMENTS["open"]


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
    before = ledger.other(payment, told.payment_id)
    booked = beside.reserved(pad, told, ours=right, asked=attempt is not None)
    if right and attempt == payment.attempt and _is_gone(pad, told):
        was_unexpected = before is not None and not before.ours  # its end was told before it was
        if was_unexpected and not payment.captured and all(each.ours and not each.captured for each in _others(pad)):
            pad.clear(ledger.UNEXPECTED)
        payments.MACHINE.take(pad, pad.order.payment, Step.GONE_BEFORE)
    return booked


def _others(pad: OrderPad) -> Sequence[Reservation]:
    return pad.order.payment.others


def _usable(pad: OrderPad, told: Told) -> bool:
    """Tell whether nothing of it was set free or taken, and an answer to the newest request is not still awaited."""
    payment = pad.order.payment
    other = ledger.other(payment, told.payment_id)
    return other is None or other.voided + other.captured == 0


def _is_gone(pad: OrderPad, told: Told) -> bool:
    """Tell whether all of a reservation was set free before it was told, and none of it taken."""
    other = ledger.other(pad.order.payment, told.payment_id)
    return other is not None and not other.captured and other.held <= 0


def _heard(pad: OrderPad, told: Told) -> Answer | None:
    """Return what becomes of a repeat, or of an amount in another currency; None for news."""
    payment = pad.order.payment
    if told.currency:
        if ledger.repeated(payment, told):
            return _BOOKED
        ledger.hear(pad, told)
        return beside.alert(pad, ledger.CURRENCY)
    return _BOOKED if ledger.repeated(payment, told) else None


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
        return Late(Why.SETTLED, f"nothing of the payment is reserved: it is {payment.state}")
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
        return Late(Why.SETTLED, "as much of the payment is free already")
    ledger.hear(pad, told)
    return beside.alert(pad, ledger.CONTRADICTED)
