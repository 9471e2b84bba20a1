"""The signature on records that only the hub may write: to itself, to its payment gateway, and sent home."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from msgspec import msgpack

from contracts.topics import INTERNAL, PAYMENT_REQUESTS
from contracts.wire import HEADER_HOME, HEADER_ORDER, HEADER_SIGNATURE, Outgoing, RawHeaders, Record

SIGNED: Final = frozenset({INTERNAL.name, PAYMENT_REQUESTS.name})
"""Topics on which every record is signed: it moves goods, or money."""
_BYTES: Final = 16
_LONGEST_KEY: Final = 64
_ENCODER: Final = msgpack.Encoder()


def needs_signature(topic: str, headers: RawHeaders) -> bool:
    """Tell whether only the hub may have written such a record."""
    if topic in SIGNED:
        return True
    for name, _ in headers:  # noqa: SIM110 - a generator is dear, and this is asked of every record
        if name in (HEADER_HOME, HEADER_ORDER):
            return True
    return False


def unsigned(headers: RawHeaders) -> RawHeaders:
    """Return headers without the signature at their end."""
    return headers[:-1] if headers and headers[-1][0] == HEADER_SIGNATURE else headers


@dataclass(frozen=True, slots=True)
class Signatures:
    """Signs with the first of its keys, and accepts them all; `until`: records older than this (ms) need none.

    The signature is a record's last header, and covers everything before it, the topic, the key and the value: a keyed
    BLAKE2b of 16 bytes. A copy of a signed record has its id, too, and is taken for the repetition that it is.
    """

    keys: Sequence[bytes]
    until: int = 0

    @classmethod
    def of(cls, texts: Iterable[bytes], until: int = 0) -> "Signatures":
        """Return the signatures of keys of any length."""
        return cls(tuple(blake2b(text, digest_size=_LONGEST_KEY).digest() for text in texts), until)

    def signed(self, message: Outgoing) -> Outgoing:
        """Return a message with the signature that it needs, if any; one that is signed already stays as it is."""
        headers = message.headers
        if not needs_signature(message.topic, headers) or (headers and headers[-1][0] == HEADER_SIGNATURE):
            return message
        signature = _mac(self.keys[0], message.topic, message.key, headers, message.value)
        headers = (*headers, (HEADER_SIGNATURE, signature))
        return Outgoing(message.topic, message.partition, message.key, headers, message.value)

    def proves(self, record: Record) -> bool:
        """Tell whether the hub itself wrote a record."""
        if record.appended_at < self.until:
            return True
        name, signature = record.headers[-1] if record.headers else ("", None)
        if name != HEADER_SIGNATURE or signature is None:
            return False
        signed = (record.topic, record.key, record.headers[:-1], record.value)
        return any(compare_digest(_mac(key, *signed), signature) for key in self.keys)


def _mac(key: bytes, topic: str, order: bytes | None, headers: RawHeaders, value: bytes | None) -> bytes:
    """Return the keyed digest of a record; MessagePack makes one text of its parts that no other record has."""
    return blake2b(_ENCODER.encode((topic, order, headers, value)), digest_size=_BYTES, key=key).digest()
