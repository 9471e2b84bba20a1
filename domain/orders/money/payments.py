"""Payments: the payment's table of transitions, and the messages that move it.

The guards and effects of `TABLE` are in `authorisation`, `increase`, `capture`, `void` and `cheques`.
"""

from enum import StrEnum
from typing import Final

from contracts import commands as desk
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.machine import Machine
from domain.deciding.transitions import otherwise, row
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.money import authorisation, capture, cheques, increase, renewal, void
from domain.orders.money.balance import still_due
from domain.orders.order import PAYMENTS, Order, Payment, PaymentState
from domain.orders.scratchpad import OrderPad, OrderTransition
from domain.orders.steps import Step

NOT_REQUIRED: Final = PaymentState.NOT_REQUIRED
REQUESTED: Final = PaymentState.REQUESTED
REFUSED: Final = PaymentState.REFUSED
AUTHORISED: Final = PaymentState.AUTHORISED
CAPTURED: Final = PaymentState.CAPTURED
VOIDED: Final = PaymentState.VOIDED
ANY: Final = frozenset(PaymentState)
UNCASHED: Final = PAYMENTS["asked_for"]
EMPTY: Final = PAYMENTS["empty"]
"""The states in which no reserved money is in use: what is taken now takes its place."""
OPEN: Final = PAYMENTS["open"]
COVERED: Final = PAYMENTS["covered"]
TAKEN: Final = (capture.done, capture.refund_excess)
CASHED: Final = (cheques.cash, capture.refund_excess)

TABLE: Final[tuple[OrderTransition[Payment], ...]] = (
    row("O-05", NOT_REQUIRED, Step.ASK, REQUESTED, when=authorisation.wanted, then=authorisation.ask),
    row("P-01", OPEN, facts.PaymentAuthorized, AUTHORISED, when=authorisation.by_card, then=authorisation.granted),
    row("P-01", REQUESTED, facts.PaymentRefused, REFUSED, then=authorisation.refused),
    row("O-11", REFUSED, Step.RETRY, REQUESTED, when=authorisation.wanted, then=authorisation.ask),
    row("P-03", UNCASHED, facts.PaymentCaptured, CAPTURED, when=cheques.by_cheque, then=TAKEN),
    row("O-26", REFUSED, Step.AUTOMATIC, NOT_REQUIRED, when=authorisation.free_now, then=authorisation.stop_retries),
    row("O-26", NOT_REQUIRED, Step.AUTOMATIC, REQUESTED, when=authorisation.no_longer_free, then=authorisation.ask),
    row("O-26", AUTHORISED, Step.AUTOMATIC, when=increase.just_grown, then=increase.ask),
    row("O-26", AUTHORISED, Step.RETRY, when=increase.grown, then=increase.ask),
    row("O-26", AUTHORISED, facts.PaymentAuthorized, when=increase.under_way, then=increase.granted),
    row("O-26", AUTHORISED, facts.PaymentRefused, when=increase.under_way, then=increase.refused),
    row("P-04", AUTHORISED, Step.CAPTURE, when=capture.for_goods, then=capture.ask),
    row("P-04", AUTHORISED, Step.CAPTURE, when=void.nothing_due, then=void.ask),
    row("P-04", AUTHORISED, Step.AUTOMATIC, when=capture.for_goods_gone, then=capture.ask),
    row("P-03", REQUESTED, desk.AuthorizeCheque, AUTHORISED, when=cheques.checked, then=cheques.accept),
    row("P-03", AUTHORISED, desk.ValidateCheque, CAPTURED, when=cheques.by_cheque, then=CASHED),
    row("P-04", AUTHORISED, facts.PaymentCaptured, CAPTURED, then=TAKEN),
    row("P-10", PAYMENTS["accepts"], facts.PaymentCaptured, CAPTURED, when=authorisation.by_card, then=TAKEN),
    row("P-11", ANY, Step.AUTOMATIC, when=void.unneeded, then=void.set_free),
    row("P-10", REQUESTED, Step.AUTOMATIC, when=cheques.not_needed, then=cheques.expect_no_more),
    row("P-13", AUTHORISED, Step.CAPTURE_AGAIN, when=capture.failed_before, then=capture.ask),
    row("P-13", AUTHORISED, Step.AUTOMATIC, when=void.paid_otherwise, then=void.ask_instead),
    row("P-13", AUTHORISED, Step.VOID_AGAIN, when=void.failed_before, then=void.ask),
    row("P-13", COVERED, facts.PaymentRefused, REFUSED, when=cheques.by_cheque, then=cheques.bounce),
    row("P-13", CAPTURED, facts.PaymentRefused, when=capture.partly, then=capture.undo),
    row("P-13", CAPTURED, facts.PaymentRefused, AUTHORISED, when=otherwise, then=(capture.undo, capture.try_again)),
    row("P-14", AUTHORISED, Step.RENEW, when=renewal.runs_out, then=renewal.ask),
    row("P-14", AUTHORISED, Step.RETRY, when=renewal.runs_out, then=renewal.ask),
    row("P-14", AUTHORISED, Step.AUTOMATIC, REQUESTED, when=renewal.over, then=renewal.replace),
    row("P-12", AUTHORISED, facts.PaymentVoided, REQUESTED, when=renewal.let_go, then=renewal.lose),
    row("P-12", REQUESTED, Step.GONE_BEFORE, when=renewal.wants_money, then=renewal.ask_instead),
    row("O-27", AUTHORISED, Step.AUTOMATIC, when=void.unwanted, then=void.ask),
    row("O-27", AUTHORISED, Step.AUTOMATIC, VOIDED, when=cheques.given_back, then=cheques.give_back),
    row("O-27", AUTHORISED, facts.PaymentVoided, VOIDED, when=void.whole, then=void.done),
    row("P-10", AUTHORISED, facts.PaymentVoided, when=otherwise, then=void.part),
)


def _put(pad: OrderPad, payment: Payment, state: StrEnum) -> None:
    pad.put_payment(changed(payment, state=PaymentState(state)))


MACHINE: Final = Machine(
    "payment",
    TABLE,
    PaymentState,
    begins=(NOT_REQUIRED,),
    ends=(NOT_REQUIRED, CAPTURED, VOIDED),
    subjects=lambda pad: (pad.order.payment,),
    key=lambda payment: "payment",
    state=lambda payment: payment.state,
    put=_put,
)


def covered(order: Order) -> bool:
    """Tell whether the authorised or captured money covers the total, or none is needed, or the rest is written off."""
    payment = order.payment
    if payment.state is NOT_REQUIRED:
        return still_due(order) <= 0 or order.payment_method == "none"
    wanted = order.total - payment.written_off - sum(other.captured for other in payment.others)
    there = payment.captured if payment.state is CAPTURED else payment.authorised - payment.voided
    return wanted <= (there if payment.state in COVERED else 0)


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
    if payment.state not in COVERED:
        return Refusal("gate", "no payment of this order has succeeded", "wait for it, or cancel the order")
    authorisation.clear_retries(pad)
    if payment.raises and increase.grown(pad, payment):
        pad.alert("increase_refused")
    return Outcome.APPLIED
