"""Shipments: the lines of an order that travel together."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from domain.deciding.values import Value
from domain.deciding.words import Word
from domain.orders.facts import ReportedLine


class ShipmentState(Word):
    """The states of a shipment, in the order in which it passes them."""

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
"""The rank of each state: how far a shipment has come."""


class Scan(Value):
    """The carrier's latest scan of a parcel."""

    at: datetime
    id: str
    kind: str
    location: str | None = None


class Shipment(Value):
    """Lines that travel together.

    `round` counts the stock requests to the warehouse. `ask_again` is set when the lines have changed since the last
    request. `recalled` is set when the warehouse stopped the shipment and nobody has decided yet what happens next.
    Facts from before `stopped_at` are about the stopped goods.
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
        """Return the rank of the shipment's state."""
        return SHIPMENT_RANK[self.state]
