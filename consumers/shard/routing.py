"""Routing: a record without its order is looked up by its number, one in another order's partition is sent home."""

from dataclasses import dataclass
from typing import Final

from adapters.rows.loading import LookedUp
from adapters.rows.set_aside import AsideKind
from adapters.rows.timers import TimerRow
from consumers.shard.batch import Accumulator
from consumers.shard.deciding import Decider, Rules
from consumers.shard.ports import Writer
from consumers.shard.reading import Read
from consumers.shard.sizes import is_too_large
from contracts.internal import CONTRADICTED
from contracts.partitioning import partition_of
from contracts.references import claimed
from contracts.subjects import ORDER, called, kind_of
from contracts.wire import HEADER_HOME, HEADER_ORDER, Outgoing
from domain.deciding.received import Claim

UNKNOWN: Final = "reference_unknown"
LONGEST_TEXT: Final = 200
"""Characters of a notice."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A record that can't be used where it is: the code and the detail of its dead letter."""

    code: str
    detail: str


@dataclass(slots=True)
class Router:
    """Finds where the records of a batch belong."""

    rules: Rules
    loaded: LookedUp
    into: Accumulator
    writer: Writer

    def resolve(self, read: Read) -> bool:
        """Find the order of a record by its number; where nobody knows it yet, the record waits and this is False."""
        reference = read.reference
        assert reference is not None
        found = self.into.holder(reference) or self.loaded.references.get(reference)
        behind = read.row is None and reference in self.loaded.waiting_references
        if found is not None and not behind:
            read.subject = self._seen_by(read, reference) or found
            return True
        if read.kind is AsideKind.DEAD_LETTER:
            self.into.tried(read, UNKNOWN, f"still no order has its {reference[0]}")
        elif read.row is None or read.kind is not AsideKind.WAITING:
            self.loaded.waiting_references.add(reference)
            deadline = read.appended_at + self.rules.patience
            self.into.aside(read, AsideKind.WAITING, UNKNOWN, f"no order has its {reference[0]} yet", deadline=deadline)
        return False

    def _seen_by(self, read: Read, reference: tuple[str, str]) -> str | None:
        """Return the order that had the number before and has seen the event: said again, it says nothing to others."""
        assert read.decoded is not None
        event, seen = read.decoded.envelope, self.loaded.seen
        had = (*self.loaded.past.get(reference, ()), *self.into.past.get(reference, ()))
        return next((each for each in had if (each, event.source, event.id) in seen), None)

    def claims(self, read: Read, decider: Decider) -> tuple[Claim, ...]:
        """Return what others have of the numbers that a record brings."""
        assert read.decoded is not None
        found = []
        for kind, value in claimed(read.decoded.message):
            holder = self.into.holder((kind, value)) or self.loaded.claims.get((kind, value))
            if holder is not None and holder != read.subject:
                held = decider.seen(holder)
                found.append(Claim(kind, value, holder, held.kind.gave_up(held.value, kind, value)))
        return tuple(found)

    def dead_letter(self, read: Read, code: str, detail: str) -> None:
        """Set a record aside for good: bytes and headers untouched, the reason beside them."""
        if read.kind is AsideKind.DEAD_LETTER:
            self.into.tried(read, code, detail)
            return
        message = self.writer.dead_letter(read.record, code, detail)
        self.into.aside(read, AsideKind.DEAD_LETTER, code, detail, message=message)

    def contradict(self, read: Read, code: str, detail: str) -> None:
        """Set a record aside that says otherwise than one before it, and put what it is about before a person."""
        self.dead_letter(read, code, detail)
        if read.kind is not AsideKind.DEAD_LETTER:  # else people know of it
            self._tell(read, code, detail)

    def _tell(self, read: Read, code: str, detail: str) -> None:
        """Give an order notice of a record that contradicts one before it; of anything else, tell whoever operates."""
        subject, place = read.subject or "", read.record.place
        if kind_of(subject) != ORDER:
            self.into.note(code, subject, f"{place}: {detail}")
            return
        name = f"{CONTRADICTED}-{place.replace('/', '-')}"
        notice = TimerRow(subject, name, CONTRADICTED, read.appended_at, f"{place}: {detail}"[:LONGEST_TEXT])
        self.into.fire(notice, self.writer.due(notice))

    def send_home(self, read: Read) -> Stray | None:
        """Send a record to its order's partition; return why it can't be sent, if so."""
        subject, record = read.subject or "", read.record
        there = partition_of(subject, self.rules.partitions.get(record.topic, self.rules.shards), self.rules.shards)
        lives = f"{called(subject)} lives in partition {there}"
        from_reference = read.reference is not None
        if read.sent_home and not (from_reference and not read.resolved):
            return Stray("misrouted", f"{lives}; the record was sent home before and is not there")
        added: list[tuple[str, bytes | None]] = [(HEADER_HOME, record.place.encode())]
        if from_reference:
            added.append((HEADER_ORDER, subject.encode()))
        unsigned = Outgoing(record.topic, there, record.key, (*record.headers, *added), record.value)
        message = self.writer.signed(unsigned)
        if is_too_large(message):
            return Stray("too_large", f"{lives}; it can't be sent on")
        self.into.aside(read, AsideKind.FORWARDED, "not_at_home", lives, message=message)
        return None
