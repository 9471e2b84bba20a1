"""From a planned message to the bytes of a Kafka record, well-formed or spoilt."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from contracts.envelope import SPEC_VERSION, Envelope, rfc3339
from contracts.message import Message, fields_of
from simulators.planned import Planned, Poison

STRUCTURED: Final = b"application/cloudevents+json; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Record:
    """The bytes of one record; `partition` is None for the key's own one."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    partition: int | None = None

    def with_header(self, name: str, content: bytes) -> "Record":
        """Return the record with one header set anew."""
        kept = tuple(header for header in self.headers if header[0] != name)
        return replace(self, headers=(*kept, (name, content)))


def written(planned: Planned, planned_at: datetime, topic_prefix: str = "") -> Record:
    """Return the record of a planned message; event times count from `planned_at`."""
    envelope = planned.envelope(planned_at)
    value, headers = (
        _structured(envelope, planned.message) if planned.structured else _binary(envelope, planned.message)
    )
    record = Record(
        topic=topic_prefix + planned.topic.name,
        key=planned.subject.encode(),
        value=value,
        headers=(*headers, *planned.extra_headers),
        partition=planned.partition,
    )
    return record if planned.poison is None else SPOIL[planned.poison](record)


def _binary(envelope: Envelope, message: Message) -> tuple[bytes, list[tuple[str, bytes]]]:
    return message.encoded(), envelope.headers()


def _structured(envelope: Envelope, message: Message) -> tuple[bytes, list[tuple[str, bytes]]]:
    document = {
        "specversion": SPEC_VERSION,
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": None if envelope.time is None else rfc3339(envelope.time),
        "datacontenttype": "application/json",
        "data": fields_of(message),
    }
    return json.dumps(document).encode(), [("content-type", STRUCTURED)]


# Every way spoils every message; a field left out would not, as some messages have nothing but defaults.
SPOIL: Final = MappingProxyType[Poison, Callable[[Record], Record]](
    {
        Poison.NOT_JSON: lambda record: replace(record, value=b'{"lines": ['),
        Poison.WRONG_SCHEMA: lambda record: replace(record, value=b'["not", "an", "object"]'),
        Poison.TYPE_UNKNOWN: lambda record: record.with_header("ce_type", b"weather.changed.v7"),
        Poison.HEADERS_MISSING: lambda record: replace(record, headers=()),
        Poison.VALUE_NULL: lambda record: replace(record, value=None),
        Poison.HEADER_NOT_UTF8: lambda record: record.with_header("ce_source", b"/partners/\xff\xfe"),
        Poison.NUL: lambda record: record.with_header("ce_subject", b"nobody\x00"),
    }
)
"""How each kind of poison is made out of a good record in binary mode."""
