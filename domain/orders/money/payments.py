"""Payments: the payment's table of transitions, and the messages that move it.

The guards and effects of `TABLE` are in `authorisation`, `increase`, `capture`, `void` and `cheques`.
"""

from enum import StrEnum
from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.machine import Machine
from domain.deciding.transitions import Step, row
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import facts
from domain.orders.money import authorisation, capture, cheques, increase, void
from domain.orders.order import Order, Payment, PaymentState
from domain.orders.scratchpad import OrderPad, OrderTransition

NOT_REQUIRED: Final = PaymentState.NOT_REQUIRED
REQUESTED: Final = PaymentState.REQUESTED
REFUSED: Final = PaymentState.REFUSED
AUTHORISED: Final = PaymentState.AUTHORISED
CAPTURED: Final = PaymentState.CAPTURED
VOIDED: Final = PaymentState.VOIDED
UNCASHED: Final = (REQUESTED, AUTHORISED, VOIDED)
TAKEN: Final = (capture.done, capture.refund_excess)
CASHED: Final = (cheques.cash, capture.refund_excess)

TABLE: Final[tuple[OrderTransition[Payment], ...]] = (
    row("O-05", NOT_REQUIRED, Step.ASK, REQUESTED, then=authorisation.ask),
    row("P-01", REQUESTED, facts.PaymentAuthorized, AUTHORISED, when=authorisation.by_card, then=authorisation.granted),
    row("P-01", REQUESTED, facts.PaymentRefused, REFUSED, then=authorisation.refused),
    row("O-11", REFUSED, Step.RETRY, REQUESTED, then=authorisation.ask),
    row("P-03", UNCASHED, facts.PaymentCaptured, CAPTURED, when=cheques.by_cheque, then=TAKEN),
    row("O-26", REFUSED, Step.AUTOMATIC, NOT_REQUIRED, when=authorisation.free_now, then=authorisation.stop_retries),
    row("O-26", NOT_REQUIRED, Step.AUTOMATIC, REQUESTED, when=authorisation.no_longer_free, then=authorisation.ask),
    row("O-26", AUTHORISED, Step.AUTOMATIC, when=increase.just_grown, then=increase.ask),
    row("O-26", AUTHORISED, Step.RETRY, when=increase.grown, then=increase.ask),
    row("O-26", AUTHORISED, facts.PaymentAuthorized, when=increase.under_way, then=increase.granted),
    row("O-26", AUTHORISED, facts.PaymentRefused, when=increase.under_way, then=increase.refused),
    row("P-04", AUTHORISED, Step.CAPTURE, when=capture.for_goods, then=capture.ask),
    row("P-04", AUTHORISED, Step.CAPTURE, when=void.not_asked, then=void.ask),
    row("P-04", AUTHORISED, Step.AUTOMATIC, when=capture.for_goods_gone, then=capture.ask),
    row("P-03", REQUESTED, desk.AuthorizeCheque, AUTHORISED, when=cheques.checked, then=cheques.accept),
    row("P-03", AUTHORISED, desk.ValidateCheque, CAPTURED, when=cheques.by_cheque, then=CASHED),
    row("P-04", AUTHORISED, facts.PaymentCaptured, CAPTURED, then=TAKEN),
    row("O-27", AUTHORISED, Step.AUTOMATIC, when=void.unwanted, then=void.ask),
    row("O-27", AUTHORISED, Step.AUTOMATIC, VOIDED, when=cheques.given_back, then=cheques.give_back),
    row("O-27", AUTHORISED, facts.PaymentVoided, VOIDED, then=void.done),
)


def _put(pad: OrderPad, payment: Payment, state: StrEnum) -> None:
    pad.put_payment(changed(payment, state=PaymentState(state)))


MACHINE: Final = Machine(
    "payment",
    TABLE,
    PaymentState,
    begins=(NOT_REQUIRED,),
    subjects=lambda pad: (pad.order.payment,),
    key=lambda payment: "payment",
    state=lambda payment: payment.state,
    put=_put,
)


def covered(order: Order) -> bool:
    """Tell whether the authorised or captured money covers the total, or none is needed."""
    payment = order.payment
    if payment.state is NOT_REQUIRED:
        return order.total == 0 or order.payment_method == "none"
    enough = order.total <= (payment.captured if payment.state is CAPTURED else payment.authorised)
    return enough and payment.state in (AUTHORISED, CAPTURED)


def secured(order: Order) -> bool:
    """Tell whether the order is paid for as O-08 requires.

    The money is authorised on a card, captured from a cheque, or not needed.
    """
    by_hand = order.payment_method == "cheque" and order.payment.cheque_checked
    return covered(order) and not (by_hand and order.payment.state is AUTHORISED)


def expired(pad: OrderPad) -> bool:
    """Tell whether the authorisation has passed the expiry given by the payment service (O-14)."""
    payment = pad.order.payment
    return payment.state is AUTHORISED and payment.expires_at is not None and payment.expires_at <= pad.now


def authorized(pad: OrderPad, fact: facts.PaymentAuthorized) -> Answer:
    """Record an authorisation if its amount is the requested one (P-01)."""
    outcome = authorisation.stance(pad.order, fact.request_id, pad.policy.payment_attempts)
    if outcome is not Outcome.APPLIED:
        return outcome
    if fact.amount != pad.money(pad.order.payment.asked or pad.order.total):
        return pad.mismatch("P-01")
    MACHINE.take(pad, pad.order.payment, facts.PaymentAuthorized)
    return Outcome.APPLIED


def refused(pad: OrderPad, fact: facts.PaymentRefused) -> Answer:
    """Record a refusal of an authorisation (O-11, O-12), a capture (P-04) or a void (O-27)."""
    if fact.operation in ("capture", "void"):
        return _failed(pad, fact.operation)
    outcome = authorisation.stance(pad.order, fact.request_id, pad.policy.payment_attempts)
    if outcome is Outcome.APPLIED:
        MACHINE.take(pad, pad.order.payment, facts.PaymentRefused)
    return outcome


def _failed(pad: OrderPad, operation: str) -> Answer:
    payment, alert = pad.order.payment, f"{operation}_failed"
    if payment.state is not AUTHORISED or any(a.name == alert for a in pad.order.alerts):
        return Outcome.LATE
    if not (payment.capture_asked if operation == "capture" else payment.void_asked):
        return Outcome.PARKED
    pad.rules.append("P-04" if operation == "capture" else "O-27")
    pad.disarm(Deadline.CAPTURE if operation == "capture" else Deadline.VOID)
    pad.alert(alert)
    return Outcome.APPLIED


def captured(pad: OrderPad, fact: facts.PaymentCaptured) -> Answer:
    """Record a requested capture (P-04), or a cashed cheque (P-03)."""
    order, payment = pad.order, pad.order.payment
    by_cheque = order.payment_method == "cheque"
    if payment.state is CAPTURED or (payment.state is VOIDED and not by_cheque):
        return Outcome.LATE
    if by_cheque:
        outcome = _cashable(order, fact.request_id, pad.policy.payment_attempts)
        if outcome is not Outcome.APPLIED:
            return outcome
    elif fact.request_id != capture.capture_id(order.id):
        return Outcome.LATE
    elif payment.state is not AUTHORISED or not payment.capture_asked:
        return Outcome.PARKED
    if fact.amount not in (pad.money(due) for due in capture.due(order)):
        return pad.mismatch("P-01")
    MACHINE.take(pad, payment, facts.PaymentCaptured)
    return Outcome.APPLIED


def _cashable(order: Order, request_id: str, limit: int) -> Outcome:
    """Return how a cashed cheque relates to the requests sent so far.

    It is applied also when a person authorised the cheque by hand, or the order was cancelled meanwhile.
    """
    payment = order.payment
    by_hand = payment.state in (AUTHORISED, VOIDED)
    if by_hand and request_id == authorisation.authorization_id(order.id, payment.attempt):
        return Outcome.APPLIED
    return authorisation.stance(order, request_id, limit)


def voided(pad: OrderPad, fact: facts.PaymentVoided) -> Answer:
    """Record that the authorisation is voided (O-27)."""
    payment = pad.order.payment
    if payment.state in (CAPTURED, VOIDED) or fact.request_id != void.void_id(pad.order.id):
        return Outcome.LATE
    if not payment.void_asked:
        return Outcome.PARKED
    if fact.amount != pad.money(payment.authorised):
        return pad.mismatch("P-01")
    MACHINE.take(pad, payment, facts.PaymentVoided)
    return Outcome.APPLIED


def step_cheque(pad: OrderPad, fact: desk.AuthorizeCheque | desk.ValidateCheque) -> Answer:
    """Authorise a checked cheque, or validate an authorised one (P-03)."""
    if MACHINE.take(pad, pad.order.payment, type(fact)):
        return Outcome.APPLIED
    if isinstance(fact, desk.AuthorizeCheque):
        return Refusal("gate", "no checked cheque waits to be authorised", "check it first: payment.cheque.check")
    return Refusal("gate", "no authorised cheque waits to be validated", "authorise it: payment.cheque.authorize")


def reprice(pad: OrderPad) -> None:
    """Follow a change of the total: allow an increase that was given up to be requested again (O-26)."""
    payment = pad.order.payment
    if payment.raises and not payment.raising:
        pad.put_payment(changed(payment, raises=0))
        pad.disarm(Deadline.PAYMENT_RETRY)
    if covered(pad.order):
        pad.clear("increase_refused")
    cheques.compare_with_total(pad)


def clear_retries(pad: OrderPad, fact: desk.ClearRetries) -> Answer:
    """Cancel the attempts still planned after a payment has succeeded (P-05)."""
    payment = pad.order.payment
    if payment.state not in (AUTHORISED, CAPTURED):
        return Refusal("gate", "no payment of this order has succeeded", "wait for it, or cancel the order")
    authorisation.clear_retries(pad)
    if payment.raises and increase.grown(pad, payment):
        pad.alert("increase_refused")
    return Outcome.APPLIED
