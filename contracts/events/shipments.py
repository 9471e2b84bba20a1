"""Shipments: split, moved on, seen by the carrier."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Id, LineNumber, Moment


class OrderShipmentSplit(OrderEvent):
    """Lines travel apart from now on (S-02)."""

    name: ClassVar[str] = "order.shipment_split"

    shipment_id: Id
    from_shipments: tuple[Id, ...]
    lines: tuple[LineNumber, ...]


class ShipmentChanged(OrderEvent):
    """A shipment moved on; `inferred` when a later fact told of it (O-38)."""

    name: ClassVar[str] = "shipment.changed"

    shipment_id: Id
    state: Code
    inferred: bool = False
    tracking_number: Id | None = None


class TrackingNoted(OrderEvent):
    """The carrier saw the parcel (S-10); `code` is its own word for it, `scanned_at` its own time."""

    name: ClassVar[str] = "tracking.noted"

    shipment_id: Id
    scan: Code
    location: Code | None = None
    code: Code | None = None
    scanned_at: Moment | None = None
