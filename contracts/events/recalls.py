"""Shipments that the warehouse is asked to stop."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Id


class OrderReopened(OrderEvent):
    """The warehouse stopped the order: it may be changed again (O-24)."""

    name: ClassVar[str] = "order.reopened"

    shipment_id: Id


class RecallChanged(OrderEvent):
    """The warehouse was asked to stop a shipment, or answered (O-22 to O-24)."""

    name: ClassVar[str] = "recall.changed"

    shipment_id: Id
    state: Code
    intent: Code
