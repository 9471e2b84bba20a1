"""Approval: who approves a refund, a person or the hub itself (F-04, F-05, F-11)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Refusal
from domain.orders import events
from domain.orders.money import refund_amounts
from domain.orders.order import Refund
from domain.orders.scratchpad import OrderPad


def by_itself(pad: OrderPad, refund: Refund) -> bool:
    """Tell whether it refunds a return in full, within the cap for automatic refunds and the captured money."""
    policy = pad.policy
    small = (
        refund.origin in refund_amounts.OF_GOODS and refund.tender == "original" and refund.amount <= policy.refund_cap
    )
    as_suggested = not refund.capped and refund.amount <= refund_amounts.left_for(pad.order, refund)
    return policy.refund_automatic and small and as_suggested and refund_amounts.taken(pad.order)


def after_cancellation(pad: OrderPad, refund: Refund) -> bool:
    """Tell whether the order was cancelled after its money was captured, not for fraud."""
    return refund.origin == "cancellation" and refund.reason != "fraud_proven" and refund_amounts.taken(pad.order)


def groundless(pad: OrderPad, refund: Refund) -> bool:
    """Tell whether the money that it was to pay back is not there any more, as a capture was undone or corrected."""
    order = pad.order
    if refund.origin == "cancellation":
        return refund_amounts.left_of(order, refund.payment_id) < 0
    if refund.origin != "reduction":
        return False
    there = order.payment.taken + order.payment.written_off
    return there < order.total + refund_amounts.reduced(order)


def objection(pad: OrderPad, refund: Refund) -> Refusal | None:
    """Return why a person can't approve the refund now, if there is a reason."""
    if not refund_amounts.taken(pad.order):
        return Refusal("gate", "the money of the order isn't taken yet", "approve the refund once it is")
    left = refund_amounts.left_for(pad.order, refund)
    if refund.amount > left:
        return Refusal(
            "amount_exceeds", f"{left} of the money taken is left", "cancel the refund, ask for a smaller one"
        )
    if _same_person(pad, refund):
        return Refusal("scope", "who asked for a refund can't approve it", "have somebody else approve it")
    return None


def _same_person(pad: OrderPad, refund: Refund) -> bool:
    actor = pad.received.actor
    return pad.policy.two_persons and actor is not None and actor.name == refund.requested_by


def approve(pad: OrderPad, refund: Refund) -> None:
    """Publish the approval, and end its deadline."""
    pad.emit(events.RefundApproved(refund.id, pad.money(refund.amount), refund.tender))
    pad.disarm(Deadline.APPROVAL, refund.id)


def overtaken(pad: OrderPad, refund: Refund) -> None:
    """End the deadline of the approval: the money went out without it (F-21)."""
    pad.disarm(Deadline.APPROVAL, refund.id)


def cancel(pad: OrderPad, refund: Refund) -> None:
    """Publish the cancellation, and end the deadline of the approval."""
    pad.disarm(Deadline.APPROVAL, refund.id)
    pad.emit(events.RefundCancelled(refund.id))
