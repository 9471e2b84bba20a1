"""availability.events and availability.requests: the stock question to a warehouse and its answer, line by line."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.declaring import Words
from contracts.message import Code, Count, Fact, Id, LineNumber, Part, Quantity, ReadableEnum, Request, Text
from contracts.personal import Personal


class LineAvailability(ReadableEnum):
    """What a warehouse says of a line; a word that is not known counts as an anomaly."""

    AVAILABLE = "available"
    ANOMALY = "anomaly"
    RESTOCKING = "restocking"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class AskedLine(Part):
    """A line asked for: `title` is what the article is called, `variant` which one it is."""

    line: LineNumber
    sku: Id
    quantity: Quantity
    personalisation: Annotated[Text, Personal("order.personalisation")] | None = None
    title: Code | None = None
    variant: Code | None = None


class ReportedLine(Part):
    """The answer for one line; `stock` is what the warehouse's shelves show."""

    line: LineNumber
    status: Annotated[str, Words(LineAvailability)]
    stock: Count | None = None


class AvailabilityReported(Fact, kw_only=True):
    """The warehouse's answer to one request (O-21, O-25)."""

    name: ClassVar[str] = "availability.reported"

    request_id: Id
    shipment_id: Id
    warehouse: Id | None = None
    lines: Annotated[tuple[ReportedLine, ...], Field(min_length=1, max_length=200)]


class AvailabilityRequested(Request):
    """Are these lines there? A later round supersedes an earlier one."""

    name: ClassVar[str] = "availability.requested"

    request_id: Id
    shipment_id: Id
    number: Id
    round: Annotated[int, Field(ge=1, le=1000)]
    lines: Annotated[tuple[AskedLine, ...], Field(min_length=1)]
    store: Id | None = None
    warehouse: Id | None = None


class AvailabilityCancelled(Request):
    """The question is withdrawn, and what was set aside for it is free."""

    name: ClassVar[str] = "availability.cancelled"

    request_id: Id
    shipment_id: Id
    store: Id | None = None
    warehouse: Id | None = None
