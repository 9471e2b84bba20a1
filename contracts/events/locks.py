"""Who may edit an order."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code


class OrderLocked(OrderEvent):
    """An agent edits the order (K-01)."""

    name: ClassVar[str] = "order.locked"

    owner: Code


class OrderUnlocked(OrderEvent):
    """The order may be edited by others again: saved, closed, parked, transferred, forced or expired (K-04, K-05)."""

    name: ClassVar[str] = "order.unlocked"

    owner: Code
    how: Code
