"""CloudEvents in the body of a request: read as records of Kafka, in binary or structured mode, or many at once."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from fastapi import Request

from hub.api.problems import Problem

MOST_EVENTS: Final = 100
STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
_ONE: Final[dict[str, Any]] = {
    "application/json": {"schema": {"type": "object", "description": "The data; the attributes are in ce-…"}},
    STRUCTURED: {"schema": {"type": "object"}},
}
_BATCH: Final[dict[str, Any]] = {"schema": {"type": "array", "maxItems": MOST_EVENTS, "items": {"type": "object"}}}
SINGLE: Final[dict[str, Any]] = {"requestBody": {"required": True, "content": _ONE}}
"""What OpenAPI says of a body that is one event."""
SEVERAL: Final[dict[str, Any]] = {"requestBody": {"required": True, "content": _ONE | {BATCH: _BATCH}}}
"""What OpenAPI says of a body that is one event or a batch."""

Event = tuple[Sequence[tuple[str, bytes | None]], bytes]
"""The headers and the value of a record."""


async def events_of(request: Request) -> list[Event]:
    """Return the events of a request; raises Problem where there are none to be read."""
    if _media_type(request) != BATCH:
        return [await event_of(request, also=BATCH)]
    body = await request.body()
    return [([("content-type", STRUCTURED.encode())], msgspec.json.encode(each)) for each in _batch(body)]


async def event_of(request: Request, also: str = "") -> Event:
    """Return the one event of a request; raises Problem, which names what else the route takes, if anything."""
    body = await request.body()
    media_type = _media_type(request)
    if media_type == STRUCTURED:
        return [("content-type", STRUCTURED.encode())], body
    if media_type == "application/json" and any(name.startswith("ce-") for name in request.headers):
        attributes = [(f"ce_{n[3:]}", value.encode()) for n, value in request.headers.items() if n.startswith("ce-")]
        return [("content-type", b"application/json"), *attributes], body
    taken = ", ".join([STRUCTURED, *([also] if also else [])])
    raise Problem("media_type", f"send {taken}, or application/json with the attributes in ce-… headers")


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def _batch(body: bytes) -> list[Any]:
    try:
        events = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("malformed", "the body is no JSON in UTF-8") from error
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise Problem("data_invalid", f"a batch is an array of {MOST_EVENTS} events at most")
    return events
