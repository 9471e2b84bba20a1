"""Cancellation: before the warehouse has confirmed, an order is called off and everything asked for it taken back."""

from dataclasses import replace
from typing import Final

from domain import events, exchanges, facts, flash_reorders, refunds, shipping
from domain.deadlines import Deadline
from domain.decision import Answer, Outcome, Refusal
from domain.draft import Draft
from domain.order import ENDED, RANK, LineState, Order, State
from domain.transitions import Step

_AFTER_THE_END: Final = frozenset(
    {Deadline.VOID, Deadline.REFUND, Deadline.REFUND_RETRY, Deadline.APPROVAL, Deadline.RETENDER}
)


def _objection(order: Order) -> Refusal | None:
    """Return why the order can't be cancelled any more, if so (OSM-36 to OSM-38)."""
    if order.state in ENDED:
        return Refusal("gate", f"the order is {order.state} already")
    if "exchange" in order.holds:
        return Refusal("held", "an exchange order is cancelled through its return", "cancel the return")
    if order.rank >= RANK[State.SHIPPING]:
        return Refusal("packed", "the goods are packed or gone", "open a return once they are sent")
    if order.rank >= RANK[State.CONFIRMED]:
        return Refusal("gate_confirmed", "the order is confirmed", "ask the warehouse to stop it")
    return None


def ordered(draft: Draft, fact: facts.CancelOrder) -> Answer:
    """Cancel for a person, who has to say why (O-18, O-27)."""
    if not fact.reason:
        return Refusal("reason_required", "a cancellation needs its reason", "say why the order is cancelled")
    if fact.reason == "single_line_out_of_stock" and len(draft.order.lines) > 1:
        return Refusal("gate", "this reason is for orders of one line (A-11)", "remove the missing line instead")
    return _objection(draft.order) or Outcome.APPLIED


def requested(draft: Draft, fact: facts.CancellationRequested) -> Answer:
    """Cancel for the customer, as asked in the shop (O-27)."""
    if draft.order.state in ENDED:
        return Outcome.LATE
    return _objection(draft.order) or Outcome.APPLIED


def proven_fraud(draft: Draft, order: Order) -> bool:
    """Tell whether fraud is the reason given (O-18)."""
    return draft.reason == "fraud_proven"


def carry_out(draft: Draft, order: Order) -> None:
    """Call everything off for the reason given (O-18, O-27, O-37)."""
    _call_off(draft, draft.reason or "cancelled")


def unpaid(draft: Draft, order: Order) -> None:
    """Call everything off because the money didn't come (O-12)."""
    _call_off(draft, "payment_not_received")


def drop(draft: Draft, order: Order) -> None:
    """Void a draft: nothing was asked for it yet."""
    draft.put_lines(tuple(replace(line, state=LineState.CANCELLED) for line in order.lines))
    draft.emit(events.OrderCancelled(draft.reason or "voided"))


def _call_off(draft: Draft, reason: str) -> None:
    draft.emit(events.OrderCancelled(reason))
    flash_reorders.withdraw_all(draft, draft.order)
    for shipment in draft.order.live_shipments:
        shipping.MACHINE.take(draft, shipment, Step.CANCEL)
    draft.put_lines(tuple(replace(line, state=LineState.CANCELLED) for line in draft.order.lines))
    draft.disarm_all(keep=lambda timer: timer.kind in _AFTER_THE_END or timer.kind == Deadline.PARKED)
    draft.clear("stock", "fraud", "no_answer", "customer_answered")
    draft.email("cancellation")
    refunds.for_cancellation(draft, draft.order)
    exchanges.answer(draft, "cancelled")
