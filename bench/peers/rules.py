"""The rules that the Python peers share: one pure transition of an order.

Each arrow is one event, and every event needs the status on its left:

    (none) --order.placed--> placed --fraud.scored--> approved | rejected (end)
    approved --availability.answered, one a line--> ready | partial | cancelled (end), with the last line's answer
    ready | partial --carrier.picked_up--> picked_up --carrier.in_transit--> in_transit --carrier.delivered--> delivered
    delivered --return.received--> returned (end)

Kafka keeps the order inside a partition only, so an event may come before its predecessor. Then `apply` returns None:
the peer keeps the event and tries it again after the order's next one.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from bench.peers.messages import AvailabilityAnswered, CarrierScanned, Event, FraudScored, OrderPlaced, ReturnReceived


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


Lines = tuple[Line, ...]
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


def _moved(order: Order, event: Event) -> tuple[str, Lines] | None:
    status, lines = order.status, order.lines
    match event:
        case AvailabilityAnswered() if status == "approved":
            return _answered(lines, event.data.line, event.data.answer)
        case CarrierScanned():
            needed, reached = _CARRIER[event.type]
            return (reached, lines) if status in needed else None
        case FraudScored() if status == "placed":
            return ("approved" if event.data.decision == "approve" else "rejected"), lines
        case ReturnReceived() if status == "delivered":
            back = {x.line for x in event.data.lines}
            return "returned", tuple(x._replace(state="returned") if x.line in back else x for x in lines)
        case _:
            return None


def _answered(lines: Lines, number: int, answer: str) -> tuple[str, Lines]:
    lines = tuple(x._replace(state=answer) if x.line == number else x for x in lines)
    states = {x.state for x in lines}
    if "pending" in states:
        return "approved", lines
    return "ready" if states == {"available"} else "partial" if "available" in states else "cancelled", lines


def lines_json(lines: Lines) -> str:
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
