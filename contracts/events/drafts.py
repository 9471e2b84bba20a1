"""Orders that are still being taken down, and the calls in which that happens."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Id


class CallParked(OrderEvent):
    """A draft is kept for later (O-02)."""

    name: ClassVar[str] = "call.parked"


class CallVoided(OrderEvent):
    """The call is over and its draft dropped (OMC-14)."""

    name: ClassVar[str] = "call.voided"


class CallTransferred(OrderEvent):
    """A draft was handed over to another agent (O-03)."""

    name: ClassVar[str] = "call.transferred"

    to: Code


class OrderDrafted(OrderEvent):
    """An order is being taken down (O-01)."""

    name: ClassVar[str] = "order.drafted"

    kind: Code
    store: Id
    channel: Code
    origin_id: Id | None = None


class OrderVoided(OrderEvent):
    """A draft was dropped (O-04)."""

    name: ClassVar[str] = "order.voided"

    reason: Code | None = None
