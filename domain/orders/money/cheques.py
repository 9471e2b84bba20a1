"""Cheques: one that arrived is checked, authorised and validated by a person, in this order (P-02, P-03)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.scratchpad import Draft
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import events, facts
from domain.orders.money import payments
from domain.orders.order import ENDED, PaymentState

MISMATCH: Final = "cheque_mismatch"
TO_RETURN: Final = "cheque_to_return"
"""A cheque is here that nobody cashes any more: a person sends it back."""


def received(draft: Draft, fact: facts.ChequeReceived) -> Answer:
    """Note that the cheque is here: its deadline is met; a person checks it (P-02)."""
    payment = draft.order.payment
    if payment.refused_at is not None and draft.received.occurred_at <= payment.refused_at:
        return Outcome.LATE  # it is the cheque that bounced
    if payment.state is PaymentState.REFUSED and draft.order.state not in ENDED:
        return Outcome.PARKED  # the hub is about to ask again
    awaited = payment.state is PaymentState.REQUESTED and draft.order.payment_method == "cheque"
    if payment.cheque_received or not awaited:
        return Outcome.LATE
    draft.put_payment(changed(payment, cheque_received=True))
    draft.rules.append("P-02")
    draft.disarm(Deadline.CHEQUE)
    draft.emit(events.PaymentChanged("cheque_received", fact.amount))
    if draft.order.state in ENDED:
        called_off(draft)
    else:
        draft.arm(Deadline.CHECK, draft.policy.review)
    return Outcome.APPLIED


def called_off(draft: Draft) -> None:
    """Have a cheque that nobody has cashed sent back, now that its order is cancelled (O-27)."""
    payment = draft.order.payment
    if payment.cheque_received and payment.state is PaymentState.REQUESTED:
        draft.alert(TO_RETURN)


def check(draft: Draft, fact: desk.CheckCheque) -> Answer:
    """Note whether the cheque is signed and fits the order; one that doesn't needs a person (P-02)."""
    payment = draft.order.payment
    if not payment.cheque_received or payment.state is not PaymentState.REQUESTED:
        return Refusal("gate", "no cheque waits for its check", "wait until the cheque has arrived")
    draft.rules.append("P-02")
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
    draft.put_payment(changed(payment, cheque_checked=not wrong, cheque_amount=0 if wrong else draft.order.total))
    payments.weigh_cheque(draft)
    if wrong:
        draft.alert(MISMATCH, text=", ".join(wrong))
        return Outcome.APPLIED
    draft.clear(MISMATCH)
    draft.emit(events.PaymentChanged("cheque_checked"))
    return Outcome.APPLIED


def step(draft: Draft, fact: desk.AuthorizeCheque | desk.ValidateCheque) -> Answer:
    """Authorise a checked cheque, then validate it: only in this order (P-03)."""
    if payments.MACHINE.take(draft, draft.order.payment, type(fact)):
        return Outcome.APPLIED
    if isinstance(fact, desk.AuthorizeCheque):
        return Refusal("gate", "no checked cheque waits to be authorised", "check it first: payment.cheque.check")
    return Refusal("gate", "no authorised cheque waits to be validated", "authorise it: payment.cheque.authorize")
