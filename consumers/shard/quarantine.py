"""Quarantine: an order whose rules failed keeps its later records back, in order, until somebody lets it go on."""

from dataclasses import dataclass
from typing import Final

from adapters.errors import ShardAccident
from adapters.rows.loading import Loaded
from adapters.rows.quarantine import QuarantineRow, Queue, Release
from adapters.rows.set_aside import Kind
from consumers.shard.batch import Accumulator
from consumers.shard.limits import Limits
from consumers.shard.reading import Read
from contracts.commands import DiscardQuarantined, ReleaseQuarantine
from domain.deciding.decision import Decision, Outcome, Refusal
from domain.deciding.received import Received
from domain.orders import events, facts, objections
from domain.orders.order import Order

_COMMANDS: Final = (ReleaseQuarantine, DiscardQuarantined)
TODO: Final = "Go back to the version before or mend the rules, then run: hub shard resume"


@dataclass(slots=True)
class Quarantine:
    """Puts orders of a batch into quarantine, and stops the shard where that would hide a disaster.

    `failed` is how many records in a row rules have failed on, up to here.
    """

    shard: int
    limits: Limits
    made_by: str
    loaded: Loaded
    into: Accumulator
    failed: int = 0

    def begin(self, read: Read, reason: str) -> None:
        """Put the order of a record that can't be decided on into quarantine, or leave it there with a new reason."""
        order_id = read.order_id or ""
        batch = self.into.batch
        self.loaded.quarantined[order_id] = reason
        batch.quarantined.append(QuarantineRow(order_id, reason, self.made_by))
        batch.released = [each for each in batch.released if each != order_id]
        self.into.counts["quarantined orders"] += 1
        self._keep(read, "rule_failed", reason)

    def queue(self, read: Read, reason: str) -> None:
        """Let a record wait behind its order's first one."""
        self._keep(read, "behind", reason)

    def _keep(self, read: Read, code: str, reason: str) -> None:
        if read.kind is Kind.QUARANTINED:
            self.into.tried(read, code, reason)
            return
        order_id = read.order_id or ""
        self.into.aside(read, Kind.QUARANTINED, code, reason)
        self.into.batch.queued[order_id] += 1
        waiting = self.loaded.queued.get(order_id, 0) + self.into.batch.queued[order_id]
        if waiting > self.limits.queue:
            what = f"more than {self.limits.queue} records wait behind order {order_id}"
            raise ShardAccident(self.shard, what, "Let it go on or skip what it fails on (hub failed), then resume")

    def fail(self, read: Read, reason: str) -> None:
        """Put an order into quarantine whose rules failed.

        Raises ShardAccident where so many fail that it is a bad deploy, and not bad orders; one that fails again is no
        new disaster, and must not stop the rest.
        """
        self.begin(read, reason)
        if read.kind is Kind.QUARANTINED:
            return
        self.failed += 1
        if self.failed >= self.limits.failed_in_a_row:
            raise ShardAccident(self.shard, f"rules failed on {self.failed} records in a row", TODO)
        if len(self.loaded.quarantined) > self.limits.quarantined:
            raise ShardAccident(self.shard, f"more than {self.limits.quarantined} orders are in quarantine", TODO)

    def leave(self, queue: Queue) -> str | None:
        """Take an order out of quarantine for its waiting records to be tried; return why it was there.

        None where it wasn't, or where rows of its queue are gone: going on would leave out what they said.
        """
        reason = self.loaded.quarantined.pop(queue.order_id, None)
        if reason is not None and queue.complete and len(queue.rows) < queue.queued:
            gone = f"{queue.queued} records waited, only {len(queue.rows)} are left: restore them, or accept the gap"
            self.loaded.quarantined[queue.order_id] = gone
            self.into.batch.quarantined.append(QuarantineRow(queue.order_id, gone, self.made_by))
            return None
        return reason

    def drained(self, queue: Queue, reason: str) -> None:
        """Let the order go on from here, or wait on until the rest of its queue has been tried."""
        if queue.complete:
            self.into.batch.released.append(queue.order_id)
        else:
            self.loaded.quarantined[queue.order_id] = reason

    def operate(self, received: Received, order: Order) -> Decision:
        """Note that an order is to go on, or to give up its first record; a later batch does it."""
        fact, actor = received.fact, received.actor
        assert isinstance(fact, facts.Command)
        refusal = objections.right_on(type(fact), order, actor)
        if refusal is None and order.id not in self.loaded.quarantined:
            detail = f"order {order.id} is not in quarantine"
            refusal = Refusal("not_quarantined", detail, "leave it, it goes on by itself")
        if refusal is None and actor is not None:
            action = "skip" if isinstance(fact, facts.DiscardQuarantined) else "retry"
            key = f"{received.cause.source} {received.cause.id}"
            release = Release(order.id, action, actor.name, fact.reason or "by command", key)
            self.into.batch.releases.append(release)
        return _answer(received, order, refusal)


def is_for_operators(message: object) -> bool:
    """Tell whether a message is about records in quarantine, and not for the order itself."""
    return isinstance(message, _COMMANDS)


def _answer(received: Received, order: Order, refusal: Refusal | None) -> Decision:
    cause = received.cause
    if refusal is None:
        accepted = events.CommandAccepted(command_id=cause.id, client=cause.source)
        return Decision(received, order, Outcome.APPLIED, events=(accepted,))
    rejected = events.CommandRejected(
        command_id=cause.id, client=cause.source, code=refusal.code, detail=refusal.detail, hint=refusal.hint
    )
    return Decision(received, order, Outcome.REFUSED, events=(rejected,), refusal=refusal)
