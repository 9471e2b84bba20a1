"""Cancellation: before the warehouse has confirmed, an order is called off and everything asked for it taken back."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Late, Outcome, Refusal, Why
from domain.deciding.values import changed
from domain.orders import events, facts, fraud, gates, holds
from domain.orders.desk import locks
from domain.orders.goods import flash_reorders, recalled_goods, shipping
from domain.orders.goods.shipping import RESERVED_RANK
from domain.orders.money import cheques, refund_requests
from domain.orders.order import ENDED, LineState, Order
from domain.orders.returns import exchange_orders
from domain.orders.scratchpad import OrderPad
from domain.orders.steps import Step

_AFTER_THE_END: Final = frozenset(
    {
        *(Deadline.VOID, Deadline.VOID_RETRY, Deadline.REFUND, Deadline.REFUND_RETRY),
        *(Deadline.APPROVAL, Deadline.RETENDER, Deadline.MANUAL_REFUND),
    }
)


_OF_LIVE_ORDERS: Final = (
    *("stock", "out_of_stock", "fraud", "no_answer", "customer_answered"),
    *("increase_refused", "cheque_mismatch", "cheque_short", "reservation_lost", "renewal_refused"),
)
"""Alerts that mean nothing any more once the order is cancelled."""

FRAUD_PROVEN: Final = "fraud_proven"


def ordered(pad: OrderPad, fact: facts.CancelOrder) -> Answer:
    """Cancel for a person, who has to say why (O-18, O-27); with parcels set aside, cancel those that are not."""
    order = pad.order
    if not fact.reason:
        return Refusal("reason_required", "a cancellation needs its reason", "say why the order is cancelled")
    if not whole(pad, order):
        _in_part(pad)
    return Outcome.APPLIED


def requested(pad: OrderPad, fact: facts.CancellationRequested) -> Answer:
    """Cancel for the customer, as asked in the shop (O-27): the same gate as a person's command."""
    if pad.order.state in ENDED:
        return Late(Why.SETTLED, f"the order is {pad.order.state}")
    if fact.reason == FRAUD_PROVEN:
        return Refusal("scope", "only a person who reviews fraud says that it is proven", "give another reason")
    refusal = gates.objection(pad.order, "cancel", facts.CancelOrder(reason=fact.reason))
    if refusal is not None:
        return refusal
    if not whole(pad, pad.order):
        _in_part(pad)
    return Outcome.APPLIED


def whole(pad: OrderPad, order: Order) -> bool:
    """Tell whether every shipment can still be cancelled (b.0)."""
    return order.lowest < 0 or all(shipment.rank < RESERVED_RANK for shipment in order.live_shipments)


def _in_part(pad: OrderPad) -> None:
    for shipment in pad.order.live_shipments:
        if shipment.rank < RESERVED_RANK:
            shipping.cancel_one(pad, shipment)


def proven_fraud(pad: OrderPad, order: Order) -> bool:
    """Tell whether the reason is proven fraud (O-18, OSM-35)."""
    return pad.reason == FRAUD_PROVEN


def carry_out(pad: OrderPad, order: Order) -> None:
    """Call everything off for the reason given (O-18, O-27, O-37)."""
    _call_off(pad, pad.reason or "cancelled")


def unwanted(pad: OrderPad, order: Order) -> None:
    """Call off an exchange order whose return has ended (O-37)."""
    _call_off(pad, order.unwanted or "return_ended")


def unpaid(pad: OrderPad, order: Order) -> None:
    """Call everything off because the money didn't come (O-12)."""
    _call_off(pad, "payment_not_received")


def drop(pad: OrderPad, order: Order) -> None:
    """Void a draft: nothing was asked for it yet."""
    pad.put_lines(tuple(changed(line, state=LineState.CANCELLED) for line in order.lines))
    pad.disarm(Deadline.DRAFT)
    locks.end(pad, "voided")
    pad.emit(events.OrderVoided(pad.reason))


def recalled(pad: OrderPad, order: Order) -> None:
    """Call everything off, now that the warehouse stopped it for that (O-24, O-27)."""
    reason = recalled_goods.reason_to_cancel(order)
    if reason == FRAUD_PROVEN:
        fraud.confirm(pad, order)
    _call_off(pad, reason)


def no_replacement(pad: OrderPad, order: Order) -> None:
    """Call off an exchange order whose goods didn't come in time; its customer gets the money (X-07)."""
    _call_off(pad, "no_replacement")


def emptied(pad: OrderPad, order: Order) -> None:
    """Call off an order that has no line left (S-12)."""
    if isinstance(pad.received.fact, facts.RecallAccepted):
        recalled(pad, order)
    else:
        _call_off(pad, pad.reason or "no line left")


def _call_off(pad: OrderPad, reason: str) -> None:
    pad.order = changed(pad.order, cancelled_for=reason)
    pad.emit(events.OrderCancelled(reason))
    flash_reorders.withdraw_all(pad, pad.order)
    for shipment in pad.order.live_shipments:
        shipping.MACHINE.take(pad, shipment, Step.CANCEL)
    pad.put_lines(tuple(changed(line, state=LineState.CANCELLED) for line in pad.order.lines))
    open_raise = {Deadline.PAYMENT} if pad.order.payment.raising else frozenset()
    pad.disarm_all(keep=lambda timer: timer.kind in _AFTER_THE_END | {Deadline.PARKED} | open_raise)
    pad.clear(*_OF_LIVE_ORDERS)
    cheques.called_off(pad)
    recalled_goods.close(pad, pad.order)
    for hold in pad.order.holds:
        holds.take_off(pad, hold)
    locks.end(pad, "cancelled")
    pad.email("cancellation")
    refund_requests.for_cancellation(pad, pad.order)
    exchange_orders.answer(pad, "cancelled")
