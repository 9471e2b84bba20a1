"""References: which numbers an order still uses; what it has given up, another order may have (S-23)."""

from typing import Final

from contracts.references import TRACKING, same
from domain.orders.order import ORDERS, SHIPMENTS, Order, Shipment

_FINAL: Final = ORDERS["over"]


def gave_up(order: Order, kind: str, number: str) -> bool:
    """Tell whether an order uses a number no more: it is final, or the parcel with that number is not on its way."""
    if order.state is None or order.state in _FINAL:
        return order.state is not None
    return kind == TRACKING and not any(_travels(each) for each in order.shipments if _has(each, number))


def _has(shipment: Shipment, number: str) -> bool:
    return same(TRACKING, shipment.tracking_number, number)


def _travels(shipment: Shipment) -> bool:
    return shipment.state not in SHIPMENTS["off_the_road"] and shipment.back_at is None
