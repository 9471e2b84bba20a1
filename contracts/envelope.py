"""The CloudEvents 1.0 envelope on Kafka: binary mode written, binary and structured mode read."""

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import msgspec

from contracts import times, tracing
from contracts.values import Value, field
from contracts.wire import json_bytes

Headers = Sequence[tuple[str, bytes | None]]

JSON: Final = b"application/json"
STRUCTURED: Final = b"application/cloudevents"
SPEC_VERSION: Final = "1.0"
SCHEMA_BASE: Final = "https://schemas.fulfilment-hub.example"
MAX_ATTRIBUTE_BYTES: Final = 200
"""What an id, a source, a type or a subject may be long."""
_BINARY: Final = (("content-type", JSON), ("ce_specversion", SPEC_VERSION.encode()))
KNOWN: Final = frozenset({"specversion", "id", "source", "type", "subject", "time", "dataschema", "datacontenttype"})
BOM: Final = b"\xef\xbb\xbf"
"""What some writers put before UTF-8; it says nothing, and is skipped."""
_WRONG_TYPE: Final = (
    "the value is a structured event and the record's content-type says otherwise: write content-type "
    "application/cloudevents+json, or put the attributes into headers ce_specversion, ce_id, ce_source and ce_type"
)


class EnvelopeError(ValueError):
    """A record is no CloudEvent: `code` is stable, the text says which attribute is wrong."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Envelope(Value):
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
            ("ce_id", self.id),
            ("ce_source", self.source),
            ("ce_type", self.type),
            ("ce_subject", self.subject),
            ("ce_time", None if self.time is None else rfc3339(self.time)),
            ("ce_dataschema", self.dataschema),
            *((f"ce_{name}", value) for name, value in self.extensions.items()),
        ]
        encoded = [(name, value.encode()) for name, value in attributes if value is not None]
        return [*_BINARY, *encoded]


class Stamp:
    """The headers that all events of one source and type share, worked out once: each event only adds its own."""

    __slots__ = ("_schema", "_source", "_type")

    def __init__(self, source: str, topic: str, event_type: str) -> None:
        self._source = ("ce_source", source.encode())
        self._type = ("ce_type", event_type.encode())
        self._schema = ("ce_dataschema", schema_url(topic, event_type).encode())

    def headers(
        self, event_id: bytes, subject: bytes, time: bytes | None, *extensions: tuple[str, bytes]
    ) -> tuple[tuple[str, bytes], ...]:
        """Return the Kafka headers of binary mode, as `Envelope.headers` does; `time` is what `rfc3339` wrote."""
        named = (*_BINARY, ("ce_id", event_id), self._source, self._type, ("ce_subject", subject))
        if time is None:
            return (*named, self._schema, *extensions)
        return (*named, ("ce_time", time), self._schema, *extensions)


def schema_url(topic: str, event_type: str) -> str:
    """Return the `dataschema` of a type on a topic."""
    return f"{SCHEMA_BASE}/{topic}/{event_type}.json"


def rfc3339(moment: datetime) -> str:
    """Write a time in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


_PLAIN: Final = MappingProxyType({"content-type": "datacontenttype", tracing.HEADER: tracing.HEADER})
"""Headers without the prefix of attributes, and the attributes that they are in structured mode."""


def structured(headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> bytes:
    """Return what was written in binary mode as structured mode has it: one JSON object, on one line."""
    told: dict[str, object] = {}
    for name, content in headers:
        attribute = _PLAIN.get(name) or (name[3:] if name.startswith("ce_") else None)
        if content is not None and attribute is not None:
            told[attribute] = content.decode(errors="replace")
    if value is not None:
        told["data"] = msgspec.Raw(value.replace(b"\n", b" ").replace(b"\r", b" "))  # in a text they are escaped
    return json_bytes(told)


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
    if "specversion" not in attributes and _looks_structured(value):
        raise EnvelopeError("content_type_wrong", _WRONG_TYPE)
    return _envelope(attributes), value.removeprefix(BOM) if value is not None and value[:1] == BOM[:1] else value


def _named(attribute: str) -> str:
    """Name an attribute; what an extension is called is its writer's word, and repeated nowhere."""
    return f"attribute {attribute}" if attribute in KNOWN else "an extension attribute"


def _looks_structured(value: bytes | None) -> bool:
    """Tell whether a value is a whole event, though nothing says so: its attributes are in it, not in headers."""
    return value is not None and b'"specversion"' in value and value.removeprefix(BOM).lstrip()[:1] == b"{"


def _utf8(name: str, content: bytes | None) -> str:
    if content is None:
        raise EnvelopeError("header_null", f"the header of {_named(name[3:])} has no value")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise EnvelopeError("header_not_utf8", f"the header of {_named(name[3:])} is not UTF-8") from error


def _structured(content_type: bytes, value: bytes | None) -> tuple[Envelope, bytes | None]:
    if not content_type.startswith(b"application/cloudevents+json"):
        raise EnvelopeError("format_unknown", "its content-type names an event format that is not JSON")
    try:
        document = json.loads((value or b"").removeprefix(BOM))
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise EnvelopeError("json_invalid", f"the structured event is not JSON{where}") from error
    if not isinstance(document, dict):
        raise EnvelopeError("json_invalid", "the structured event is not a JSON object")
    attributes = {
        name: _attribute(name, content)
        for name, content in document.items()
        if name not in {"data", "data_base64"} and content is not None
    }
    return _envelope(attributes), _data(document)


def _attribute(name: str, content: object) -> str:
    """Return an attribute as text; an extension may also be a boolean or an integer."""
    if isinstance(content, str):
        return content
    if name in KNOWN or not isinstance(content, int):
        raise EnvelopeError("attribute_invalid", f"{_named(name)} is not a string")
    return json.dumps(content)


def _data(document: Mapping[str, object]) -> bytes | None:
    if document.get("data") is not None:
        try:
            return json.dumps(document["data"]).encode()
        except RecursionError as error:
            raise EnvelopeError("json_invalid", "the data is nested too deeply") from error
    encoded = document.get("data_base64")
    if encoded is None:
        return None
    try:
        return b64decode(encoded, validate=True) if isinstance(encoded, str) else bytes(0)
    except ValueError as error:
        raise EnvelopeError("data_base64_invalid", "data_base64 is not base64") from error


def _envelope(attributes: Mapping[str, str]) -> Envelope:
    if attributes.get("specversion") != SPEC_VERSION:
        told = "is not '1.0'" if "specversion" in attributes else "is missing"
        raise EnvelopeError("specversion_unknown", f"attribute specversion {told}")
    required = {name: _bounded(name, attributes.get(name)) for name in ("id", "source", "type")}
    subject = attributes.get("subject")
    return Envelope(
        **required,
        subject=None if subject is None else _bounded("subject", subject),
        time=_time(attributes.get("time")),
        dataschema=None if "dataschema" not in attributes else _storable("dataschema", attributes["dataschema"]),
        extensions={
            _storable(name, name): _storable(name, text) for name, text in attributes.items() if name not in KNOWN
        },
    )


def _bounded(name: str, text: str | None) -> str:
    if not text:
        raise EnvelopeError("attribute_missing", f"attribute {name} is missing")
    if len(_storable(name, text)) > MAX_ATTRIBUTE_BYTES or len(text.encode()) > MAX_ATTRIBUTE_BYTES:
        raise EnvelopeError("attribute_invalid", f"attribute {name} is over {MAX_ATTRIBUTE_BYTES} bytes")
    return text


def _storable(name: str, text: str) -> str:
    """Return a text that PostgreSQL and Kafka can hold: no NUL, no half of a surrogate pair."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise EnvelopeError("attribute_invalid", f"{_named(name)} has a lone surrogate") from error
    if "\x00" in text:
        raise EnvelopeError("attribute_invalid", f"{_named(name)} has a NUL")
    return text


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return times.read(text)
    except ValueError as error:
        raise EnvelopeError("time_invalid", f"ce_time: {error}") from error
