"""Records of the examples, in both modes of CloudEvents."""

from datetime import UTC, datetime
from typing import Any

from contracts import envelope, samples
from contracts.decoding import Decoded, decode
from contracts.topics import BY_NAME
from tests.contracts import examples

Raw = list[tuple[str, Any]]
STRUCTURED: Raw = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
CANCELLATION = "shop.events/cancellation.requested.v1"
ORDER = "shop.events/order.placed.v1"


def read(name: str, headers: Raw, value: bytes | None, key: bytes | None = b"order-1") -> Decoded:
    topic = BY_NAME[name.split("/")[0]]
    return decode(topic, topic.by_type, key, headers, value)


def binary(name: str = CANCELLATION, **changed: bytes | None) -> Raw:
    """Return the headers of a message's example, some of them changed (None: without it)."""
    headers = dict(samples.event(*topic_and_type(name)).headers()) | {f"ce_{n}": c for n, c in changed.items()}
    return [(header, content) for header, content in headers.items() if content is not None]


def structured(name: str = CANCELLATION, **changed: object) -> dict[str, object]:
    event = samples.event(*topic_and_type(name))
    document: dict[str, object] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": envelope.rfc3339(event.time or datetime.now(UTC)),
        "dataschema": event.dataschema,
        "datacontenttype": "application/json",
        "data": examples.data(name, "valid"),
        **event.extensions,
    }
    return document | changed


def topic_and_type(name: str) -> tuple[Any, str]:
    topic, event_type = name.split("/")
    return BY_NAME[topic], event_type
