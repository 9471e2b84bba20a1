"""Payout: paying an approved refund, by the payment service or by hand (F-07 to F-10)."""

from typing import Final

from contracts import commands as desk
from contracts.references import REFUND
from domain.deciding.deadlines import Deadline
from domain.deciding.identity import derive
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.money import refund_amounts
from domain.orders.order import Order, Refund, RefundState
from domain.orders.scratchpad import OrderPad

MANUAL: Final = "manual"
TWICE: Final = "refunded_twice"
"""One refund was paid out more than once."""
UNASKED: Final = "unexpected_refund"
"""Money was paid back that the hub did not ask for."""


def attempt_id(order_id: str, refund_id: str, attempt: int) -> str:
    """Return the id of the refund request of this attempt; it is also its idempotency key."""
    return derive(order_id, "refund-attempt", refund_id, attempt)


def tender_of(order: Order) -> str:
    """Return the tender of an order's refunds: by hand if it was paid by cheque (F-11, EP-47)."""
    return MANUAL if order.payment_method == "cheque" else "original"


def source_of(order: Order, own: str | None = None) -> str | None:
    """Return the payment that a refund pays back: its own, or else one that money was taken under."""
    payment = order.payment
    if own is not None or payment.captured or not payment.others:
        return own or payment.payment_id
    most = max(payment.others, key=lambda other: other.captured)
    return most.payment_id if most.captured else payment.payment_id


def tries_left(pad: OrderPad, refund: Refund) -> bool:
    """Tell whether an attempt is left."""
    fact = pad.received.fact
    retryable = isinstance(fact, facts.RefundFailed) and fact.retryable
    return retryable and refund.attempt < pad.policy.refund_attempts


def waits(pad: OrderPad, refund: Refund) -> bool:
    """Tell whether the money it is of is not there (F-20)."""
    return not refund_amounts.taken(pad.order)


def wait(pad: OrderPad, refund: Refund) -> None:
    """Put the next attempt off until the money is there (F-20)."""
    pad.arm(Deadline.REFUND_RETRY, pad.policy.refund_retry, refund.id)


def manual(pad: OrderPad, refund: Refund) -> bool:
    """Tell whether it is paid by hand."""
    return refund.tender == MANUAL


def pay(pad: OrderPad, refund: Refund) -> None:
    """Request the payout from the payment service, or set the deadline for a payout by hand (F-08)."""
    if refund.tender == MANUAL:
        pad.arm(Deadline.MANUAL_REFUND, pad.policy.approval, refund.id)
    else:
        ask(pad, refund)


def ask(pad: OrderPad, refund: Refund) -> None:
    """Request the next attempt from the payment service."""
    payment_id = source_of(pad.order, refund.payment_id)
    assert payment_id is not None
    attempt = refund.attempt + 1
    pad.put_refund(changed(refund, attempt=attempt))
    if attempt == 1:
        pad.refer(REFUND, "hub", refund.id)
    pad.ask(
        requests.RefundRequested(
            request_id=attempt_id(pad.order.id, refund.id, attempt),
            refund_id=refund.id,
            payment_id=payment_id,
            amount=pad.money(refund.amount),
            reason=refund.reason,
            tender=refund.tender,
            attempt=attempt,
        )
    )
    pad.arm(Deadline.REFUND, pad.policy.refund_answer, refund.id)


def execute(pad: OrderPad, refund: Refund) -> None:
    """Publish that the refund is paid, and e-mail the customer."""
    pad.disarm(Deadline.REFUND, refund.id)
    pad.disarm(Deadline.REFUND_RETRY, refund.id)
    pad.disarm(Deadline.RETENDER, refund.id)
    pad.disarm(Deadline.MANUAL_REFUND, refund.id)
    pad.clear("refund_failed", "amount_mismatch")
    pad.emit(events.RefundExecuted(refund.id, pad.money(refund.amount)))
    again = "" if refund.reversed_at is None else f" {refund.reversed_at.isoformat()}"
    pad.email("refund", refund.id + again, rma_code=refund.rma_code, refund_id=refund.id)


def retry(pad: OrderPad, refund: Refund) -> None:
    """Plan the next attempt; the delay doubles each time."""
    pad.put_refund(changed(refund, failed_attempt=refund.attempt))
    pad.disarm(Deadline.REFUND, refund.id)
    pad.arm(Deadline.REFUND_RETRY, pad.policy.refund_retry * 2 ** (refund.attempt - 1), refund.id)


def fail(pad: OrderPad, refund: Refund) -> None:
    """Give up, and raise the alert `refund_failed`: a person chooses another tender."""
    pad.disarm(Deadline.REFUND, refund.id)
    pad.arm(Deadline.RETENDER, pad.policy.approval, refund.id)
    pad.emit(events.RefundFailed(refund.id, pad.reason or "declined"))
    pad.alert("refund_failed")


def come_back(pad: OrderPad, refund: Refund) -> None:
    """Record that the money came back: the attempts so far are spent."""
    at = pad.received.occurred_at
    pad.put_refund(changed(refund, came_back=True, reversed_at=at, spent=refund.attempt))


def part_back(pad: OrderPad, refund: Refund, amount: int) -> None:
    """Record that a part of the money came back: it becomes a refund of its own that failed (F-23)."""
    pad.put_refund(changed(refund, amount=refund.amount - amount))
    name = pad.id("refund", refund.id, "reversed", len(refund.reversals))
    part = Refund(
        name,
        amount,
        refund.origin,
        RefundState.FAILED,
        refund.rma_code,
        refund.reason,
        refund.tender,
        came_back=True,
        requested_by=refund.requested_by,
        payment_id=refund.payment_id,
    )
    pad.put_refund(part)
    pad.emit(events.RefundRequested(name, pad.money(amount), part.origin, part.rma_code, part.tender))
    fail(pad, part)


def announce(pad: OrderPad, refund: Refund) -> None:
    """Publish a refund that nobody asked for, and that it is paid (F-21)."""
    amount = pad.money(refund.amount)
    pad.emit(events.RefundRequested(refund.id, amount, refund.origin, None, refund.tender))
    pad.emit(events.RefundExecuted(refund.id, amount))


def pay_twice(pad: OrderPad, refund: Refund, amount: int) -> None:
    """Record that a refund was paid out once more, and raise an alert (F-21)."""
    pad.put_refund(changed(refund, extra=refund.extra + amount))
    pad.emit(events.RefundExecuted(refund.id, pad.money(amount)))
    pad.alert(TWICE)


def retender(pad: OrderPad, refund: Refund) -> None:
    """Record the other tender that a person chose; without a payment, only a payout by hand is possible."""
    fact = pad.received.fact
    assert isinstance(fact, desk.RetenderRefund)
    tender = fact.tender if source_of(pad.order, refund.payment_id) else MANUAL  # nobody knows whence it came
    pad.put_refund(changed(refund, tender=tender, came_back=False))
    pad.disarm(Deadline.RETENDER, refund.id)
    pad.clear("refund_failed")
