"""Parcels that come back to their sender: what is waited for instead, and when their order may be closed (S-22)."""

from domain.deciding.deadlines import Deadline
from domain.deciding.values import changed
from domain.orders.order import Order, Shipment, ShipmentState, State
from domain.orders.scratchpad import OrderPad


def is_back(order: Order) -> bool:
    """Tell whether every parcel is delivered or back, and one is back."""
    live = order.live_shipments
    ended = all(each.state is ShipmentState.DELIVERED or each.back_at is not None for each in live)
    return ended and any(each.back_at is not None for each in live)


def close_later(pad: OrderPad) -> None:
    """Schedule the closing of an order of which nothing is on its way, and something came back."""
    if pad.order.state is State.SENT and not pad.order.closing and is_back(pad.order):
        pad.arm(Deadline.CLOSING, pad.policy.closing)


def on_its_way_again(pad: OrderPad, shipment: Shipment) -> None:
    """Wait for a parcel that came back and was handed over under another number (S-22)."""
    pad.rules.append("S-22")
    pad.clear("returned_to_sender")
    pad.disarm(Deadline.CLOSING)
    pad.order = changed(pad.order, closing=False)
    pad.arm(Deadline.DELIVERY, pad.policy.delivery, shipment.id)
