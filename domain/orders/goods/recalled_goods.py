"""Recalled goods: what becomes of shipments that the warehouse has stopped (O-24, S-13)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events, facts, gates, holds
from domain.orders.goods import recalls, shipping
from domain.orders.order import Order, Recall, RecallState
from domain.orders.scratchpad import OrderPad


def settled_to_cancel(pad: OrderPad, order: Order) -> bool:
    """Tell whether the warehouse stopped the whole order, to be cancelled (O-24)."""
    asked = [each for each in order.recalls if each.state is RecallState.ACCEPTED and not each.settled]
    to_cancel = [each for each in asked if each.intent == "cancel" and each.whole]
    early = all(shipment.state not in recalls.STOPPABLE for shipment in order.live_shipments)
    return bool(to_cancel) and early and _all_answered(order) and _changeable(order)


def to_do(pad: OrderPad, order: Order) -> bool:
    """Tell whether all recalls are answered, and the intent of one is still to be carried out."""
    waits = any(each.state is RecallState.ACCEPTED and not each.settled for each in order.recalls)
    return waits and _all_answered(order) and not settled_to_cancel(pad, order)


def _all_answered(order: Order) -> bool:
    return not any(each.state is RecallState.OPEN for each in order.recalls)


def _changeable(order: Order) -> bool:
    """Tell whether every shipment can be cancelled again."""
    return all(gates.cell("cancel", gates.reached(order, each)) == "+" for each in order.live_shipments)


def follow(pad: OrderPad, order: Order) -> None:
    """Carry out the intents of accepted recalls once all are answered (O-24, S-13)."""
    if not _all_answered(order):
        return
    for recall in order.recalls:
        if recall.state is RecallState.ACCEPTED and not recall.settled:
            recalls.put(pad, changed(recall, settled=True))
            _do(pad, recall)


def _do(pad: OrderPad, recall: Recall) -> None:
    shipment = next(each for each in pad.order.shipments if each.id == recall.shipment_id)
    if recall.intent == "cancel":
        shipping.cancel_one(pad, shipment)
    elif recall.intent == "hold":
        pad.put_shipment(changed(shipment, recalled=False, ask_again=True))
        if recall.by_a_person or not pad.order.holds:
            holds.put_on(pad, holds.CSR)
    else:
        pad.arm(Deadline.EDIT, pad.policy.review, shipment.id)


def edited(pad: OrderPad) -> None:
    """Ask for recalled shipments again after an edit (O-24)."""
    for shipment in pad.order.shipments:
        if shipment.recalled:
            pad.put_shipment(changed(shipment, recalled=False, ask_again=True))
            pad.disarm(Deadline.EDIT, shipment.id)


def reason_to_cancel(order: Order) -> str:
    """Return the reason of the newest recall with the intent to cancel."""
    given = (
        each.reason
        for each in reversed(order.recalls)
        if each.state is RecallState.ACCEPTED and each.intent == "cancel"
    )
    return next(given, "recalled")


def close(pad: OrderPad, order: Order) -> None:
    """Settle all recalls of a cancelled order."""
    for recall in order.recalls:
        if not recall.settled:
            recalls.put(pad, changed(recall, settled=True))


def reopened(pad: OrderPad, order: Order) -> None:
    """Publish that the order can be changed again (O-24)."""
    fact = pad.received.fact
    pad.emit(events.OrderReopened(fact.shipment_id if isinstance(fact, facts.RecallAccepted) else ""))
