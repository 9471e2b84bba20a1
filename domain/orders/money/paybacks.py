"""Paybacks: what the payment service says of refunds, each word counted once (F-07, F-09, F-21 to F-23)."""

from typing import Final

from domain.deciding.decision import Answer, Late, Outcome, Why
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.money import ledger, payout, refund_amounts, refund_requests
from domain.orders.money.refunds import APPROVED, CANCELLED, EXECUTED, FAILED, MACHINE
from domain.orders.order import REFUNDS, Refund, Reversal
from domain.orders.scratchpad import OrderPad

_NO_REFUND: Final = Late(Why.NOT_ASKED, "the order has no such refund, and no money is named")
_BACK: Final = Late(Why.REPEATED, "this money is back in the books")


def executed(pad: OrderPad, fact: facts.RefundExecuted) -> Answer:
    """Record that the customer was paid (F-07), whoever asked for it (F-21)."""
    refund, attempt = _refund(pad, fact.refund_id), _attempt(pad, fact)
    current = 0 if refund is None else refund.attempt
    if attempt is not None and attempt > current:
        return Outcome.PARKED
    if fact.amount.currency != pad.order.currency:
        return pad.alert_once(ledger.CURRENCY, "F-07")
    if refund is None:
        return _unknown(pad, fact) if fact.amount.amount else _NO_REFUND
    if _paid_before(refund, fact.request_id, attempt):
        return Late(Why.REPEATED, "what this request paid is in the books")
    if fact.amount != pad.money(refund.amount):
        return pad.mismatch("F-07")
    return _paid(pad, fact, refund, asked=attempt is not None)


def _paid(pad: OrderPad, fact: facts.RefundExecuted, refund: Refund, *, asked: bool) -> Answer:
    before = refund.state
    pad.put_refund(changed(refund, paid=(*refund.paid, fact.request_id)))
    refund = MACHINE.current(pad, refund.id)
    if before is EXECUTED:
        pad.rules.append("F-21")
        payout.pay_twice(pad, refund, fact.amount.amount)
        return Outcome.APPLIED
    MACHINE.take(pad, refund, facts.RefundExecuted)
    if not asked:
        pad.alert(payout.UNASKED)
    return Outcome.APPLIED


def _paid_before(refund: Refund, request_id: str, attempt: int | None) -> bool:
    """Tell whether this request's payout is known, also to earlier rules, which kept no list."""
    spent = attempt is not None and attempt <= refund.spent
    to_earlier_rules = not refund.paid and refund.state is EXECUTED and attempt is not None
    return request_id in refund.paid or spent or to_earlier_rules


def _unknown(pad: OrderPad, fact: facts.RefundExecuted) -> Answer:
    """Book a refund that the hub never asked for; a person says what it was for (F-21)."""
    refund = Refund(fact.refund_id, fact.amount.amount, "unasked", EXECUTED, reason="unasked", paid=(fact.request_id,))
    pad.put_refund(refund)
    pad.rules.append("F-21")
    payout.announce(pad, refund)
    pad.alert(payout.UNASKED)
    return Outcome.APPLIED


def failed(pad: OrderPad, fact: facts.RefundFailed) -> Answer:
    """Plan the next attempt, or give up with an alert (F-09); also after the money was said to be paid (F-22)."""
    refund, attempt = _refund(pad, fact.refund_id), _attempt(pad, fact)
    if attempt is not None and (refund is None or attempt > refund.attempt):
        return Outcome.PARKED
    if refund is None:
        return _NO_REFUND
    if fact.request_id in refund.bounced or (attempt is not None and attempt <= refund.spent):
        return Late(Why.REPEATED, "the failure of this attempt is in the books")
    if refund.state is EXECUTED and _paid_before(refund, fact.request_id, attempt):
        return _undone(pad, fact, refund)
    if attempt is None:
        return Late(Why.NOT_ASKED, "nobody asked by this request for the refund")
    if attempt != refund.attempt or refund.failed_attempt == refund.attempt or refund.state is not APPROVED:
        return Late(Why.OVERTAKEN, "the attempt has its answer, or another one was made since")
    pad.put_refund(changed(refund, bounced=(*refund.bounced, fact.request_id)))
    MACHINE.take(pad, MACHINE.current(pad, refund.id), facts.RefundFailed)
    return Outcome.APPLIED


def _undone(pad: OrderPad, fact: facts.RefundFailed, refund: Refund) -> Answer:
    """Take back that a refund was paid: its money is with the shop again (F-22)."""
    noted = changed(refund, bounced=(*refund.bounced, fact.request_id))
    if noted.extra:
        pad.rules.append("F-22")
        pad.put_refund(changed(noted, extra=max(0, noted.extra - noted.amount)))
        pad.alert(payout.TWICE)
        return Outcome.APPLIED
    pad.put_refund(noted)
    MACHINE.take(pad, noted, facts.RefundFailed)
    return Outcome.APPLIED


def reversed_(pad: OrderPad, fact: facts.RefundReversed) -> Answer:
    """Record that money of a refund came back: all of it (F-09), or a part (F-23)."""
    refund = _refund(pad, fact.refund_id)
    if refund is None or refund.state in REFUNDS["unpaid"]:
        known = refund is not None and _came_back_before(pad, refund, fact)
        return _BACK if known else Outcome.PARKED
    if _came_back_before(pad, refund, fact):
        return _BACK
    if fact.amount.currency != pad.order.currency:
        return pad.alert_once(ledger.CURRENCY, "F-23")
    if refund.state is FAILED and not refund.extra:
        return Late(Why.SETTLED, "the refund has failed: its money never left")
    if refund.state is CANCELLED:
        return pad.mismatch("F-23")
    return _returned(pad, fact, refund)


def _returned(pad: OrderPad, fact: facts.RefundReversed, refund: Refund) -> Answer:
    amount = fact.amount.amount
    said = (*refund.reversals, Reversal(pad.received.occurred_at, amount))
    from_extra = min(amount, refund.extra)
    refund = changed(refund, reversals=said, extra=refund.extra - from_extra)
    pad.put_refund(refund)
    amount -= from_extra
    if from_extra and not refund.extra:
        pad.clear(payout.TWICE)
    if amount >= refund.amount:
        MACHINE.take(pad, refund, facts.RefundReversed)
    elif amount > 0:
        payout.part_back(pad, refund, amount)
    if "F-23" not in pad.rules and (from_extra or amount != refund.amount):
        pad.rules.append("F-23")
    if amount > refund.amount:
        pad.alert("amount_mismatch")
    return Outcome.APPLIED


def _came_back_before(pad: OrderPad, refund: Refund, fact: facts.RefundReversed) -> bool:
    """Tell whether this return of money is known, also to earlier rules, which kept the last one's time alone."""
    at = pad.received.occurred_at
    if refund.reversals:
        return Reversal(at, fact.amount.amount) in refund.reversals
    return refund.reversed_at is not None and not refund.bounced and at <= refund.reversed_at


def _refund(pad: OrderPad, refund_id: str) -> Refund | None:
    return next((refund for refund in pad.order.refunds if refund.id == refund_id), None)


def _attempt(pad: OrderPad, fact: facts.RefundExecuted | facts.RefundFailed) -> int | None:
    """Return the attempt that an answer is about, also one that may still come; None for a request of nobody's."""
    refund = _refund(pad, fact.refund_id)
    last = pad.policy.refund_attempts + (0 if refund is None else refund.attempt)
    for attempt in range(1, last + 1):
        if fact.request_id == payout.attempt_id(pad.order.id, fact.refund_id, attempt):
            return attempt
    return None


def most(pad: OrderPad, refund: Refund) -> int:
    """Return the most that a refund can have paid out of the money taken, in minor units."""
    return refund_amounts.left_for(pad.order, refund)


def book(pad: OrderPad, refund: Refund, amount: int) -> bool:
    """Book an approved refund as paid with the amount that really went out (P-17)."""
    if refund.state not in REFUNDS["payable"]:
        return False
    paid = payout.attempt_id(pad.order.id, refund.id, refund.attempt)
    pad.put_refund(changed(refund, amount=amount, paid=(*refund.paid, paid)))
    booked = MACHINE.take(pad, MACHINE.current(pad, refund.id), facts.RefundExecuted)
    if amount < refund.amount:
        refund_requests.for_rest(pad, refund, refund.amount - amount)
    return booked
