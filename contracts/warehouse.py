"""warehouse.events and warehouse.requests: picking, packing, handing over, recalls and received returns."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.availability import AskedLine
from contracts.message import Code, Fact, Id, Label, Moment, Request
from contracts.personal import Personal
from contracts.shop import DeliveryAddress, ReceivedLine


class PickingStarted(Fact):
    """The warehouse takes the shipment's items from the shelves (S-07)."""

    name: ClassVar[str] = "picking.started"

    shipment_id: Id


class ParcelPacked(Fact):
    """The shipment is packed (S-08)."""

    name: ClassVar[str] = "parcel.packed"

    shipment_id: Id
    parcel_id: Id | None = None


class ShipmentHandedOver(Fact):
    """The carrier has the shipment (S-09)."""

    name: ClassVar[str] = "shipment.handed_over"

    shipment_id: Id
    carrier: Id
    tracking_number: Label


class RecallAccepted(Fact):
    """The warehouse stopped the shipment; `request_id` is the question, none: the newest one about the shipment."""

    name: ClassVar[str] = "recall.accepted"

    shipment_id: Id
    request_id: Id | None = None


class RecallRefused(Fact):
    """The warehouse could not stop the shipment any more."""

    name: ClassVar[str] = "recall.refused"

    shipment_id: Id
    reason: Code = "packed"
    request_id: Id | None = None


class ReturnReceived(Fact):
    """Returned pieces arrived (R-04); the parcel's RMA code names the return.

    `receipt_id` is the number of the receipt: one that comes again under another event id counts once (R-20).
    """

    name: ClassVar[str] = "return.received"

    rma_code: Label
    lines: Annotated[tuple[ReceivedLine, ...], Field(min_length=1, max_length=200)]
    validated: bool = True
    receipt_id: Id | None = None


class ItemCorrected(Fact):
    """The warehouse corrected an item's weight or size."""

    name: ClassVar[str] = "item.corrected"

    model: Id
    effective_at: Moment | None = None


class ShipmentRelease(Request, kw_only=True):
    """Pick, pack and send this shipment (S-06)."""

    name: ClassVar[str] = "shipment.release"

    request_id: Id
    shipment_id: Id
    number: Id
    carrier: Id | None = None
    address: Annotated[DeliveryAddress, Personal("order.address")]
    lines: Annotated[tuple[AskedLine, ...], Field(min_length=1)]
    store: Id | None = None
    warehouse: Id | None = None


class ShipmentCancelled(Request):
    """This shipment is not wanted any more."""

    name: ClassVar[str] = "shipment.cancelled"

    request_id: Id
    shipment_id: Id
    store: Id | None = None
    warehouse: Id | None = None


class RecallRequested(Request):
    """Stop this shipment if it isn't packed yet (O-22)."""

    name: ClassVar[str] = "recall.requested"

    request_id: Id
    shipment_id: Id
    reason: Code
    intent: Code | None = None
    store: Id | None = None
    warehouse: Id | None = None


class ReturnAnnounced(Request):
    """These pieces will come back under this RMA code (R-02)."""

    name: ClassVar[str] = "return.announced"

    request_id: Id
    rma_code: Id
    number: Id
    lines: Annotated[tuple[AskedLine, ...], Field(min_length=1)]
    expires_at: Moment | None = None
    store: Id | None = None
    warehouse: Id | None = None


class ItemCorrectionRequested(Request):
    """Correct this item's weight or size."""

    name: ClassVar[str] = "item.correction_requested"

    request_id: Id
    model: Id
    reason: Code
    store: Id | None = None
    warehouse: Id | None = None
