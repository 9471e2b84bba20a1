"""The rows of the store as the pipeline hands them over: journal, set aside, positions, timers, references."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts.wire import Outgoing, Record

Place = tuple[str, int]
"""A topic of the table and a partition."""
Origin = tuple[str, int, int]
"""A topic of the table, a partition and an offset."""


@dataclass(slots=True)
class JournalRow:
    """One decision: inbox, outbox and audit trail at once; its place in the batch (`n`) is known last.

    `refers_to` is the seq of the parked row that is applied here; received rows have none and are unique by order,
    source and event id. `messages` are the packed bytes to publish.
    """

    order_id: str
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


class Kind(StrEnum):
    """Why a record has no journal row."""

    DEAD_LETTER = "dead_letter"
    FORWARDED = "forwarded"
    WAITING = "waiting"
    QUARANTINED = "quarantined"
    HELD = "held"
    ANSWER = "answer"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that leaves no journal row, or a message that none explains, with the reason and where it goes.

    `message` is published with the batch; `deadline` is until when a reference may stay unknown.
    """

    kind: Kind
    n: int
    code: str
    detail: str
    record: Record | None
    order_id: str | None = None
    source: str | None = None
    event_id: str | None = None
    digest: bytes | None = None
    reference: tuple[str, str] | None = None
    deadline: datetime | None = None
    message: Outgoing | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open row of set_aside, to be tried again; `record` is as an operator left it, `asked` what he wants of it."""

    id: int
    kind: Kind
    record: Record
    order_id: str | None
    reference: tuple[str, str] | None
    deadline: datetime | None
    code: str
    asked: str | None = None
    operation: int | None = None
    """The operation that touched it last: another one meanwhile, and what was decided on it is not stored."""


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order's row."""

    order_id: str
    seq: int
    version: int
    document: Mapping[str, Any]
    rules: int


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order's row as a batch leaves it; `changes` journal rows were added since the last one."""

    order_id: str
    seq: int
    changes: int
    version: int
    state: str | None
    number: str | None
    store: str | None
    document: str
    rules: int
    attention: bool = False


@dataclass(frozen=True, slots=True)
class PositionRow:
    """The next offset of a partition, and the last record read there."""

    topic: str
    partition: int
    next_offset: int
    last_offset: int | None = None
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A deadline of an order."""

    order_id: str
    timer_id: str
    kind: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """A number that others use for an order."""

    kind: str
    party: str
    value: str
    order_id: str


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """An order whose rules failed: its later records wait. `made_by` names the code that failed."""

    order_id: str
    reason: str
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A person's command: let the waiting records of an order go on, or give the first one up."""

    order_id: str
    action: str
    who: str
    why: str
    key: str


@dataclass(slots=True)
class Batch:
    """Everything that one batch of a shard writes, in one transaction."""

    number: int
    journal: list[JournalRow] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    closed: dict[int, str] = field(default_factory=dict)
    orders: list[OrderRow] = field(default_factory=list)
    positions: list[PositionRow] = field(default_factory=list)
    armed: list[TimerRow] = field(default_factory=list)
    disarmed: list[tuple[str, str]] = field(default_factory=list)
    references: list[ReferenceRow] = field(default_factory=list)
    quarantined: list[QuarantineRow] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    queued: Counter[str] = field(default_factory=Counter)
    """By how many the records behind each quarantined order became more, or fewer."""
    tried: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Rows of set_aside that were tried again in vain, with code and detail."""
    operations: dict[int, int | None] = field(default_factory=dict)
    """Rows of set_aside that this batch decides on, with the operation that was the last when they were read."""
    notes: list[tuple[str, str | None, str]] = field(default_factory=list)
    """What a person should look at: (kind, order id, detail)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A journal row that a record's id already has."""

    seq: int
    digest: bytes
    messages: bytes | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch needs to know: orders not cached, events that may have been seen, references, answers to commands.

    Events and answers are named by (order id, source, event id), references by (kind, value, source, event id): the
    order that a reference leads to may have seen the event.
    """

    orders: Sequence[str]
    events: Sequence[tuple[str, str, str]]
    references: Sequence[tuple[str, str, str, str]]
    answers: Sequence[tuple[str, str, str]]
    kept_back: bool = True
    """Whether to say which orders and sources are kept back; asked once a batch."""


@dataclass(slots=True)
class Loaded:
    """The answers to `Wanted`; keys of `seen` and `answers` are (order id, source, event id)."""

    orders: dict[str, StoredOrder] = field(default_factory=dict)
    seen: dict[tuple[str, str, str], Seen] = field(default_factory=dict)
    references: dict[tuple[str, str], str] = field(default_factory=dict)
    waiting_references: set[tuple[str, str]] = field(default_factory=set)
    quarantined: dict[str, str] = field(default_factory=dict)
    queued: dict[str, int] = field(default_factory=dict)
    """How many records wait behind each quarantined order."""
    held_sources: set[str] = field(default_factory=set)
    """Sources that an operator paused, or whose held records are not all read yet."""
    answers: dict[tuple[str, str, str], tuple[Outgoing, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GapBatch:
    """What one stored batch publishes, in order, and the orders that it touched."""

    number: int
    messages: Sequence[Outgoing]
    orders: Sequence[str]


@dataclass(frozen=True, slots=True)
class Taken:
    """A shard's row at take-over."""

    batch: int
    emitted: int
    stopped: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits behind a quarantined order that is to go on, oldest first; `complete` where these are all rows."""

    order_id: str
    rows: Sequence[Waiting]
    complete: bool
    queued: int
    """How many rows there must be: fewer are a gap."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What operators want of a shard: why it is to stop, what it must not read, whether there are rows to try again."""

    stopped: str | None
    paused: frozenset[Place]
    work: bool
    now: datetime
    """When the store was asked, by its own clock."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows of set_aside to try again: whole queues of quarantined orders, dead letters, records of a paused source."""

    queues: Sequence[Queue] = ()
    rows: Sequence[Waiting] = ()
