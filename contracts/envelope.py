"""The CloudEvents 1.0 envelope on Kafka: binary mode written, binary and structured mode read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

Headers = Sequence[tuple[str, bytes]]

JSON: Final = b"application/json"
STRUCTURED: Final = b"application/cloudevents"
SPEC_VERSION: Final = "1.0"
SCHEMA_BASE: Final = "https://schemas.fulfilment-hub.example"
MAX_ATTRIBUTE_BYTES: Final = 200
"""What an id, a source or a subject may be long."""


class EnvelopeError(ValueError):
    """A record is no CloudEvent: `code` is stable, the text says which attribute is wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Envelope:
    """The attributes of an event; `time` is None where its producer gave none, it is never invented."""

    id: str
    source: str
    type: str
    subject: str | None = None
    time: datetime | None = None
    dataschema: str | None = None
    extensions: Mapping[str, str] = field(default_factory=dict)

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the Kafka headers of binary mode."""
        attributes: list[tuple[str, str | None]] = [
            ("ce_specversion", SPEC_VERSION),
            ("ce_id", self.id),
            ("ce_source", self.source),
            ("ce_type", self.type),
            ("ce_subject", self.subject),
            ("ce_time", None if self.time is None else rfc3339(self.time)),
            ("ce_dataschema", self.dataschema),
            *((f"ce_{name}", value) for name, value in self.extensions.items()),
        ]
        encoded = [(name, value.encode()) for name, value in attributes if value is not None]
        return [("content-type", JSON), *encoded]


def schema_url(topic: str, event_type: str) -> str:
    """Return the `dataschema` of a type on a topic."""
    return f"{SCHEMA_BASE}/{topic}/{event_type}.json"


def rfc3339(moment: datetime) -> str:
    """Write a time in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> tuple[Envelope, bytes | None]:
    """Return the envelope of a record and its data as JSON bytes (None: a tombstone); raises EnvelopeError.

    The mode is told by the content type alone.
    """
    fields: dict[str, bytes | None] = {}
    for name, content in headers:
        fields.setdefault(name.lower(), content)
    content_type = (fields.get("content-type") or b"").strip().lower()
    if content_type.startswith(STRUCTURED):
        return _structured(content_type, value)
    attributes = {name[3:]: _utf8(name, content) for name, content in fields.items() if name.startswith("ce_")}
    return _envelope(attributes), value


def _utf8(name: str, content: bytes | None) -> str:
    if content is None:
        raise EnvelopeError("header_null", f"header {name} has no value")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise EnvelopeError("header_not_utf8", f"header {name} is not UTF-8") from error


def _structured(content_type: bytes, value: bytes | None) -> tuple[Envelope, bytes | None]:
    if not content_type.startswith(b"application/cloudevents+json"):
        raise EnvelopeError("format_unknown", f"the event format {content_type.decode(errors='replace')} is not JSON")
    try:
        document = json.loads(value or b"")
    except (ValueError, RecursionError) as error:
        raise EnvelopeError("json_invalid", f"the structured event is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise EnvelopeError("json_invalid", "the structured event is not a JSON object")
    attributes = {
        str(name): content
        for name, content in document.items()
        if name not in {"data", "data_base64"} and content is not None
    }
    wrong = [name for name, content in attributes.items() if not isinstance(content, str)]
    if wrong:
        raise EnvelopeError("attribute_invalid", f"attribute {wrong[0]} is not a string")
    data = json.dumps(document["data"]).encode() if document.get("data") is not None else None
    return _envelope(attributes), data


def _envelope(attributes: Mapping[str, str]) -> Envelope:
    if attributes.get("specversion") != SPEC_VERSION:
        raise EnvelopeError("specversion_unknown", f"ce_specversion is {attributes.get('specversion')!r}, not '1.0'")
    required = {name: _bounded(name, attributes.get(name)) for name in ("id", "source", "type")}
    subject = attributes.get("subject")
    known = {"specversion", "id", "source", "type", "subject", "time", "dataschema", "datacontenttype"}
    return Envelope(
        **required,
        subject=None if subject is None else _bounded("subject", subject),
        time=_time(attributes.get("time")),
        dataschema=attributes.get("dataschema"),
        extensions={name: text for name, text in attributes.items() if name not in known},
    )


def _bounded(name: str, text: str | None) -> str:
    if not text:
        raise EnvelopeError("attribute_missing", f"attribute {name} is missing")
    if "\x00" in text or len(text.encode(errors="replace")) > MAX_ATTRIBUTE_BYTES:
        raise EnvelopeError("attribute_invalid", f"attribute {name} has a NUL or is over {MAX_ATTRIBUTE_BYTES} bytes")
    return text


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise EnvelopeError("time_invalid", f"ce_time {text[:40]!r} is not an RFC 3339 time") from error
    if moment.tzinfo is None:
        raise EnvelopeError("time_invalid", f"ce_time {text[:40]!r} has no offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise EnvelopeError("time_invalid", f"ce_time {text[:40]!r} is out of range") from error
