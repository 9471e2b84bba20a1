"""How an order moves on: from created to completed, or cancelled."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Id, LineNumber, Moment, Money


class OrderCreated(OrderEvent):
    """The order exists (O-05, O-06, X-01)."""

    name: ClassVar[str] = "order.created"

    kind: Code
    store: Id
    channel: Code
    total: Money
    origin_id: Id | None = None


class OrderApproved(OrderEvent):
    """The money is authorised and nobody doubts it (O-08, O-13, O-14)."""

    name: ClassVar[str] = "order.approved"


class OrderRiskReview(OrderEvent):
    """The order waits for a verdict or a person (O-09)."""

    name: ClassVar[str] = "order.risk_review"

    verdict: Code | None = None


class OrderFollowUp(OrderEvent):
    """The customer was asked about the order (O-15)."""

    name: ClassVar[str] = "order.follow_up"


class FraudCleared(OrderEvent):
    """A person cleared a reviewed order (O-14)."""

    name: ClassVar[str] = "fraud.cleared"


class OrderAvailabilityRequested(OrderEvent):
    """The warehouse was asked for the items (O-19)."""

    name: ClassVar[str] = "order.availability_requested"


class OrderProcessing(OrderEvent):
    """Some line isn't available (O-25)."""

    name: ClassVar[str] = "order.processing"

    missing: tuple[LineNumber, ...] = ()


class OrderConfirmed(OrderEvent):
    """All items are announced available (O-21)."""

    name: ClassVar[str] = "order.confirmed"


class OrderPicking(OrderEvent):
    """The items are being picked (O-29)."""

    name: ClassVar[str] = "order.picking"


class OrderShipping(OrderEvent):
    """Everything is packed (O-31)."""

    name: ClassVar[str] = "order.shipping"


class OrderSent(OrderEvent):
    """Everything is with the carrier (O-32)."""

    name: ClassVar[str] = "order.sent"


class OrderDelivered(OrderEvent):
    """Everything is at its address (O-33), since `delivered_at` by the carrier's own time."""

    name: ClassVar[str] = "order.delivered"

    delivered_at: Moment | None = None


class OrderCompleted(OrderEvent):
    """The order is closed, nothing is open (O-20, O-35)."""

    name: ClassVar[str] = "order.completed"


class OrderCancelled(OrderEvent):
    """The order will not be sent (O-12, O-18, O-27, O-37)."""

    name: ClassVar[str] = "order.cancelled"

    reason: Code
