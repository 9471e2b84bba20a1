"""The dispatch of an order: picked, packed, sent and delivered."""

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders import events, facts, holds
from domain.orders.goods import coming_back, recalls
from domain.orders.money import payments
from domain.orders.order import SHIPMENT_RANK, Order, ShipmentState
from domain.orders.returns import exchange_orders
from domain.orders.scratchpad import OrderPad
from domain.orders.steps import Step


def picked_free(pad: OrderPad, order: Order) -> bool:
    """Tell whether every shipment is picked, no hold (O-29)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.PICKING] and not held(pad, order)


def picked_held(pad: OrderPad, order: Order) -> bool:
    """Tell whether every shipment is picked in spite of a hold (O-30)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.PICKING] and held(pad, order)


def part_picked_held(pad: OrderPad, order: Order) -> bool:
    """Tell whether a shipment is picked, not all, in spite of a hold (O-30)."""
    return order.lowest < SHIPMENT_RANK[ShipmentState.PICKING] and held(pad, order)


def held(pad: OrderPad, order: Order) -> bool:
    """Tell whether a hold should have prevented picking. The hold of a recall applies to its own shipment only."""
    return _held_otherwise(order) or recalls.is_open(order, getattr(pad.received.fact, "shipment_id", None))


def _held_otherwise(order: Order) -> bool:
    """Tell whether a hold other than that of a recall is on."""
    return any(hold != holds.RECALL for hold in order.holds)


def all_packed(pad: OrderPad, order: Order) -> bool:
    """Tell whether the last shipment is packed (O-31)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.PACKED]


def all_sent(pad: OrderPad, order: Order) -> bool:
    """Tell whether the last shipment is sent (O-32)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.SENT]


def all_delivered(pad: OrderPad, order: Order) -> bool:
    """Tell whether the last shipment is delivered (O-33)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.DELIVERED]


def picking(pad: OrderPad, order: Order) -> None:
    """Publish that the goods are being picked (O-29)."""
    pad.emit(events.OrderPicking())


def picked_while_held(pad: OrderPad, order: Order) -> None:
    """Raise an alert, and recall what the warehouse should not have picked (O-30)."""
    pad.alert("picked_while_held")
    if _held_otherwise(order):
        recalls.of_the_hub(pad, "picked_while_held")


def packed(pad: OrderPad, order: Order) -> None:
    """Publish that everything is packed (O-31)."""
    pad.emit(events.OrderShipping())


def sent(pad: OrderPad, order: Order) -> None:
    """Publish that everything is sent, and request the capture of the payment (O-32, P-04)."""
    pad.disarm(Deadline.FRAUD)  # a sent order is not scored any more
    pad.emit(events.OrderSent())
    payments.MACHINE.take(pad, order.payment, Step.CAPTURE)
    coming_back.close_later(pad)
    pad.email("shipped")


def delivered(pad: OrderPad, order: Order) -> None:
    """Publish that everything is delivered, and schedule the closing (O-33)."""
    arrived = [each.delivered_at for each in order.live_shipments if each.delivered_at is not None]
    at = max(arrived, default=pad.now)
    pad.order = changed(pad.order, delivered_at=at)
    pad.emit(events.OrderDelivered(at))
    pad.arm(Deadline.CLOSING, pad.policy.closing)
    exchange_orders.answer(pad, "delivered")


def carrier_trouble(pad: OrderPad, order: Order) -> None:
    """Raise an alert: a person asks the carrier (O-34)."""
    fact = pad.received.fact
    pad.alert("carrier", text=fact.code if isinstance(fact, facts.CarrierException) else None)


def shipped_after_cancel(pad: OrderPad, order: Order) -> None:
    """Raise an alert: goods are moving although the order is cancelled (O-40)."""
    pad.alert("shipped_after_cancel")
