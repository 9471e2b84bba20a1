"""The rules that the Python peers share: the messages as pydantic models, and one pure transition.

Each arrow is one event, and every event needs the status on its left:

    (none) --order.placed--> placed --fraud.scored--> approved | rejected (end)
    approved --availability.answered, one a line--> ready | partial | cancelled (end), with the last line's answer
    ready | partial --carrier.picked_up--> picked_up --carrier.in_transit--> in_transit --carrier.delivered--> delivered
    delivered --return.received--> returned (end)

Kafka keeps the order inside a partition only, so an event may come before its predecessor: `apply` then answers None,
and the peer has to keep it and try again after the order's next event.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, NamedTuple
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


class Line(NamedTuple):
    """A line as it stands: `state` is pending, available, short or returned."""

    line: int
    sku: str
    qty: int
    state: str


class Order(NamedTuple):
    """An order as it stands; `version` counts its events."""

    status: str
    version: int
    lines: tuple[Line, ...]
    updated_at: datetime


_CARRIER: Final = {
    "carrier.picked_up": (("ready", "partial"), "picked_up"),
    "carrier.in_transit": (("picked_up",), "in_transit"),
    "carrier.delivered": (("in_transit",), "delivered"),
}


def apply(order: Order | None, event: Event) -> Order | None:
    """Return the next state; None where a predecessor is still missing: keep the event."""
    if isinstance(event, OrderPlaced):
        if order is not None:
            return None
        return Order("placed", 1, tuple(Line(x.line, x.sku, x.qty, "pending") for x in event.data.lines), event.time)
    moved = None if order is None else _moved(order, event)
    if order is None or moved is None:
        return None
    status, lines = moved
    return Order(status, order.version + 1, lines, max(event.time, order.updated_at))


def _moved(order: Order, event: Event) -> tuple[str, tuple[Line, ...]] | None:
    status, lines = order.status, order.lines
    match event:
        case AvailabilityAnswered():
            if status != "approved":
                return None
            number, answer = event.data.line, event.data.answer
            lines = tuple(x._replace(state=answer) if x.line == number else x for x in lines)
            states = {x.state for x in lines}
            if "pending" not in states:
                status = "ready" if states == {"available"} else "partial" if "available" in states else "cancelled"
            return status, lines
        case CarrierScanned():
            needed, reached = _CARRIER[event.type]
            return (reached, lines) if status in needed else None
        case FraudScored():
            if status != "placed":
                return None
            return ("approved" if event.data.decision == "approve" else "rejected"), lines
        case ReturnReceived():
            if status != "delivered":
                return None
            back = {x.line for x in event.data.lines}
            return "returned", tuple(x._replace(state="returned") if x.line in back else x for x in lines)
        case _:
            return None


def lines_json(lines: tuple[Line, ...]) -> str:
    """Return an order's lines as JSON; SKUs are plain ASCII, so nothing has to be escaped."""
    return "[" + ",".join(f'{{"line":{a},"sku":"{b}","qty":{c},"state":"{d}"}}' for a, b, c, d in lines) + "]"


def status_event(order_id: str, order: Order, previous: str | None, cause: str) -> bytes:
    """Return an `order.status_changed` as CloudEvents JSON; order and version are its identity."""
    before = f'"{previous}"' if previous else "null"
    return (
        f'{{"specversion":"1.0","id":"{order_id}:{order.version}","type":"order.status_changed",'
        f'"source":"/hub/orders","subject":"{order_id}","time":"{order.updated_at.isoformat()}",'
        f'"datacontenttype":"application/json","data":{{"order_id":"{order_id}","version":{order.version},'
        f'"previous":{before},"status":"{order.status}","cause":"{cause}","lines":{lines_json(order.lines)}}}}}'
    ).encode()


Stored = dict[str, Any]
"""An order in a key-value store of a peer."""
