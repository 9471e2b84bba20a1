"""The messages that the Python peers read, as pydantic models, and the topics on which they lie."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

TOPICS: Final = ("orders", "fraud", "availability", "carrier", "returns")
PARTITIONS: Final = 4
STATUS: Final = "order-status"
HISTORY: Final = "order-history"
DEAD_LETTERS: Final = "dlq"


class Part(BaseModel):
    """A part of a message; fields that it doesn't know are left out."""

    model_config = ConfigDict(extra="ignore")


class OrderLine(Part):
    """A line that was ordered."""

    line: Annotated[int, Field(ge=1)]
    sku: Annotated[str, Field(min_length=3, max_length=40)]
    qty: Annotated[int, Field(ge=1, le=999)]
    price_cents: Annotated[int, Field(ge=0)]


class Address(Part):
    """A postal address."""

    name: str
    street: str
    city: str
    postcode: str
    country: Annotated[str, Field(min_length=2, max_length=2)]


class Placed(Part):
    """An order was placed."""

    order_id: UUID
    customer_id: str
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    total_cents: Annotated[int, Field(ge=0)]
    lines: Annotated[list[OrderLine], Field(min_length=1)]
    ship_to: Address


class Signal(Part):
    """One reason of a score."""

    name: str
    weight: float


class Scored(Part):
    """An order was scored."""

    order_id: UUID
    score: Annotated[float, Field(ge=0, le=1)]
    decision: Literal["approve", "reject"]
    model: str
    signals: list[Signal]


class Answered(Part):
    """A warehouse said whether a line is there."""

    order_id: UUID
    line: Annotated[int, Field(ge=1)]
    sku: str
    warehouse: str
    answer: Literal["available", "short"]
    qty_on_hand: Annotated[int, Field(ge=0)]
    note: str


class Scan(Part):
    """A carrier has seen the parcel."""

    order_id: UUID
    carrier: str
    tracking: str
    parcels: Annotated[int, Field(ge=1)]
    location: Address
    note: str


class ReturnedLine(Part):
    """Pieces that came back."""

    line: int
    qty: Annotated[int, Field(ge=1)]
    condition: str


class Returned(Part):
    """A parcel came back."""

    order_id: UUID
    rma: str
    lines: list[ReturnedLine]
    reason: str
    warehouse: str
    note: str


class Envelope(Part):
    """The attributes of a CloudEvent in structured JSON."""

    specversion: Literal["1.0"]
    id: UUID
    source: str
    subject: str
    time: datetime


class OrderPlaced(Envelope):
    """An event on `orders`."""

    type: Literal["order.placed"]
    data: Placed


class FraudScored(Envelope):
    """An event on `fraud`."""

    type: Literal["fraud.scored"]
    data: Scored


class AvailabilityAnswered(Envelope):
    """An event on `availability`."""

    type: Literal["availability.answered"]
    data: Answered


class CarrierScanned(Envelope):
    """An event on `carrier`."""

    type: Literal["carrier.picked_up", "carrier.in_transit", "carrier.delivered"]
    data: Scan


class ReturnReceived(Envelope):
    """An event on `returns`."""

    type: Literal["return.received"]
    data: Returned


Event = OrderPlaced | FraudScored | AvailabilityAnswered | CarrierScanned | ReturnReceived
EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Annotated[Event, Field(discriminator="type")])
