"""Cheques: one that arrived is checked, authorised and validated by a person, in this order (P-02, P-03)."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import events, facts
from domain.orders.money import payments
from domain.orders.order import ENDED, PaymentState

MISMATCH: Final = "cheque_mismatch"
TO_RETURN: Final = "cheque_to_return"
"""A cheque is here that nobody cashes any more: a person sends it back."""


def received(pad: Scratchpad, fact: facts.ChequeReceived) -> Answer:
    """Note that the cheque is here: its deadline is met; a person checks it (P-02)."""
    payment = pad.order.payment
    if payment.refused_at is not None and pad.received.occurred_at <= payment.refused_at:
        return Outcome.LATE  # it is the cheque that bounced
    if payment.state is PaymentState.REFUSED and pad.order.state not in ENDED:
        return Outcome.PARKED  # the hub is about to ask again
    awaited = payment.state is PaymentState.REQUESTED and pad.order.payment_method == "cheque"
    if payment.cheque_received or not awaited:
        return Outcome.LATE
    pad.put_payment(changed(payment, cheque_received=True))
    pad.rules.append("P-02")
    pad.disarm(Deadline.CHEQUE)
    pad.emit(events.PaymentChanged("cheque_received", fact.amount))
    if pad.order.state in ENDED:
        called_off(pad)
    else:
        pad.arm(Deadline.CHECK, pad.policy.review)
    return Outcome.APPLIED


def called_off(pad: Scratchpad) -> None:
    """Have a cheque that nobody has cashed sent back, now that its order is cancelled (O-27)."""
    payment = pad.order.payment
    if payment.cheque_received and payment.state is PaymentState.REQUESTED:
        pad.alert(TO_RETURN)


def check(pad: Scratchpad, fact: desk.CheckCheque) -> Answer:
    """Note whether the cheque is signed and fits the order; one that doesn't needs a person (P-02)."""
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
    payments.weigh_cheque(pad)
    if wrong:
        pad.alert(MISMATCH, text=", ".join(wrong))
        return Outcome.APPLIED
    pad.clear(MISMATCH)
    pad.emit(events.PaymentChanged("cheque_checked"))
    return Outcome.APPLIED


def step(pad: Scratchpad, fact: desk.AuthorizeCheque | desk.ValidateCheque) -> Answer:
    """Authorise a checked cheque, then validate it: only in this order (P-03)."""
    if payments.MACHINE.take(pad, pad.order.payment, type(fact)):
        return Outcome.APPLIED
    if isinstance(fact, desk.AuthorizeCheque):
        return Refusal("gate", "no checked cheque waits to be authorised", "check it first: payment.cheque.check")
    return Refusal("gate", "no authorised cheque waits to be validated", "authorise it: payment.cheque.authorize")
