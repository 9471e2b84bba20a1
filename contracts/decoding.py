"""From a record to a message: the envelope read, the type looked up, the data checked against its contract."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from contracts import envelope, references
from contracts.envelope import Envelope, EnvelopeError, Headers
from contracts.judging import Refused
from contracts.message import Fact, Message
from contracts.references import PREFIX, Reference
from contracts.subjects import LONGEST_ID, LONGEST_ORDER_ID, ORDER, is_reserved, subject_of
from contracts.topics import Topic
from contracts.values import Value

_ID: Final = re.compile(r"[\x21-\x7e]+")
_PRINTABLE: Final = "1 to {} printable ASCII characters without spaces"


class BrokenContract(Exception):
    """A record can't be read: `code` is the stable group key, `detail` says what is wrong and where.

    `sender` is its envelope and what it is about, where both can be read though its data can't; `source` is who wrote
    it, where that much could be read. `faults` are those of its data, each a JSON Pointer into it and what is wrong.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        sender: "tuple[Envelope, str] | None" = None,
        faults: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.sender = sender
        self.source = ""
        self.faults = faults


class Decoded(Value):
    """A record that keeps its contract; `subject` is None where it must be looked up by a reference."""

    envelope: Envelope
    message: Message
    subject: str | None
    """What it is about: an order's id, or `<kind>:<id>` of anything else."""
    digest: bytes
    """16 bytes over type, subject and decoded data: the same id with another digest is another message."""
    reference: Reference | None = None
    """The number that names its order, where its writer has no order's id."""


def decode(
    topic: Topic, types: dict[str, type[Message]], key: bytes | None, headers: Headers, value: bytes | None
) -> Decoded:
    """Read a record of `topic`; raises BrokenContract."""
    try:
        event, data = envelope.read(headers, value)
    except EnvelopeError as error:
        raise BrokenContract(error.code, error.detail) from error
    try:
        return _decoded(topic, types, key, event, data)
    except BrokenContract as broken:
        broken.source = event.source
        raise


def _decoded(
    topic: Topic, types: dict[str, type[Message]], key: bytes | None, event: Envelope, data: bytes | None
) -> Decoded:
    model = types.get(event.type)
    if model is None:
        known = ", ".join(sorted(types))
        what = f"its ce_type is no type of {topic.name}; known are: {known}"
        raise BrokenContract("type_unknown", what, _sender(ORDER, event, key))
    about = model.aggregate if issubclass(model, Fact) else None
    if data is None:
        what = f"a {event.type} needs data; the record has none"
        raise BrokenContract("data_missing", what, _sender(about, event, key))
    try:
        message = model.read(data)
    except Refused as refused:
        raise BrokenContract("data_invalid", str(refused), _sender(about, event, key), refused.faults) from None
    text = _key(key) if event.subject is None else event.subject
    reference = references.named(text, message)
    about = message.about if isinstance(message, Fact) else None
    subject = None if reference is not None else _subject(about, text)
    return Decoded(event, message, subject, digest(event, message), reference)


def digest(event: Envelope, message: Message) -> bytes:
    """Return 16 bytes that tell two contents apart."""
    content = b"\n".join((event.type.encode(), (event.subject or "").encode(), message.written()))
    return blake2b(content, digest_size=16).digest()


def is_order_id(text: str) -> bool:
    """Tell whether a text can be an order's id: 1 to 200 printable ASCII characters without spaces."""
    return _is_id(text, LONGEST_ORDER_ID) and not is_reserved(text)


def _is_id(text: str, longest: int) -> bool:
    return len(text) <= longest and _ID.fullmatch(text) is not None


def _sender(about: str | None, event: Envelope, key: bytes | None) -> tuple[Envelope, str] | None:
    """Return the envelope of a record and what it is about; None where that can't be read."""
    try:
        subject = _subject(about, _key(key) if event.subject is None else event.subject)
    except BrokenContract:
        return None
    return None if subject is None else (event, subject)


def _subject(about: str | None, text: str) -> str | None:
    """Return what a record is about, by the text of its subject, or else its key; None where it names nothing.

    `about` is the kind that its class says, None for what the hub publishes: that has the whole text. `ref:…` stands
    where a writer doesn't know the order.
    """
    if not text or (about in (ORDER, None) and text.startswith(PREFIX)):
        return None
    if about in (ORDER, None) and not _is_id(text, LONGEST_ORDER_ID):
        raise BrokenContract("order_id_invalid", f"an order id is {_PRINTABLE.format(LONGEST_ORDER_ID)}")
    if about not in (ORDER, None) and not _is_id(text, LONGEST_ID):
        raise BrokenContract("subject_invalid", f"the id of a {about} is {_PRINTABLE.format(LONGEST_ID)}")
    if about == ORDER and is_reserved(text):
        other = text.partition(":")[0]
        raise BrokenContract("order_id_reserved", f"no order's id may begin with {other}: as that names a {other}")
    return subject_of(about or ORDER, text)


def _key(key: bytes | None) -> str:
    try:
        return (key or b"").decode()
    except UnicodeDecodeError as error:
        raise BrokenContract("key_not_utf8", "the record has no subject and its key is not UTF-8") from error
