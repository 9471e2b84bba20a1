"""What a batch writes and publishes, as it grows: journal rows, records set aside, deadlines, references, messages."""

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.rows.batch import Batch
from adapters.rows.documents import DocumentRow
from adapters.rows.references import ReferenceRow
from adapters.rows.set_aside import AsideKind, SetAside
from adapters.rows.timers import TimerRow
from consumers.shard.deciding import Decided, Held
from consumers.shard.ports import Writer
from consumers.shard.reading import SIGNATURE_INVALID, Read
from consumers.shard.sources import SOURCE_UNKNOWN
from contracts.references import NUMBER, numbered
from contracts.wire import Outgoing, without_token
from domain.deciding.decision import Decision
from domain.deciding.values import changed

Reference = tuple[str, str]


@dataclass(slots=True)
class Accumulator:
    """A batch in the making; `messages` leave in this order once it is finished and stored."""

    batch: Batch
    messages: list[Outgoing] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    references: dict[Reference, ReferenceRow] = field(default_factory=dict)
    """Numbers that the batch's own decisions brought."""
    past: dict[Reference, list[str]] = field(default_factory=dict)
    """The orders that had a number until a decision of the batch gave it to another one."""
    _touched: dict[str, int] = field(default_factory=dict)
    _timers: dict[tuple[str, str], TimerRow | None] = field(default_factory=dict)
    _n: int = 0

    def aside(
        self,
        read: Read,
        kind: AsideKind,
        code: str,
        detail: str,
        *,
        message: Outgoing | None = None,
        deadline: datetime | None = None,
    ) -> None:
        """Set a record aside, with the reason and what leaves because of it; what is kept for good keeps no token."""
        record = read.record
        if kind is AsideKind.DEAD_LETTER:
            record = changed(record, headers=without_token(record.headers))
        event = None if read.decoded is None else read.decoded.envelope
        self.batch.set_aside.append(
            SetAside(
                kind=kind,
                n=self._next(),
                code=code,
                detail=detail,
                record=record,
                subject=read.subject,
                source=read.source or None,
                event_id=None if event is None else event.id,
                digest=None if read.decoded is None else read.decoded.digest,
                reference=read.reference,
                deadline=deadline,
                message=message,
            )
        )
        if message is not None:
            self.messages.append(message)
        self.close(read, kind.value)
        self.counts[kind.value] += 1

    def say(self, kind: AsideKind, code: str, detail: str, subject: str, message: Outgoing) -> None:
        """Publish a message that no row of a record explains, beside the row that its record has."""
        self.batch.set_aside.append(SetAside(kind, self._next(), code, detail, None, subject, message=message))
        self.messages.append(message)
        self.counts[kind.value] += 1

    def close(self, read: Read, word: str) -> None:
        """Close the row of a record that waited: this is what became of it."""
        if read.row is not None:
            self.batch.closed[read.row] = word
            if read.kind is AsideKind.QUARANTINED and read.subject is not None:
                self.batch.queued[read.subject] -= 1

    def tried(self, read: Read, code: str, detail: str) -> None:
        """Leave a record where it is that was tried again in vain."""
        assert read.row is not None
        self.batch.tried[read.row] = (code, detail)
        self.counts["tried in vain"] += 1

    def note(self, kind: str, subject: str | None, detail: str) -> None:
        """Tell whoever operates the hub of something."""
        self.batch.notes.append((kind, subject, detail))

    def tell(self, read: Read) -> None:
        """Tell whoever operates the hub of a record that somebody wrote who should not have, or whom nobody knows."""
        if read.is_forged and read.fault is not None:
            self.note(SIGNATURE_INVALID, None, f"{read.record.place}: {read.fault[1]}")
        elif read.stranger:
            self.note(SOURCE_UNKNOWN, None, f"{read.record.place}: {read.stranger}")

    def fire(self, timer: TimerRow, message: Outgoing) -> None:
        """Let a timer that is due leave for its aggregate."""
        self._timers[(timer.subject, timer.timer_id)] = None
        self.batch.set_aside.append(
            SetAside(AsideKind.TIMER, self._next(), timer.kind, timer.timer_id, None, timer.subject, message=message)
        )
        self.messages.append(message)
        self.counts["timers"] += 1

    def journal(self, subject: str, before: str | None, decided: Decided, taken: Set[Reference]) -> None:
        """Write decisions down; `before` is the state that they found, `taken` numbers that have an order already."""
        for decision, (row, messages) in zip(decided.decisions, decided.rows, strict=True):
            self.batch.journal.append(changed(row, n=self._next(), status_before=before))
            self.messages.extend(messages)
            self._follow(subject, decision, taken)
            self.counts[decision.outcome.value] += 1
            self.counts["released"] += decision.released
            before = row.status_after
        self._touched[subject] = self._touched.get(subject, 0) + len(decided.rows)

    def _follow(self, subject: str, decision: Decision[Any], taken: Set[Reference]) -> None:
        """Write down the deadlines and the numbers that a decision brings."""
        for timer_id in decision.disarmed:
            self._timers[(subject, timer_id)] = None
        for timer in decision.armed:
            self._timers[(subject, timer.id)] = TimerRow(subject, timer.id, timer.kind, timer.due_at)
        for each in decision.references:
            row = ReferenceRow(each.kind, each.party, each.value, subject, each.over)
            self.batch.references.append(row)
            key = (each.kind, numbered(each.party, each.value) if each.kind == NUMBER else each.value)
            if each.over is not None:
                self.past.setdefault(key, []).append(each.over)
                self.references[key] = row
            elif key not in taken:  # the first holder keeps it; the store tells of the others
                self.references.setdefault(key, row)

    def holder(self, reference: Reference) -> str | None:
        """Return the order that a decision of the batch gave a number; the batch counts on its being stored so."""
        row = self.references.get(reference)
        if row is None:
            return None
        self.batch.counted_on.add((row.kind, row.value, row.subject))
        return row.subject

    @property
    def changes(self) -> bool:
        """Tell whether the batch writes anything."""
        batch = self.batch
        written = (batch.journal, batch.set_aside, batch.closed, batch.positions, batch.tried)
        return any(written) or bool(batch.released or batch.quarantined or self._timers)

    def finishing(self, held: Mapping[str, Held], writer: Writer) -> Iterator[str]:
        """Write the rows and states of what was decided on, which leave last; each is named before it is written."""
        self.batch.armed = [timer for timer in self._timers.values() if timer is not None]
        self.batch.disarmed = [key for key, timer in self._timers.items() if timer is None]
        for subject, changes in self._touched.items():
            yield subject
            each = held[subject]
            self.batch.documents.append(_row(subject, each, changes))
            if each.value.state is not None:
                self.messages.append(writer.status(each.kind, each.value, each.seq))
        self.batch.documents.sort(key=lambda row: row.subject)

    def _next(self) -> int:
        self._n += 1
        return self._n


def _row(subject: str, held: Held, changes: int) -> DocumentRow:
    told = held.kind.columns(held.value)
    return DocumentRow(
        subject=subject,
        seq=held.seq,
        changes=changes,
        version=told.version,
        state=told.state,
        number=told.number,
        store=told.store,
        document=held.kind.write(held.value),
        rules=held.rules,
        attention=told.attention,
    )
