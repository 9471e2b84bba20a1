"""What is sent: an event as `{type, timestamp, data}`, thin or full, cut from what the journal holds."""

import uuid
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from contracts import tracing
from contracts.topics import BY_NAME
from contracts.wire import Outgoing, json_bytes, unpack

EVENTS: Final = "order.events"
"""The one topic whose messages leave by webhooks."""
TYPES: Final = frozenset(BY_NAME[EVENTS].by_type)
"""The types of events that an endpoint may choose."""
NAMESPACE: Final = uuid.UUID("3b0d7a5e-51c6-5e0f-9a44-1f0c2b8f7d63")
MOST_BYTES: Final = 20_000
"""A fuller payload goes out thin: the standard wants messages under 20 kB."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event to tell: its id, type and RFC 3339 time, its data as JSON, and its trace context."""

    id: str
    type: str
    order_id: str
    time: str
    data: bytes
    trace: bytes | None = None


def message_id(event_id: str) -> str:
    """Return the `webhook-id` of an event: the same for every try, endpoint and process."""
    return f"msg_{uuid.uuid5(NAMESPACE, event_id).hex}"


def events(order_id: str, messages: bytes | None) -> list[Event]:
    """Return the events among the messages that a row of the journal publishes, in order."""
    return [_event(order_id, each) for each in unpack(messages) if each.topic == EVENTS]


def _event(order_id: str, message: Outgoing) -> Event:
    told = [(message.header(name) or b"").decode() for name in ("ce_id", "ce_type", "ce_time")]
    return Event(told[0], told[1], order_id, told[2], message.value or b"{}", message.header(tracing.HEADER))


def body(event: Event, *, full: bool, example: bool = False) -> bytes:
    """Return what is posted: ids alone, or the event beside them; an example says that it is one."""
    read: dict[str, Any] = msgspec.json.decode(event.data)
    ids = {"event_id": event.id, "order_id": event.order_id, "number": read.get("number")}
    data: dict[str, Any] = ids | {"version": read.get("version")} | ({"example": True} if example else {})
    whole = {"type": event.type, "timestamp": event.time, "data": data}
    if full:
        made = json_bytes(whole | {"data": data | {"event": msgspec.Raw(event.data)}})
        if len(made) <= MOST_BYTES:
            return made
    return json_bytes(whole)
