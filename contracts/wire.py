"""A record as it lies in the log, before it is read and after it is written."""

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import msgpack

from contracts.values import Value

HEADER_HOME: Final = "hub-sent-home-from"
"""Names the place (`topic/partition/offset`) that a record was sent home from."""
HEADER_ORDER: Final = "hub-order-id"
"""Carries the order that a record's reference was resolved to."""
HEADER_SIGNATURE: Final = "hub-signature"
"""The last header of what only the hub may write; see contracts/signing.py."""
HEADER_REPEAT: Final = "hub-repeat"
"""Marks a stored answer that is given once more."""
HEADER_TOKEN: Final = "hub-token"  # noqa: S105 - a header's name
"""Carries the signed token of a command's author."""

RawHeaders = tuple[tuple[str, bytes | None], ...]
_Row = tuple[str, int | None, bytes | None, RawHeaders, bytes | None]
_ENCODER: Final = msgpack.Encoder()
_JSON: Final = msgspec.json.Encoder()
_DECODER: Final = msgpack.Decoder(list[_Row])


class Record(Value):
    """A record read: `topic` is the name in the topic table, `appended_at` milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: RawHeaders
    value: bytes | None
    appended_at: int
    unreadable: str = ""
    """Why the record couldn't be taken out of its batch, whose bytes `value` holds then; empty for all others."""

    @property
    def place(self) -> str:
        """Return `topic/partition/offset`."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    def header(self, name: str) -> bytes | None:
        """Return the first header of this name."""
        for key, content in self.headers:
            if key == name:
                return content
        return None


class Outgoing(Value):
    """A record to write; `partition` None means the home of its key."""

    topic: str
    partition: int | None
    key: bytes | None
    headers: RawHeaders
    value: bytes | None

    @property
    def size(self) -> int:
        """Return about how many bytes the record takes in the log."""
        named = sum(len(name) + len(content or b"") + 4 for name, content in self.headers)
        return len(self.key or b"") + len(self.value or b"") + named + 40

    def header(self, name: str) -> bytes | None:
        """Return the first header of this name."""
        return next((content for key, content in self.headers if key == name), None)


def type_of(message: Outgoing) -> str:
    """Return the CloudEvents type of a message; nothing where it has none."""
    return (message.header("ce_type") or b"").decode(errors="replace")


_DIGEST: Final = b"sha256:"
_SECRET: Final = frozenset({HEADER_TOKEN, "authorization"})


def without_token(headers: RawHeaders) -> RawHeaders:
    """Return headers with a digest for each token: what is kept for good, or for others to read, lets nobody in.

    A token in a header of another spelling, or of another custom, is none for the hub, and a secret all the same.
    """
    return tuple((name, _digest(content) if name.lower() in _SECRET else content) for name, content in headers)


def _digest(token: bytes | None) -> bytes | None:
    if token is None or token.startswith(_DIGEST):
        return token
    return _DIGEST + sha256(token).hexdigest().encode()


def mark(headers: RawHeaders) -> str:
    """Return what tells a written record from all others: its place of origin, or its event id; else nothing."""
    named = dict(headers)
    origin = [named.get(f"kafka_dlt-original-{part}") for part in ("topic", "partition", "offset")]
    if all(part is not None for part in origin):
        return "dead letter " + b"/".join(part or b"" for part in origin).decode("latin-1")
    if named.get(HEADER_HOME) is not None:
        return "sent home " + (named[HEADER_HOME] or b"").decode("latin-1")
    return (named.get("ce_id") or b"").decode("latin-1")


def pack_headers(headers: RawHeaders) -> bytes:
    """Return headers as bytes that `unpack_headers` reads back exactly, whatever bytes they hold."""
    return json.dumps([[name, _text(content)] for name, content in headers], separators=(",", ":")).encode()


def unpack_headers(packed: bytes | None) -> RawHeaders:
    """Return packed headers."""
    return tuple((name, _bytes(content)) for name, content in json.loads(packed or b"[]"))


def pack(messages: Iterable[Outgoing]) -> bytes | None:
    """Return messages as one blob (MessagePack), None where there are none."""
    rows = [(m.topic, m.partition, m.key, m.headers, m.value) for m in messages]
    return _ENCODER.encode(rows) if rows else None


def unpack(blob: bytes | None) -> Sequence[Outgoing]:
    """Return the messages of a blob; those of the first versions are JSON, which begins with a bracket."""
    if not blob:
        return []
    rows = _DECODER.decode(blob) if blob[:1] != b"[" else map(_row, json.loads(blob))
    return [Outgoing(*row) for row in rows]


def json_bytes(document: object) -> bytes:
    """Return a document of plain values as JSON; raises what comes of a text that is no Unicode."""
    return _JSON.encode(document)


def json_text(document: object) -> str:
    """Return a document of plain values as JSON text."""
    return _JSON.encode(document).decode()


def _row(told: Any) -> _Row:
    topic, partition, key, headers, value = told
    return topic, partition, _bytes(key), tuple((name, _bytes(content)) for name, content in headers), _bytes(value)


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("latin-1")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode("latin-1")
