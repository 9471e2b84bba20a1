"""The journal: decisions as they are stored, and what is published of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.values import Value
from contracts.wire import Outgoing


class JournalRow(Value):
    """One decision: inbox, outbox and audit trail at once; its place in the batch (`n`) is known last.

    `refers_to` is the seq of the parked row that is applied here; received rows have none and are unique by order,
    source and event id. `messages` are the packed bytes to publish.
    """

    subject: str
    seq: int
    version: int
    n: int
    outcome: str
    source: str
    event_id: str
    digest: bytes
    type: str
    topic: str
    partition: int
    offset: int
    refers_to: int | None
    actor: str | None
    occurred_at: datetime
    appended_at: datetime
    data: str
    known: str | None
    status_before: str | None
    status_after: str | None
    messages: bytes | None
    rules: int
    transitions: list[str]
    document_before: str | None


class Seen(Value):
    """A journal row that a record's id already has."""

    seq: int
    digest: bytes
    messages: bytes | None


@dataclass(frozen=True, slots=True)
class GapBatch:
    """What one stored batch publishes, in order, and what it touched."""

    number: int
    messages: Sequence[Outgoing]
    subjects: Sequence[str]
