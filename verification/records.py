"""A record beside the rows that name it: what it says, and where they say something else."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.own_words import own_words
from contracts.decoding import BrokenContract, Decoded, decode
from contracts.message import Message
from contracts.topics import BY_NAME
from contracts.values import changed
from contracts.wire import HEADER_ORDER, Record, unpack_headers, without_token
from domain.deciding import codec
from verification.snapshot import Row

EPOCH: Final = datetime.fromtimestamp(0, UTC)
SHOWN: Final = 300
"""Characters of a fact that a report shows."""


def read(record: Record) -> Decoded | None:
    """Decode a record. Returns None where it breaks its contract."""
    topic = BY_NAME[record.topic]
    if record.unreadable:
        return None
    try:
        return decode(topic, topic.by_type, record.key, record.headers, record.value)
    except BrokenContract:
        return None


def order_of(record: Record, decoded: Decoded) -> str | None:
    """Return the order that a record names itself, or that the hub resolved for it."""
    resolved = record.header(HEADER_ORDER)
    return decoded.subject if resolved is None else resolved.decode(errors="replace")


def as_edited(record: Record, rows: Iterable[Row]) -> Record:
    """Return a record as an operator edited it before it was retried. The rows keep its original bytes, too."""
    for row in rows:
        if row["closed_batch"] is not None and row.get("edited_headers") is not None:
            record = changed(record, headers=unpack_headers(row["edited_headers"]))
        if row["closed_batch"] is not None and row.get("edited_value") is not None:
            record = changed(record, value=row["edited_value"])
    return record


def row_faults(record: Record, decoded: Decoded | None, row: Row, ahead: timedelta = timedelta()) -> list[str]:
    """Return where a journal row differs from the record that it names.

    `ahead` is how far the hub's clock was moved when the row was written. Its append times moved with it.
    """
    if decoded is None:
        return ["the record breaks its contract, and yet it was decided on"]
    event, appended = decoded.envelope, EPOCH + timedelta(milliseconds=record.appended_at) + ahead
    occurred = appended if event.time is None or event.time > appended else event.time
    told: dict[str, tuple[Any, Any]] = {
        "order_id": (row["order_id"], order_of(record, decoded) or row["order_id"]),
        "source": (row["source"], event.source),
        "event_id": (row["event_id"], event.id),
        "type": (row["type"], event.type),
        "digest": (bytes(row["digest"]).hex(), decoded.digest.hex()),
        "appended_at": (row["appended_at"], appended),
        "occurred_at": (row["occurred_at"], occurred),
    }
    faults = [f"{name} is {mine}, the record says {its}" for name, (mine, its) in told.items() if mine != its]
    return faults + _data_faults(record, decoded, row)


def _data_faults(record: Record, decoded: Decoded, row: Row) -> list[str]:
    try:
        stored = codec.received_from(row["data"])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return [f"data can't be read: {own_words(error)}"]
    fact = decoded.message
    cause, event = stored.cause, decoded.envelope
    named = (cause.source, cause.id, cause.type, f"{cause.topic}/{cause.partition}/{cause.offset}")
    faults = [] if stored.fact == fact else [f"data holds {_shown(stored.fact)}, the record says {_shown(fact)}"]
    if named != (event.source, event.id, event.type, record.place):
        faults.append(f"data names {named} as its cause")
    return faults


def _shown(fact: Message) -> str:
    text = repr(fact)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def aside_faults(record: Record, row: Row) -> list[str]:
    """Return which parts of a record set aside differ from the record in the log."""
    headers = unpack_headers(row["headers"])
    is_final = row.get("kind") == "dead_letter"  # which keeps no token
    kept = {"key": row["key"], "headers": without_token(headers) if is_final else headers, "value": row["value"]}
    its = {"key": record.key, "headers": without_token(record.headers) if is_final else record.headers}
    its["value"] = record.value
    return [f"the {name} that it keeps isn't the record's" for name in kept if kept[name] != its[name]]
