"""Rows as a batch writes them, with likely values where a test says nothing."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.rows.batch import Batch
from adapters.rows.documents import DocumentRow
from adapters.rows.journal import JournalRow
from adapters.rows.set_aside import AsideKind, SetAside
from adapters.rows.timers import TimerRow
from contracts.values import changed
from contracts.wire import Outgoing, Record, pack

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
DIGEST = b"0123456789abcdef"
HOUR = timedelta(hours=1)


def message(event_id: str, subject: str = "o-1", topic: str = "order.events", partition: int | None = 0) -> Outgoing:
    """A message to publish; its value isn't text."""
    return Outgoing(topic, partition, subject.encode(), (("ce_id", event_id.encode()), ("empty", None)), b"\x00\xff")


def journal(seq: int = 1, *, subject: str = "o-1", messages: Sequence[Outgoing] = (), **changes: Any) -> JournalRow:
    """An applied fact."""
    row = JournalRow(
        subject=subject,
        seq=seq,
        version=seq,
        n=seq,
        outcome="applied",
        source="/partners/test",
        event_id=f"e-{seq}",
        digest=DIGEST,
        type="fraud.scored.v1",
        topic="fraud.events",
        partition=0,
        offset=seq,
        refers_to=None,
        actor=None,
        occurred_at=NOON,
        appended_at=NOON,
        data='{"fact":"FraudScored"}',
        known=None,
        status_before=None,
        status_after="approved",
        messages=pack(messages),
        rules=1,
        transitions=["O-08"],
        document_before=None,
    )
    return changed(row, **changes)


def order(seq: int = 1, *, subject: str = "o-1", changes: int = 1, **others: Any) -> DocumentRow:
    """An order of which a batch wrote so many changes."""
    row = DocumentRow(subject, seq, changes, seq, "approved", f"N-{subject}", "lille", f'{{"seq":{seq}}}', 1)
    return changed(row, **others)


def record(offset: int = 0, topic: str = "carrier.events") -> Record:
    """A record with a header that holds any bytes."""
    headers = (("ce_id", b"e-1"), ("any", bytes(range(256))), ("empty", None))
    return Record(topic, 0, offset, b"key", headers, b"\x00value\xff", 1_773_489_600_123)


def aside(kind: AsideKind, n: int = 1, **changes: Any) -> SetAside:
    """A record set aside."""
    return dataclasses.replace(SetAside(kind, n, "some_code", "some detail", record(n)), **changes)


def waiting(value: str, n: int = 1, **changes: Any) -> SetAside:
    """A record that waits for a tracking number."""
    return aside(AsideKind.WAITING, n, reference=("tracking", value), deadline=NOON + HOUR, **changes)


def answer(event_id: str, n: int = 1, command: str = "c-1") -> SetAside:
    """An answer to a command for an order that doesn't exist."""
    told = message(event_id, "o-9")
    return aside(AsideKind.ANSWER, n, subject="o-9", source="/tool", event_id=command, message=told)


def timer(timer_id: str = "t-1", due_at: datetime = NOON, subject: str = "o-1") -> TimerRow:
    """A deadline."""
    return TimerRow(subject, timer_id, "payment_answer", due_at)


def decided(number: int, *event_ids: str, subject: str = "o-1") -> Batch:
    """The batch that writes the order's row `number` and publishes these messages."""
    row = journal(number, subject=subject, messages=[message(event_id, subject) for event_id in event_ids])
    return Batch(number, journal=[row], documents=[order(number, subject=subject)])
