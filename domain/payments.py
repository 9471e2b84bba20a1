"""Payments: asking for the money of an order, taking it when the goods are gone, setting it free otherwise."""

from dataclasses import replace
from enum import StrEnum
from typing import Final

from domain import events, facts, requests
from domain.deadlines import Deadline
from domain.decision import Answer, Outcome
from domain.draft import Draft
from domain.identity import derive
from domain.order import ENDED, Order, Payment, PaymentState
from domain.transitions import Machine, Step, Transition, states

NOT_REQUIRED, REQUESTED, REFUSED, AUTHORISED, CAPTURED, VOIDED = PaymentState


def authorization_id(order_id: str, attempt: int) -> str:
    """Return the id of the request for this attempt."""
    return derive(order_id, "authorization", attempt)


def capture_id(order_id: str) -> str:
    """Return the id of the request to take the money."""
    return derive(order_id, "capture")


def void_id(order_id: str) -> str:
    """Return the id of the request to set the money free."""
    return derive(order_id, "void")


def secured(order: Order) -> bool:
    """Tell whether the money is reserved or taken, or none is needed."""
    return order.payment.state in (NOT_REQUIRED, AUTHORISED, CAPTURED)


def _ask(draft: Draft, payment: Payment) -> None:
    order = draft.order
    attempt = payment.attempt + 1
    draft.put_payment(replace(payment, attempt=attempt))
    draft.ask(
        requests.AuthorizationRequested(
            authorization_id(order.id, attempt),
            order.number,
            order.customer_id,
            draft.money(order.total),
            order.payment_method,
            attempt,
        )
    )
    draft.arm(Deadline.PAYMENT, draft.policy.payment_answer)
    if order.payment_method == "cheque":
        draft.disarm(Deadline.PAYMENT)
        draft.arm(Deadline.CHEQUE, draft.policy.cheque_days)


def _reserve(draft: Draft, payment: Payment) -> None:
    fact = draft.received.fact
    assert isinstance(fact, facts.PaymentAuthorized)
    draft.put_payment(replace(payment, payment_id=fact.payment_id, authorised=fact.amount.amount))
    draft.refer("payment", "payment", fact.payment_id)
    draft.disarm(Deadline.PAYMENT)
    draft.disarm(Deadline.CHEQUE)
    draft.clear("amount_mismatch")
    draft.emit(events.PaymentChanged(AUTHORISED, fact.amount))


def _take_money(draft: Draft, payment: Payment) -> None:
    fact = draft.received.fact
    assert isinstance(fact, facts.PaymentCaptured)
    amount = fact.amount.amount
    reserved = payment.authorised or amount  # a cheque is reserved and taken at once (P-03)
    draft.put_payment(replace(payment, payment_id=fact.payment_id, authorised=reserved, captured=amount))
    for kind in (Deadline.PAYMENT, Deadline.CHEQUE, Deadline.CAPTURE):
        draft.disarm(kind)
    draft.clear("capture_failed")
    draft.emit(events.PaymentChanged(CAPTURED, fact.amount))


def _note_refusal(draft: Draft, payment: Payment) -> None:
    draft.disarm(Deadline.PAYMENT)
    draft.emit(events.PaymentChanged(REFUSED, reason=draft.reason))


def _ask_capture(draft: Draft, payment: Payment) -> None:
    assert payment.payment_id is not None
    draft.put_payment(replace(payment, capture_asked=True))
    amount = draft.money(payment.authorised)
    draft.ask(requests.CaptureRequested(capture_id(draft.order.id), payment.payment_id, amount))
    draft.arm(Deadline.CAPTURE, draft.policy.payment_answer)


def _ask_void(draft: Draft, payment: Payment) -> None:
    assert payment.payment_id is not None
    draft.put_payment(replace(payment, void_asked=True))
    amount = draft.money(payment.authorised)
    draft.ask(requests.VoidRequested(void_id(draft.order.id), payment.payment_id, amount))
    draft.arm(Deadline.VOID, draft.policy.payment_answer)


def _free(draft: Draft, payment: Payment) -> None:
    draft.put_payment(replace(payment, voided=payment.authorised))
    draft.disarm(Deadline.VOID)
    draft.clear("void_failed")
    draft.emit(events.PaymentChanged(VOIDED, draft.money(payment.authorised)))


def _by_cheque(draft: Draft, payment: Payment) -> bool:
    return draft.order.payment_method == "cheque"


def _not_asked(draft: Draft, payment: Payment) -> bool:
    return not payment.capture_asked and not payment.void_asked and payment.authorised > 0


def _unwanted(draft: Draft, payment: Payment) -> bool:
    return draft.order.state in ENDED and _not_asked(draft, payment)


TABLE: Final[tuple[Transition[Payment], ...]] = (
    Transition("O-05", (Step.ASK,), states(NOT_REQUIRED), REQUESTED, effects=(_ask,)),
    Transition("P-01", (facts.PaymentAuthorized,), states(REQUESTED), AUTHORISED, effects=(_reserve,)),
    Transition("P-01", (facts.PaymentRefused,), states(REQUESTED), REFUSED, effects=(_note_refusal,)),
    Transition("O-11", (Step.RETRY,), states(REFUSED), REQUESTED, effects=(_ask,)),
    Transition(
        "P-03", (facts.PaymentCaptured,), states(REQUESTED), CAPTURED, _by_cheque, (_take_money,), "paid by cheque"
    ),
    Transition("P-04", (Step.CAPTURE,), states(AUTHORISED), None, _not_asked, (_ask_capture,), "not asked yet"),
    Transition("P-04", (facts.PaymentCaptured,), states(AUTHORISED), CAPTURED, effects=(_take_money,)),
    Transition("O-27", (Step.AUTOMATIC,), states(AUTHORISED), None, _unwanted, (_ask_void,), "the order is cancelled"),
    Transition("O-27", (facts.PaymentVoided,), states(AUTHORISED), VOIDED, effects=(_free,)),
)


def _put(draft: Draft, payment: Payment, state: StrEnum) -> None:
    draft.put_payment(replace(payment, state=PaymentState(state)))


MACHINE: Final = Machine(
    "payment",
    TABLE,
    subjects=lambda draft: (draft.order.payment,),
    key=lambda payment: "payment",
    state=lambda payment: payment.state,
    put=_put,
)


def _asked(order: Order, request_id: str, limit: int) -> Outcome:
    """Say whether this authorisation was asked: now (applied), not yet (parked), or long ago (late)."""
    attempt = order.payment.attempt
    if request_id == authorization_id(order.id, attempt) and order.payment.state is REQUESTED:
        return Outcome.APPLIED
    later = (authorization_id(order.id, n) for n in range(attempt + 1, limit + 1))
    return Outcome.PARKED if request_id in later else Outcome.LATE


def authorized(draft: Draft, fact: facts.PaymentAuthorized) -> Answer:
    """Note the reserved amount when it is what was asked for (P-01)."""
    outcome = _asked(draft.order, fact.request_id, draft.policy.payment_attempts)
    if outcome is not Outcome.APPLIED:
        return outcome
    if fact.amount != draft.money(draft.order.total):
        return _mismatch(draft)
    MACHINE.take(draft, draft.order.payment, facts.PaymentAuthorized)
    return Outcome.APPLIED


def _mismatch(draft: Draft) -> Answer:
    if any(alert.name == "amount_mismatch" for alert in draft.order.alerts):
        return Outcome.LATE
    draft.alert("amount_mismatch")
    return Outcome.APPLIED


def refused(draft: Draft, fact: facts.PaymentRefused) -> Answer:
    """Note a refusal: of the authorisation (O-11, O-12), of the capture (P-04), or of setting free."""
    if fact.operation in ("capture", "void"):
        return _failed(draft, fact.operation)
    outcome = _asked(draft.order, fact.request_id, draft.policy.payment_attempts)
    if outcome is Outcome.APPLIED:
        MACHINE.take(draft, draft.order.payment, facts.PaymentRefused)
    return outcome


def _failed(draft: Draft, operation: str) -> Answer:
    payment, alert = draft.order.payment, f"{operation}_failed"
    if payment.state is not AUTHORISED or any(a.name == alert for a in draft.order.alerts):
        return Outcome.LATE
    if not (payment.capture_asked if operation == "capture" else payment.void_asked):
        return Outcome.PARKED
    draft.disarm(Deadline.CAPTURE if operation == "capture" else Deadline.VOID)
    draft.alert(alert)
    return Outcome.APPLIED


def captured(draft: Draft, fact: facts.PaymentCaptured) -> Answer:
    """Note the money taken, when it was asked for (P-04), or the cheque cashed (P-03)."""
    order, payment = draft.order, draft.order.payment
    if payment.state in (CAPTURED, VOIDED):
        return Outcome.LATE
    if order.payment_method == "cheque":
        outcome = _asked(order, fact.request_id, draft.policy.payment_attempts)
        if outcome is not Outcome.APPLIED:
            return outcome
    elif fact.request_id != capture_id(order.id):
        return Outcome.LATE
    elif payment.state is not AUTHORISED or not payment.capture_asked:
        return Outcome.PARKED
    if fact.amount != draft.money(payment.authorised or order.total):
        return _mismatch(draft)
    MACHINE.take(draft, payment, facts.PaymentCaptured)
    return Outcome.APPLIED


def voided(draft: Draft, fact: facts.PaymentVoided) -> Answer:
    """Note that the reserved money is free again."""
    payment = draft.order.payment
    if payment.state in (CAPTURED, VOIDED) or fact.request_id != void_id(draft.order.id):
        return Outcome.LATE
    if not payment.void_asked:
        return Outcome.PARKED
    MACHINE.take(draft, payment, facts.PaymentVoided)
    return Outcome.APPLIED


def cheque_received(draft: Draft, fact: facts.ChequeReceived) -> Answer:
    """Note that the cheque is here: its deadline is met; a person checks it (P-02)."""
    payment = draft.order.payment
    if payment.state is REFUSED and draft.order.state not in ENDED:
        return Outcome.PARKED  # the hub is about to ask again
    if payment.cheque_received or payment.state is not REQUESTED or draft.order.payment_method != "cheque":
        return Outcome.LATE
    draft.put_payment(replace(payment, cheque_received=True))
    draft.rules.append("P-02")
    draft.disarm(Deadline.CHEQUE)
    draft.arm(Deadline.PAYMENT, draft.policy.cheque_days)
    draft.emit(events.PaymentChanged("cheque_received", fact.amount))
    return Outcome.APPLIED
