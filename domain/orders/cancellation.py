"""Cancellation: before the warehouse has confirmed, an order is called off and everything asked for it taken back."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.scratchpad import Draft
from domain.deciding.transitions import Step
from domain.deciding.values import changed
from domain.orders import events, facts, fraud, gates, holds
from domain.orders.desk import locks
from domain.orders.goods import flash_reorders, recalls, shipping
from domain.orders.goods.shipping import RESERVED_RANK
from domain.orders.money import cheques, refunds
from domain.orders.order import ENDED, LineState, Order
from domain.orders.returns import exchanges

_AFTER_THE_END: Final = frozenset(
    {
        *(Deadline.VOID, Deadline.REFUND, Deadline.REFUND_RETRY),
        *(Deadline.APPROVAL, Deadline.RETENDER, Deadline.MANUAL_REFUND),
    }
)


_OF_LIVE_ORDERS: Final = (
    *("stock", "out_of_stock", "fraud", "no_answer", "customer_answered"),
    *("increase_refused", "cheque_mismatch", "cheque_short"),
)
"""Alerts that mean nothing any more once the order is cancelled."""

FRAUD_PROVEN: Final = "fraud_proven"


def ordered(draft: Draft, fact: facts.CancelOrder) -> Answer:
    """Cancel for a person, who has to say why (O-18, O-27); with parcels set aside, cancel those that are not."""
    order = draft.order
    if not fact.reason:
        return Refusal("reason_required", "a cancellation needs its reason", "say why the order is cancelled")
    if not whole(draft, order):
        _in_part(draft)
    return Outcome.APPLIED


def requested(draft: Draft, fact: facts.CancellationRequested) -> Answer:
    """Cancel for the customer, as asked in the shop (O-27): the same gate as a person's command."""
    if draft.order.state in ENDED:
        return Outcome.LATE
    if fact.reason == FRAUD_PROVEN:
        return Refusal("scope", "only a person who reviews fraud says that it is proven", "give another reason")
    refusal = gates.objection(draft.order, "cancel", facts.CancelOrder(reason=fact.reason))
    if refusal is not None:
        return refusal
    if not whole(draft, draft.order):
        _in_part(draft)
    return Outcome.APPLIED


def whole(draft: Draft, order: Order) -> bool:
    """Tell whether every shipment can still be cancelled (b.0)."""
    return order.lowest < 0 or all(shipment.rank < RESERVED_RANK for shipment in order.live_shipments)


def _in_part(draft: Draft) -> None:
    for shipment in draft.order.live_shipments:
        if shipment.rank < RESERVED_RANK:
            shipping.cancel_one(draft, shipment)


def proven_fraud(draft: Draft, order: Order) -> bool:
    """Tell whether the reason is proven fraud (O-18, OSM-35)."""
    return draft.reason == FRAUD_PROVEN


def carry_out(draft: Draft, order: Order) -> None:
    """Call everything off for the reason given (O-18, O-27, O-37)."""
    _call_off(draft, draft.reason or "cancelled")


def unwanted(draft: Draft, order: Order) -> None:
    """Call off an exchange order whose return has ended (O-37)."""
    _call_off(draft, order.unwanted or "return_ended")


def unpaid(draft: Draft, order: Order) -> None:
    """Call everything off because the money didn't come (O-12)."""
    _call_off(draft, "payment_not_received")


def drop(draft: Draft, order: Order) -> None:
    """Void a draft: nothing was asked for it yet."""
    draft.put_lines(tuple(changed(line, state=LineState.CANCELLED) for line in order.lines))
    draft.disarm(Deadline.DRAFT)
    locks.end(draft, "voided")
    draft.emit(events.OrderVoided(draft.reason))


def recalled(draft: Draft, order: Order) -> None:
    """Call everything off, now that the warehouse stopped it for that (O-24, O-27)."""
    reason = recalls.reason_to_cancel(order)
    if reason == FRAUD_PROVEN:
        fraud.confirm(draft, order)
    _call_off(draft, reason)


def no_replacement(draft: Draft, order: Order) -> None:
    """Call off an exchange order whose goods didn't come in time; its customer gets the money (X-07)."""
    _call_off(draft, "no_replacement")


def emptied(draft: Draft, order: Order) -> None:
    """Call off an order that has no line left (S-12)."""
    if isinstance(draft.received.fact, facts.RecallAccepted):
        recalled(draft, order)
    else:
        _call_off(draft, draft.reason or "no line left")


def _call_off(draft: Draft, reason: str) -> None:
    draft.order = changed(draft.order, cancelled_for=reason)
    draft.emit(events.OrderCancelled(reason))
    flash_reorders.withdraw_all(draft, draft.order)
    for shipment in draft.order.live_shipments:
        shipping.MACHINE.take(draft, shipment, Step.CANCEL)
    draft.put_lines(tuple(changed(line, state=LineState.CANCELLED) for line in draft.order.lines))
    open_raise = {Deadline.PAYMENT} if draft.order.payment.raising else frozenset()
    draft.disarm_all(keep=lambda timer: timer.kind in _AFTER_THE_END | {Deadline.PARKED} | open_raise)
    draft.clear(*_OF_LIVE_ORDERS)
    cheques.called_off(draft)
    recalls.close(draft, draft.order)
    for hold in draft.order.holds:
        holds.take_off(draft, hold)
    locks.end(draft, "cancelled")
    draft.email("cancellation")
    refunds.for_cancellation(draft, draft.order)
    exchanges.answer(draft, "cancelled")
