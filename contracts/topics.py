"""The topic table: every topic once, with its key, who writes it and what it holds."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType, ModuleType
from typing import Final

from contracts import (
    availability,
    carriers,
    catalogue,
    commands,
    events,
    flash_reorders,
    fraud,
    internal,
    notifications,
    payments,
    shop,
    status,
    warehouse,
)
from contracts.message import Event, Fact, Message, Request


class Direction(StrEnum):
    """Whether the hub reads a topic, writes it, or both (`internal`)."""

    INBOUND = "inbound"
    INTERNAL = "internal"
    OUTBOUND = "outbound"


HEADROOM: Final = 4096
"""Bytes that a topic's limit keeps for what Kafka adds to a record."""
DEAD_LETTER_EXTRA: Final = 100_000
"""Bytes that a topic's dead letters may be larger: by the headers that the hub adds."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: its `writer` is the party, `messages` are what it may hold, keyed by the id of what they are about.

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


def _facts(module: ModuleType) -> tuple[type[Message], ...]:
    """Return what a module's party says, in the order it is written there."""
    return tuple(message for message in _own(module) if not issubclass(message, Request))


def _commands(module: ModuleType) -> tuple[type[Message], ...]:
    """Return what people tell a module's aggregates."""
    return tuple(message for message in _own(module) if issubclass(message, Fact))


def _requests(module: ModuleType) -> tuple[type[Message], ...]:
    """Return what the hub asks of a module's party."""
    return tuple(message for message in _own(module) if issubclass(message, Request))


def _own(module: ModuleType) -> list[type[Message]]:
    """Return the messages that a module, or a package's modules, declare."""
    found = [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, Message)]
    return [item for item in found if item.name and f"{item.__module__}.".startswith(f"{module.__name__}.")]


SHOP = Topic(
    "shop.events", Direction.INBOUND, "shop", "Orders placed, cancellations and returns asked for.", _facts(shop)
)
PAYMENT = Topic(
    "payment.events",
    Direction.INBOUND,
    "payment service",
    "Answers of the payment service.",
    _facts(payments),
)
FRAUD = Topic("fraud.events", Direction.INBOUND, "fraud service", "Verdicts.", _facts(fraud))
AVAILABILITY = Topic(
    "availability.events",
    Direction.INBOUND,
    "warehouse",
    "Answers to stock questions.",
    _facts(availability),
)
FLASH_REORDER = Topic(
    "flash-reorder.events",
    Direction.INBOUND,
    "reorder desk",
    "Answers to flash reorders.",
    _facts(flash_reorders),
)
WAREHOUSE = Topic(
    "warehouse.events",
    Direction.INBOUND,
    "warehouse",
    "Picking, packing, handing over, recalls, returns received.",
    _facts(warehouse),
)
CARRIER = Topic("carrier.events", Direction.INBOUND, "carrier", "Scans of parcels.", _facts(carriers))
API_SOURCE: Final = "/api"
"""The source of commands that came in over HTTP: it counts only with a token that was made for that command."""
NOT_OF_THE_API: Final = "not_of_the_api"
"""The cause of a dead letter that claims to be such a command."""
COMMANDS = Topic(
    "hub.commands",
    Direction.INBOUND,
    "CSR tool",
    "What people tell the hub to do.",
    (*_facts(commands), *_commands(catalogue)),
)
INTERNAL = Topic(
    "hub.internal", Direction.INTERNAL, "hub", "Between orders, and timers that are due.", _facts(internal)
)
ORDER_EVENTS = Topic(
    "order.events",
    Direction.OUTBOUND,
    "hub",
    "Everything that happened to an order, and the answers to commands.",
    _facts(events),
)
ORDER_STATUS = Topic(
    "order.status", Direction.OUTBOUND, "hub", "The order as it stands.", (status.OrderStatus,), compacted=True
)
CATALOGUE_EVENTS = Topic(
    "catalogue.events",
    Direction.OUTBOUND,
    "hub",
    "Everything that happened to word lists, and the answers to commands.",
    tuple(message for message in _facts(catalogue) if issubclass(message, Event)),
)
CATALOGUE_STATUS = Topic(
    "catalogue.status",
    Direction.OUTBOUND,
    "hub",
    "Word lists as they stand.",
    tuple(message for message in _facts(catalogue) if not issubclass(message, Event | Fact)),
    compacted=True,
)
PAYMENT_REQUESTS = Topic(
    "payment.requests",
    Direction.OUTBOUND,
    "hub",
    "What the hub asks of the payment service.",
    _requests(payments),
)
FRAUD_REQUESTS = Topic(
    "fraud.requests",
    Direction.OUTBOUND,
    "hub",
    "Orders to score, and proven fraud.",
    _requests(fraud),
)
AVAILABILITY_REQUESTS = Topic(
    "availability.requests",
    Direction.OUTBOUND,
    "hub",
    "Stock questions.",
    _requests(availability),
)
FLASH_REORDER_REQUESTS = Topic(
    "flash-reorder.requests",
    Direction.OUTBOUND,
    "hub",
    "Flash reorders.",
    _requests(flash_reorders),
)
WAREHOUSE_REQUESTS = Topic(
    "warehouse.requests",
    Direction.OUTBOUND,
    "hub",
    "Shipments to send or to stop, and returns to expect.",
    _requests(warehouse),
)
NOTIFICATION_REQUESTS = Topic(
    "notification.requests", Direction.OUTBOUND, "hub", "E-mails to send.", _requests(notifications)
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
    CATALOGUE_EVENTS,
    CATALOGUE_STATUS,
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
