"""A batch: everything that is written in one transaction."""

from collections import Counter
from dataclasses import dataclass, field

from adapters.rows.documents import DocumentRow
from adapters.rows.journal import JournalRow
from adapters.rows.positions import PositionRow
from adapters.rows.quarantine import QuarantineRow, Release
from adapters.rows.references import ReferenceRow
from adapters.rows.set_aside import SetAside
from adapters.rows.timers import TimerRow


@dataclass(slots=True)
class Batch:
    """Everything that one batch of a shard writes, in one transaction."""

    number: int
    journal: list[JournalRow] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    closed: dict[int, str] = field(default_factory=dict)
    documents: list[DocumentRow] = field(default_factory=list)
    positions: list[PositionRow] = field(default_factory=list)
    armed: list[TimerRow] = field(default_factory=list)
    disarmed: list[tuple[str, str]] = field(default_factory=list)
    references: list[ReferenceRow] = field(default_factory=list)
    counted_on: set[tuple[str, str, str]] = field(default_factory=set)
    """Of the numbers (kind, value, subject) that the batch brings, those by which it found the order of a record."""
    quarantined: list[QuarantineRow] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    queued: Counter[str] = field(default_factory=Counter)
    """By how many the records behind each quarantined aggregate became more, or fewer."""
    paused: dict[str, str] = field(default_factory=dict)
    """Sources that are kept back from here on until an operator lets them go on, and why."""
    tried: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Rows of set_aside that were tried again in vain, with code and detail."""
    operations: dict[int, int | None] = field(default_factory=dict)
    """Rows of set_aside that this batch decides on, with the operation that was the last when they were read."""
    notes: list[tuple[str, str | None, str]] = field(default_factory=list)
    """What a person should look at: (kind, subject, detail)."""
