"""Holds put on an order and taken off again, and orders suspended and resumed."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code


class OrderHeld(OrderEvent):
    """A hold stops the hub's own next steps."""

    name: ClassVar[str] = "order.held"

    hold: Code
    reason: Code | None = None


class OrderHoldReleased(OrderEvent):
    """A hold is off."""

    name: ClassVar[str] = "order.hold_released"

    hold: Code


class OrderSuspended(OrderEvent):
    """The order looks questionable and waits (H-02, O-41)."""

    name: ClassVar[str] = "order.suspended"

    reason: Code


class OrderResumed(OrderEvent):
    """A suspended order goes on (H-04)."""

    name: ClassVar[str] = "order.resumed"
