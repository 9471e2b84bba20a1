"""carrier.events: where a parcel is, by order or by tracking number."""

from typing import ClassVar

from contracts.message import Code, Comment, Fact, Id, Label


class _Scan(Fact):
    tracking_number: Label
    carrier: Id | None = None
    shipment_id: Id | None = None
    location: Code | None = None
    code: Code | None = None
    text: Comment = ""


class CarrierCollected(_Scan):
    """The carrier has the parcel (S-09)."""

    name: ClassVar[str] = "carrier.collected"


class CarrierInTransit(_Scan):
    """The parcel is on its way (S-10)."""

    name: ClassVar[str] = "carrier.in_transit"


class CarrierDelivered(_Scan):
    """The parcel is at its address (S-11)."""

    name: ClassVar[str] = "carrier.delivered"


class CarrierException(_Scan):
    """Something is wrong with the parcel (O-34)."""

    name: ClassVar[str] = "carrier.exception"

    code: Code = "unknown"


class CarrierReturnedToSender(_Scan):
    """The parcel went back; a correction even after it was delivered."""

    name: ClassVar[str] = "carrier.returned_to_sender"
