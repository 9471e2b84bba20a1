"""Shipments: the lines of an order that travel together."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from domain.deciding.traits import traits
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


SHIPMENTS: Final = traits(
    ShipmentState,
    f"{__name__}.SHIPMENTS",
    """
    unreserved: its goods are not set aside: lines and carrier can still change
    | cancellable: the hub can cancel it without asking its warehouse
    | | unpicked: its goods are set aside, and their picking is the next that is told
    | | | recallable: its goods are set aside, and its warehouse can still stop them
    | | | | at_work: its warehouse may work on it, and can still stop
    | | | | | to_hand_over: its warehouse owes the hand-over to the carrier
    | | | | | | out: its goods have left
    | | | | | | | off_the_road: its parcel is not on its way any more, and its number is free
    | | | | | | | | needless: nothing of it is sent, now or later
    + + - - - - - - - planned
    + + - - - - - - - awaiting_availability
    - + + + - - - - - reserved
    - - + + + + - - - released
    - - - + + + - - - picking
    - - - - - + - - - packed
    - - - - - - + - - sent
    - - - - - - + + - delivered
    - - - - - - - - + not_required
    - - - - - - - + + cancelled
    """,
)
"""The sets of states that rules ask for; what is said of a set is true of a shipment in each of its states."""

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
