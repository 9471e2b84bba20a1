"""From a record to a message: the envelope read, the type looked up, the data checked against its contract."""

import re
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from contracts import envelope
from contracts.envelope import Envelope, EnvelopeError, Headers
from contracts.judging import Refused
from contracts.message import Message
from contracts.topics import Topic

_ORDER_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")
REFERENCE_PREFIX: Final = "ref:"
"""How a subject or key begins that isn't an order id but some other reference, e.g. `ref:1Z999`."""


class BrokenContract(Exception):
    """A record can't be read: `code` is the stable group key, `detail` says what is wrong and where."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(slots=True)  # not frozen: thousands are made a second
class Decoded:
    """A record that keeps its contract; `order_id` is None where it must be looked up by a reference."""

    envelope: Envelope
    message: Message
    order_id: str | None
    digest: bytes
    """16 bytes over type, subject and decoded data: the same id with another digest is another message."""


def decode(
    topic: Topic, types: dict[str, type[Message]], key: bytes | None, headers: Headers, value: bytes | None
) -> Decoded:
    """Read a record of `topic`; raises BrokenContract."""
    try:
        event, data = envelope.read(headers, value)
    except EnvelopeError as error:
        raise BrokenContract(error.code, error.detail) from error
    model = types.get(event.type)
    if model is None:
        known = ", ".join(sorted(types))
        raise BrokenContract("type_unknown", f"{event.type!r} is not a type of {topic.name}; known are: {known}")
    if data is None:
        raise BrokenContract("data_missing", f"a {event.type} needs data; the record has none")
    try:
        message = model.read(data)
    except Refused as refused:
        raise BrokenContract("data_invalid", str(refused)) from None
    return Decoded(event, message, _order_id(event, key), digest(event, message))


def digest(event: Envelope, message: Message) -> bytes:
    """Return 16 bytes that tell two contents apart."""
    content = b"\n".join((event.type.encode(), (event.subject or "").encode(), message.written()))
    return blake2b(content, digest_size=16).digest()


def is_order_id(text: str) -> bool:
    """Tell whether a text can be an order's id: 1 to 200 printable ASCII characters without spaces."""
    return _ORDER_ID.fullmatch(text) is not None


def _order_id(event: Envelope, key: bytes | None) -> str | None:
    """Return the subject, or else the key; `ref:…` stands where its writer doesn't know the order."""
    text = _key(key) if event.subject is None else event.subject
    if not text:
        return None
    if text.startswith(REFERENCE_PREFIX):
        return None
    if not is_order_id(text):
        raise BrokenContract("order_id_invalid", "an order id is 1 to 200 printable ASCII characters without spaces")
    return text


def _key(key: bytes | None) -> str:
    try:
        return (key or b"").decode()
    except UnicodeDecodeError as error:
        raise BrokenContract("key_not_utf8", "the record has no subject and its key is not UTF-8") from error
