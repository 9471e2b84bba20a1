"""Refund requests: the refund of a return, a cancellation or a lower price (F-03, F-11, O-26)."""

from collections.abc import Mapping

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events
from domain.orders.money import payout, refund_amounts, refunds
from domain.orders.order import Order, Refund, RefundedPieces, Return
from domain.orders.scratchpad import OrderPad
from domain.orders.steps import Step


def for_return(pad: OrderPad, returned: Return) -> None:
    """Request the refund of returned goods, up to the money that is left (F-03)."""
    order = pad.order
    suggested, fee_goods = refund_amounts.suggested(order, returned)
    amount = min(suggested, refund_amounts.to_give(order) - refund_amounts.promised(order))
    if amount <= 0:
        pad.alert("nothing_to_refund")
        return
    refund = Refund(
        pad.id("refund", returned.code),
        amount,
        "rma",
        rma_code=returned.code,
        tender=payout.tender_of(order),
        fee_goods=fee_goods,
        capped=amount < suggested,
    )
    request(pad, refund, "F-03")


def for_replaced(pad: OrderPad, record: Mapping[int, int], replacement: str, *, shipping: bool) -> Refund | None:
    """Request the refund of pieces, by line, that another order replaced, up to the money that is left (F-40).

    They came back to that order, or it will not send them. Returns None if nothing is left to give.
    """
    order, cause = pad.order, pad.received.cause
    suggested, fee_goods = refund_amounts.worth_of(order, record, shipping=shipping)
    amount = min(suggested, refund_amounts.to_give(order) - refund_amounts.promised(order))
    if amount <= 0:
        return None
    refund = Refund(
        pad.id("refund", cause.source, cause.id),
        amount,
        refund_amounts.REPLACEMENT,
        tender=payout.tender_of(order),
        fee_goods=fee_goods,
        pieces=tuple(RefundedPieces(number, quantity) for number, quantity in record.items()),
        capped=amount < suggested,
        replacement=replacement,
    )
    request(pad, refund, "F-40")
    return refund


def for_cancellation(pad: OrderPad, order: Order) -> None:
    """Request the refund of all captured money; cancel refunds that still wait for approval (F-11)."""
    for refund in order.refunds:
        refunds.MACHINE.take(pad, refund, Step.CANCEL)
    reason = order.cancelled_for or "cancelled"
    for payment_id in (None, *(other.payment_id for other in order.payment.others)):
        left = order.payment.taken - refund_amounts.promised(pad.order)
        amount = min(left, refund_amounts.left_of(pad.order, payment_id))
        if amount > 0:
            name = _name(pad, "cancellation", payment_id)
            tender = payout.tender_of(order)
            refund = Refund(name, amount, "cancellation", reason=reason, tender=tender, payment_id=payment_id)
            request(pad, refund, "F-11")


def _name(pad: OrderPad, what: str, payment_id: str | None) -> str:
    """Return the id of a refund that is asked for by itself; a second one of the same money has another id."""
    parts = (what,) if payment_id is None else (what, payment_id)
    name = pad.id("refund", *parts)
    taken = {refund.id for refund in pad.order.refunds}
    return pad.id("refund", *parts, len(taken)) if name in taken else name


def for_reduction(pad: OrderPad, order: Order) -> None:
    """Request the refund of captured money beyond the total, after the order became cheaper (O-26).

    Money that was taken besides goes back first (P-10).
    """
    taken = order.payment.taken
    excess = min(taken - order.total - refund_amounts.reduced(order), taken - refund_amounts.promised(order))
    for payment_id in (*(other.payment_id for other in order.payment.others), None):
        amount = min(excess, refund_amounts.left_of(pad.order, payment_id))
        if amount > 0:
            excess -= amount
            parts = () if payment_id is None else (payment_id,)
            name, tender = pad.id("refund", "reduction", order.version + 1, *parts), payout.tender_of(order)
            refund = Refund(name, amount, "reduction", reason="reduction", tender=tender, payment_id=payment_id)
            request(pad, refund, "O-26")


def for_rest(pad: OrderPad, paid: Refund, rest: int) -> None:
    """Request what is left of a refund that was paid in part (P-17)."""
    name = pad.id("refund", paid.id, "rest", len(paid.paid))
    refund = Refund(
        name,
        rest,
        paid.origin,
        rma_code=paid.rma_code,
        reason=paid.reason,
        tender=paid.tender,
        requested_by=paid.requested_by,
        payment_id=paid.payment_id,
    )
    request(pad, refund, "P-17")


def request(pad: OrderPad, refund: Refund, rule: str) -> None:
    """Add a requested refund, and set the deadline for its approval."""
    pad.put_refund(changed(refund, requested_at=pad.now))
    pad.rules.append(rule)
    amount = pad.money(refund.amount)
    pad.emit(events.RefundRequested(refund.id, amount, refund.origin, refund.rma_code, refund.tender))
    pad.arm(Deadline.APPROVAL, pad.policy.approval, refund.id)
