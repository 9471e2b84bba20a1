"""Shipments: the lines of an order that travel together."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from domain.deciding.values import Value
from domain.deciding.words import Word
from domain.orders.facts import ReportedLine


class ShipmentState(Word):
    """How far a shipment is, in the order in which it moves on."""

    PLANNED = "planned"
    AWAITING_AVAILABILITY = "awaiting_availability"
    RESERVED = "reserved"
    RELEASED = "released"
    PICKING = "picking"
    PACKED = "packed"
    SENT = "sent"
    DELIVERED = "delivered"
    NOT_REQUIRED = "not_required"
    CANCELLED = "cancelled"


SHIPMENT_RANK: Final[Mapping[ShipmentState, int]] = MappingProxyType({s: n for n, s in enumerate(ShipmentState)})


class Scan(Value):
    """What the carrier said last of a parcel."""

    at: datetime
    id: str
    kind: str
    location: str | None = None


class Shipment(Value):
    """Lines that go together; `round` counts how often the warehouse was asked for them.

    `ask_again` is set when the lines are not what the warehouse was asked for, `recalled` when it stopped them and
    nobody has said yet how they go on; facts from before `stopped_at` are those of the stopped goods.
    """

    id: str
    lines: tuple[int, ...]
    state: ShipmentState = ShipmentState.PLANNED
    warehouse: str | None = None
    round: int = 0
    answered_at: datetime | None = None
    answer: tuple[ReportedLine, ...] = ()
    carrier: str | None = None
    tracking_number: str | None = None
    labelled_at: datetime | None = None
    parcel_id: str | None = None
    scan: Scan | None = None
    returned_to_sender: bool = False
    ask_again: bool = False
    recalled: bool = False
    stopped_at: datetime | None = None

    @property
    def rank(self) -> int:
        """Return how far the shipment is."""
        return SHIPMENT_RANK[self.state]
