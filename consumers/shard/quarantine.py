"""Quarantine: an aggregate whose rules failed keeps its later records back, in order, until it may go on."""

from dataclasses import dataclass
from typing import Any, Final

from adapters.errors import ShardAccident
from adapters.rows.loading import LookedUp
from adapters.rows.quarantine import QuarantineRow, Queue, Release
from adapters.rows.set_aside import AsideKind
from consumers.shard.batch import Accumulator
from consumers.shard.blame import Blame
from consumers.shard.deciding import Held
from consumers.shard.limits import Limits
from consumers.shard.ports import Writer
from consumers.shard.reading import Read
from consumers.shard.sources import OURS
from contracts.commands import DiscardQuarantined, ReleaseQuarantine
from contracts.subjects import called
from domain.deciding.decision import Decision, Refusal
from domain.deciding.received import Received

_COMMANDS: Final = (ReleaseQuarantine, DiscardQuarantined)
TODO: Final = "Go back to the version before or mend the rules, then run: hub shard resume"


@dataclass(slots=True)
class Quarantine:
    """Puts aggregates of a batch into quarantine, and keeps back or stops what would hide a disaster.

    `blame` says on whose records rules have failed up to here.
    """

    shard: int
    limits: Limits
    writer: Writer
    made_by: str
    loaded: LookedUp
    into: Accumulator
    blame: Blame

    def begin(self, read: Read, reason: str) -> None:
        """Put the aggregate of a record that can't be decided on into quarantine, or tell why it stays there."""
        subject = read.subject or ""
        batch = self.into.batch
        self.loaded.quarantined[subject] = reason
        batch.quarantined.append(QuarantineRow(subject, reason, self.made_by))
        batch.released = [each for each in batch.released if each != subject]
        self.into.counts["quarantined orders"] += 1
        self._keep(read, "rule_failed", reason)

    def queue(self, read: Read, reason: str) -> None:
        """Let a record wait behind its aggregate's first one."""
        self._keep(read, "behind", reason)

    def hold(self, read: Read, reason: str) -> None:
        """Keep a record of a source in doubt back, and with it what the source says of its aggregate later."""
        self.into.aside(read, AsideKind.HELD, "source_paused", f"{read.source} is paused: {reason}")
        self.loaded.held.add((read.source, read.subject or ""))

    def _keep(self, read: Read, code: str, reason: str) -> None:
        if read.kind is AsideKind.QUARANTINED:
            self.into.tried(read, code, reason)
            return
        subject = read.subject or ""
        if self.loaded.queued.get(subject, 0) + self.into.batch.queued[subject] >= self.limits.queue:
            self._too_many(read, called(subject))
            return
        self.into.aside(read, AsideKind.QUARANTINED, code, reason)
        self.into.batch.queued[subject] += 1

    def _too_many(self, read: Read, named: str) -> None:
        """Let no more records wait behind one aggregate: they can be tried again once it goes on."""
        why = f"{self.limits.queue} records wait behind {named} already, which is in quarantine"
        self.into.note("too_many_behind", read.subject, why)
        if read.kind is AsideKind.DEAD_LETTER:
            self.into.tried(read, "too_many_behind", why)
            return
        message = self.writer.dead_letter(read.record, "too_many_behind", why)
        self.into.aside(read, AsideKind.DEAD_LETTER, "too_many_behind", why, message=message)

    def fail(self, read: Read, reason: str) -> None:
        """Put an aggregate into quarantine whose rules failed, and doubt its source where that is too much of it.

        Of a source in doubt the record itself is kept back: it may be borrowed, and what rules can decide on goes on.
        Raises ShardAccident where it is rather a bad deploy than a partner's bad data: on what the hub tells itself, or
        on records of several sources at once. One that fails again is no new disaster, and must not stop the rest.
        """
        if read.row is None and read.source in self.loaded.doubted:
            self.hold(read, reason)
        else:
            self.begin(read, reason)
        if read.kind is AsideKind.QUARANTINED:
            return
        limits, source = self.limits, read.source
        why = self.blame.failed(source, limits)
        if why is not None:
            self._doubt(source, f"{why}, the last at {read.record.place}")
        most = limits.quarantined * limits.paused_sources
        if len(self.loaded.quarantined) > most:
            raise ShardAccident(self.shard, f"more than {most} aggregates are in quarantine", TODO)

    def _doubt(self, source: str, why: str) -> None:
        if source.startswith(OURS):
            raise ShardAccident(self.shard, why, TODO)
        self.loaded.doubted.add(source)
        self.into.batch.paused.setdefault(source, why)
        sources = self.blame.sources(self.limits)
        if len(sources) >= self.limits.paused_sources:
            what = f"rules failed on too many records of {', '.join(sources)} at once; {why}"
            raise ShardAccident(self.shard, what, TODO)

    def leave(self, queue: Queue) -> str | None:
        """Take an aggregate out of quarantine for its waiting records to be tried; return why it was there.

        None where it wasn't, or where rows of its queue are gone: going on would leave out what they said.
        """
        reason = self.loaded.quarantined.pop(queue.subject, None)
        if reason is not None and queue.complete and len(queue.rows) < queue.queued:
            gone = f"{queue.queued} records waited, only {len(queue.rows)} are left: restore them, or accept the gap"
            self.loaded.quarantined[queue.subject] = gone
            self.into.batch.quarantined.append(QuarantineRow(queue.subject, gone, self.made_by))
            return None
        return reason

    def drained(self, queue: Queue, reason: str) -> None:
        """Let it go on from here, or wait on until the rest of its queue has been tried."""
        if queue.complete:
            self.into.batch.released.append(queue.subject)
        else:
            self.loaded.quarantined[queue.subject] = reason

    def operate(self, received: Received, subject: str, held: Held) -> Decision[Any]:
        """Note that an aggregate is to go on, or to give up its first record; a later batch does it."""
        fact, actor = received.fact, received.actor
        assert isinstance(fact, _COMMANDS)
        refusal = held.kind.objection(held.value, received)
        if refusal is None and subject not in self.loaded.quarantined:
            detail = f"{called(subject)} is not in quarantine"
            refusal = Refusal("not_quarantined", detail, "leave it, it goes on by itself")
        if refusal is None and actor is not None:
            action = "skip" if isinstance(fact, DiscardQuarantined) else "retry"
            key = f"{received.cause.source} {received.cause.id}"
            self.into.batch.releases.append(Release(subject, action, actor.name, fact.reason or "by command", key))
        return held.kind.answer(held.value, received, refusal)


def is_for_operators(message: object) -> bool:
    """Tell whether a message is about records in quarantine, and not for the aggregate itself."""
    return isinstance(message, _COMMANDS)
