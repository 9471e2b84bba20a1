"""The topic table: every topic once, with its key, who writes it and what it holds."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from contracts import (
    availability,
    carriers,
    commands,
    flash_reorders,
    fraud,
    internal,
    notifications,
    orders,
    payments,
    shop,
    warehouse,
)
from contracts.message import Message


class Direction(StrEnum):
    """Whether the hub reads a topic, writes it, or both (`internal`)."""

    INBOUND = "inbound"
    INTERNAL = "internal"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; records are keyed by order id, `writer` is the party, `messages` what it may hold.

    `max_bytes` bounds a record; the dead letters of a topic may be larger by the headers that the hub adds.
    """

    name: str
    direction: Direction
    writer: str
    summary: str
    messages: tuple[type[Message], ...]
    compacted: bool = False
    max_bytes: int = 1_000_000

    @property
    def dead_letters(self) -> str:
        """Return the name of the topic's dead letters."""
        return f"{self.name}.dlt"

    @property
    def by_type(self) -> dict[str, type[Message]]:
        """Return the messages by their CloudEvents type."""
        return {message.type(): message for message in self.messages}


def _all(module: object, *bases: type[Message]) -> tuple[type[Message], ...]:
    """Return the module's own named messages, in the order they are written; `bases` narrows them."""
    found = [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, bases or (Message,))]
    name = getattr(module, "__name__", "")
    return tuple(item for item in found if item.name and item.__module__ == name)


SHOP = Topic(
    "shop.events", Direction.INBOUND, "shop", "Orders placed, cancellations and returns asked for.", _all(shop)
)
PAYMENT = Topic(
    "payment.events",
    Direction.INBOUND,
    "payment service",
    "Answers of the payment service.",
    (
        payments.PaymentAuthorized,
        payments.PaymentRefused,
        payments.PaymentCaptured,
        payments.PaymentVoided,
        payments.ChequeReceived,
        payments.RefundExecuted,
        payments.RefundFailed,
        payments.RefundReversed,
    ),
)
FRAUD = Topic(
    "fraud.events", Direction.INBOUND, "fraud service", "Verdicts.", (fraud.FraudScored, fraud.CustomerAnswered)
)
AVAILABILITY = Topic(
    "availability.events",
    Direction.INBOUND,
    "warehouse",
    "Answers to stock questions.",
    (availability.AvailabilityReported,),
)
FLASH_REORDER = Topic(
    "flash-reorder.events",
    Direction.INBOUND,
    "reorder desk",
    "Answers to flash reorders.",
    (flash_reorders.FlashAccepted, flash_reorders.FlashFulfilled, flash_reorders.FlashRefused),
)
WAREHOUSE = Topic(
    "warehouse.events",
    Direction.INBOUND,
    "warehouse",
    "Picking, packing, handing over, recalls, returns received.",
    (
        warehouse.PickingStarted,
        warehouse.ParcelPacked,
        warehouse.ShipmentHandedOver,
        warehouse.RecallAccepted,
        warehouse.RecallRefused,
        warehouse.ReturnReceived,
        warehouse.ItemCorrected,
    ),
)
CARRIER = Topic("carrier.events", Direction.INBOUND, "carrier", "Scans of parcels.", _all(carriers))
COMMANDS = Topic("hub.commands", Direction.INBOUND, "CSR tool", "What people tell the hub to do.", _all(commands))
INTERNAL = Topic("hub.internal", Direction.INTERNAL, "hub", "Between orders, and timers that are due.", _all(internal))
ORDER_EVENTS = Topic(
    "order.events",
    Direction.OUTBOUND,
    "hub",
    "Everything that happened to an order, and the answers to commands.",
    _all(orders, orders.OrderEvent),
)
ORDER_STATUS = Topic(
    "order.status", Direction.OUTBOUND, "hub", "The order as it stands.", (orders.OrderStatus,), compacted=True
)
PAYMENT_REQUESTS = Topic(
    "payment.requests",
    Direction.OUTBOUND,
    "hub",
    "What the hub asks of the payment service.",
    (payments.AuthorizationRequested, payments.CaptureRequested, payments.VoidRequested, payments.RefundRequested),
)
FRAUD_REQUESTS = Topic(
    "fraud.requests",
    Direction.OUTBOUND,
    "hub",
    "Orders to score, and proven fraud.",
    (fraud.ScoreRequested, fraud.FraudConfirmed),
)
AVAILABILITY_REQUESTS = Topic(
    "availability.requests",
    Direction.OUTBOUND,
    "hub",
    "Stock questions.",
    (availability.AvailabilityRequested, availability.AvailabilityCancelled),
)
FLASH_REORDER_REQUESTS = Topic(
    "flash-reorder.requests",
    Direction.OUTBOUND,
    "hub",
    "Flash reorders.",
    (flash_reorders.FlashRequested, flash_reorders.FlashCancelRequested),
)
WAREHOUSE_REQUESTS = Topic(
    "warehouse.requests",
    Direction.OUTBOUND,
    "hub",
    "Shipments to send or to stop, and returns to expect.",
    (
        warehouse.ShipmentRelease,
        warehouse.ShipmentCancelled,
        warehouse.RecallRequested,
        warehouse.ReturnAnnounced,
        warehouse.ItemCorrectionRequested,
    ),
)
NOTIFICATION_REQUESTS = Topic(
    "notification.requests", Direction.OUTBOUND, "hub", "E-mails to send.", (notifications.EmailRequested,)
)

TOPICS: tuple[Topic, ...] = (
    SHOP,
    PAYMENT,
    FRAUD,
    AVAILABILITY,
    FLASH_REORDER,
    WAREHOUSE,
    CARRIER,
    COMMANDS,
    INTERNAL,
    ORDER_EVENTS,
    ORDER_STATUS,
    PAYMENT_REQUESTS,
    FRAUD_REQUESTS,
    AVAILABILITY_REQUESTS,
    FLASH_REORDER_REQUESTS,
    WAREHOUSE_REQUESTS,
    NOTIFICATION_REQUESTS,
)
INBOUND: tuple[Topic, ...] = tuple(topic for topic in TOPICS if topic.direction is not Direction.OUTBOUND)
OUTBOUND: tuple[Topic, ...] = tuple(topic for topic in TOPICS if topic.direction is not Direction.INBOUND)
BY_NAME = MappingProxyType({topic.name: topic for topic in TOPICS})
