"""One batch of a shard being put together: each record decided or set aside, in the order of the log."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import structlog

from adapters.rows.batch import Batch
from adapters.rows.journal import Seen
from adapters.rows.loading import LookedUp
from adapters.rows.quarantine import Queue
from adapters.rows.set_aside import AsideKind
from adapters.rows.timers import TimerRow
from consumers.shard.answering import Answers
from consumers.shard.batch import Accumulator
from consumers.shard.blame import Blame
from consumers.shard.deciding import Decided, Decider, Failed, Held, Rules
from consumers.shard.ports import Writer
from consumers.shard.quarantine import Quarantine, is_for_operators
from consumers.shard.reading import Read, Reader, Suspended
from consumers.shard.routing import UNKNOWN, Router
from contracts.partitioning import home
from contracts.subjects import called
from contracts.topics import API_SOURCE, NOT_OF_THE_API
from contracts.wire import Outgoing
from domain.deciding.decision import Outcome, Refusal

LOG: Final = structlog.get_logger("hub.pipeline")
LONGEST: Final = 2000
"""Characters of an answer's detail."""
_FOREIGN: Final = (
    f"commands of {API_SOURCE} are the HTTP API's: each needs a token that an issuer of HUB_ISSUERS made for it alone"
)
MEND: Final = "mend what the JSON pointers name, and send the command again"


class Assembly:
    """A batch in the making: `into` holds what it writes, `loaded` what the store knows, `reader` reads what waited."""

    def __init__(
        self,
        shard: int,
        batch: Batch,
        rules: Rules,
        writer: Writer,
        reader: Reader,
        loaded: LookedUp,
        held: dict[str, Held],
        blame: Blame | None = None,
    ) -> None:
        self.loaded = loaded
        self.reader = reader
        self.into = Accumulator(batch)
        self._taken = loaded.references.keys() | loaded.claims.keys()
        self._shard = shard
        self._rules = rules
        self._writer = writer
        self._decider = Decider(rules, writer, loaded, held)
        self._answers = Answers(loaded, self.into, writer)
        self._router = Router(rules, loaded, self.into, writer)
        self._quarantine = Quarantine(shard, rules.limits, writer, rules.made_by, loaded, self.into, blame or Blame())

    @property
    def batch(self) -> Batch:
        """Return what is stored."""
        return self.into.batch

    @property
    def messages(self) -> list[Outgoing]:
        """Return what is published."""
        return self.into.messages

    @property
    def counts(self) -> Counter[str]:
        """Return how many records ended how."""
        return self.into.counts

    @property
    def held(self) -> Mapping[str, Held]:
        """Return what was decided on, as it stands now."""
        return self._decider.held

    @property
    def blame(self) -> Blame:
        """Return on whose records rules have failed."""
        return self._quarantine.blame

    # -- every record ends in exactly one of these ---------------------------------------------------------------

    def add(self, read: Read) -> None:
        """Decide on a record, or set it aside with the reason."""
        if read.row is None and read.source in self.loaded.held_sources and not read.is_forged:
            self.into.aside(read, AsideKind.HELD, "source_paused", f"{read.source} is paused")
            return
        self.into.tell(read)
        if read.fault is not None:
            self._broken(read, *read.fault)
            return
        if read.subject is None and not self._router.resolve(read):
            return
        assert read.subject is not None
        if home(read.subject, self._rules.shards) != self._shard:
            self._send_home(read)
        elif self._is_repeat(read):
            self._repeat(read)
        elif read.decoded is not None and is_for_operators(read.decoded.message):
            held = self._decider.of(read.subject)
            self._answers.give(read, held, self._quarantine.operate(self._decider.received(read), read.subject, held))
        elif read.row is None and (read.source, read.subject) in self.loaded.held:
            self._quarantine.hold(read, "an earlier record of it is kept back")
        elif read.subject in self.loaded.quarantined:
            self._quarantine.queue(read, self.loaded.quarantined[read.subject])
        else:
            self._decide(read)

    def _broken(self, read: Read, code: str, detail: str) -> None:
        """Set a record aside that breaks its contract; if it is a command, its author is told at its home (O-76)."""
        received = self._decider.unkept(read) if read.kind is None else None
        if received is not None and read.sender is not None:
            subject = read.sender[1]
            if home(subject, self._rules.shards) != self._shard:
                read.subject = subject
                self._send_home(read)
                return
            self._answers.refuse(self._decider.of(subject), subject, received, Refusal(code, detail[:LONGEST], MEND))
        self.dead_letter(read, code, detail)

    def dead_letter(self, read: Read, code: str, detail: str) -> None:
        """Set a record aside for good: bytes and headers untouched, the reason beside them."""
        self._router.dead_letter(read, code, detail)

    def fire(self, timer: TimerRow) -> None:
        """Let a timer that is due leave for its aggregate."""
        self.into.fire(timer, self._writer.due(timer))

    def expire(self, read: Read) -> None:
        """Give up on a reference that nobody explained in time."""
        assert read.reference is not None
        self.dead_letter(read, UNKNOWN, f"no order had its {read.reference[0]} before the deadline")

    def suspend(self, read: Read, why: Suspended) -> None:
        """Quarantine the aggregate of a record that can't be decided on; one that names none is a dead letter."""
        if read.subject is None:
            self.dead_letter(read, why.code, why.value)
        else:
            self._quarantine.begin(read, why.value)

    def _send_home(self, read: Read) -> None:
        stray = self._router.send_home(read)
        if stray is not None:
            self.dead_letter(read, stray.code, stray.detail)

    # -- records seen before ---------------------------------------------------------------------------------------

    def _is_repeat(self, read: Read) -> bool:
        return read.key in self.loaded.seen or read.key in self.loaded.answers

    def _repeat(self, read: Read) -> None:
        fault = self._answers.repeat(read)
        if fault is not None:
            self._router.contradict(read, "id_reused", fault)

    # -- decisions -------------------------------------------------------------------------------------------------

    def _decide(self, read: Read) -> bool:
        """Decide on a record; a failure quarantines its aggregate. True when a decision came out."""
        held = self._decider.of(read.subject or "")
        decided = self._decider.decide(read, held, self._router.claims(read, self._decider))
        if isinstance(decided, Failed):
            self.log_failure(read, decided.reason)
            self._quarantine.fail(read, decided.reason)
            return False
        self._quarantine.blame.well(read.source)
        first = decided.decisions[0]
        if read.source == API_SOURCE and first.received.actor is None:
            self.dead_letter(read, NOT_OF_THE_API, _FOREIGN)
        elif first.refusal is not None and first.refusal.dead:
            self._router.contradict(read, first.refusal.code, first.refusal.detail)
        elif first.outcome is Outcome.PARKED and held.kind.parked(held.value) >= self._rules.limits.parked:
            self._too_early(read, held.kind.parked(held.value))
        elif held.seq == 0 and first.outcome is Outcome.REFUSED:
            self._answers.give(read, held, first)
        else:
            self._journal(read, held, decided)
        return True

    def log_failure(self, read: Read, error: str) -> None:
        """Log that the rules failed on a record."""
        LOG.error("quarantined", subject=read.subject, place=read.record.place, error=error)

    def _journal(self, read: Read, held: Held, decided: Decided) -> None:
        before = held.value.state
        self.into.journal(read.subject or "", None if before is None else before.value, decided, self._taken)
        row, last = decided.rows[0][0], decided.rows[-1][0]
        self._decider.held[read.subject or ""] = held.after(decided.decisions[-1], last)
        self.loaded.seen[read.key] = Seen(row.seq, row.digest, row.messages)
        self.into.close(read, row.outcome)

    def _too_early(self, read: Read, parked: int) -> None:
        """Keep no more early facts of one than can be let go at once: letting go looks at each of them."""
        named = called(read.subject or "")
        why = f"{named} already keeps {parked} facts that came too early; nothing it waits for has come"
        self.into.note("too_many_early", read.subject, why)
        self.dead_letter(read, "too_many_early", why)

    # -- queues of what is quarantined ------------------------------------------------------------------------------

    def drain(self, queue: Queue) -> None:
        """Let what waits of an aggregate go on, oldest first, before any live record; stop where one fails again."""
        reason = self._quarantine.leave(queue)
        if reason is None:
            return
        for row in queue.rows:
            read = self.reader.again(row)
            read.subject = queue.subject
            if row.asked == "skip":
                self._discard(read, reason)
            elif read.fault is not None:
                self._quarantine.begin(read, f"{read.fault[0]}: {read.fault[1]}"[:500])
                return
            elif self._is_repeat(read):
                self._repeat(read)
            elif not self._decide(read):
                return
        self._quarantine.drained(queue, reason)

    def keep(self, queue: Queue, reason: str) -> None:
        """Leave an aggregate in quarantine whose first waiting record can't be decided on."""
        for row in queue.rows[:1]:
            read = self.reader.again(row)
            read.subject = queue.subject
            self._quarantine.begin(read, reason)

    def _discard(self, read: Read, reason: str) -> None:
        detail = f"skipped by an operator: {reason}"
        message = self._writer.dead_letter(read.record, "discarded", detail)
        self.into.aside(read, AsideKind.DEAD_LETTER, "discarded", detail, message=message)

    # -- the end of a batch ------------------------------------------------------------------------------------------

    @property
    def changes(self) -> bool:
        """Tell whether the batch writes anything."""
        return self.into.changes

    def finishing(self) -> Iterator[str]:
        """Write the rows and states of what was decided on, which leave last; each is named before it is written."""
        return self.into.finishing(self.held, self._writer)
