"""How an event is spelt: its moment, its id, its JSON, and its attributes as headers."""

import json
import random
import uuid
from datetime import datetime

from bench.records import HeaderList


def milliseconds(at: datetime) -> int:
    """Return the milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def rfc3339(at: datetime) -> str:
    """Return a moment in UTC, as text with milliseconds."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def compact(document: object) -> bytes:
    """Return JSON without spaces."""
    return json.dumps(document, separators=(",", ":")).encode()


def uuid7(rng: random.Random, at: datetime) -> str:
    """Return a UUIDv7 of a moment, its other bits drawn."""
    moment = (milliseconds(at) & (1 << 48) - 1) << 80
    return str(uuid.UUID(int=moment | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)))


def attributes(event_id: str, kind: str, source: str, order_id: str, at: datetime) -> HeaderList:
    """Return the headers of a CloudEvent in binary mode."""
    return (
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", kind.encode()),
        ("ce_subject", order_id.encode()),
        ("ce_time", rfc3339(at).encode()),
    )
