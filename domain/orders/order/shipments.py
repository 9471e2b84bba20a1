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
    """The carrier's latest scan of a parcel, by its own clock; `code` and `text` are the carrier's own words."""

    at: datetime
    id: str
    kind: str
    location: str | None = None
    code: str | None = None
    text: str = ""


class Shipment(Value):
    """Lines that travel together.

    `round` counts the stock requests to the warehouse. `ask_again` is set when the lines have changed since the last
    request. `recalled` is set when the warehouse stopped the shipment and nobody has decided yet what happens next.
    Facts from before `stopped_at` are about the stopped goods. `released_at` is when the hub released it last;
    `sent_at`, `delivered_at` and `returned_at` are its partners' own times as far as they are plausible, `back_at` is
    when the parcel came back to its sender.
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
    released_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    returned_at: datetime | None = None
    back_at: datetime | None = None
    reused: bool = False
    """Whether another order's parcel had this tracking number before."""
    answered_by: str | None = None
    """The warehouse that gave the latest answer, as it calls itself."""

    @property
    def from_warehouse(self) -> str | None:
        """Return the warehouse of the shipment: the one that its lines name, or the one that answered."""
        return self.warehouse or self.answered_by

    @property
    def rank(self) -> int:
        """Return the rank of the shipment's state."""
        return SHIPMENT_RANK[self.state]
