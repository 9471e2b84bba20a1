"""A record of the log: as the hub's own value, and as the digest by which it is known again."""

from hashlib import blake2b
from typing import Any

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.tolerance import Unreadable
from contracts.wire import Record


def digest(key: bytes | None, value: bytes | None) -> bytes:
    """Return 16 bytes that tell whether the record at an offset is still the same one."""
    return blake2b((key or b"") + b"\x00" + (value or b""), digest_size=16).digest()


def as_record(kafka: KafkaConnection, record: Any) -> Record:
    """Return aiokafka's record as the hub's own."""
    return Record(
        kafka.name(record.topic),
        record.partition,
        record.offset,
        record.key,
        tuple(record.headers),
        record.value,
        record.timestamp,
        record.why if type(record) is Unreadable else "",
    )
