"""One batch of a shard being put together: each record decided or set aside, in the order of the log."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from adapters.errors import ShardAccident
from adapters.rows import (
    Batch,
    JournalRow,
    Kind,
    Loaded,
    OrderRow,
    QuarantineRow,
    Queue,
    ReferenceRow,
    Release,
    Seen,
    SetAside,
    TimerRow,
)
from consumers.shard.limits import Limits
from consumers.shard.ports import Writer
from consumers.shard.reading import SIGNATURE_INVALID, Read, Reader, Suspended
from contracts.commands import DiscardQuarantined, ReleaseQuarantine
from contracts.partitioning import home, partition_of
from contracts.topics import BY_NAME, HEADROOM
from contracts.wire import (
    HEADER_HOME,
    HEADER_ORDER,
    HEADER_REPEAT,
    HEADER_TOKEN,
    Outgoing,
    json_text,
    pack,
    unpack,
)
from domain.deciding import codec
from domain.deciding.decision import RULES_VERSION, Decision, Known, Outcome, Refusal
from domain.deciding.received import Actor, Cause, Received
from domain.orders import events, facts, objections
from domain.orders.decide import receive
from domain.orders.order import Order
from domain.orders.view import attention

LOG: Final = structlog.get_logger("hub.pipeline")
LARGE_ORDER: Final = 40
"""Lines, shipments, returns and refunds together from which on an order's status is measured with every decision."""
SMALL: Final = 64 * 1024
"""Bytes of a value that fits every topic, whatever headers the hub adds."""


class MessageTooLarge(Exception):
    """A message of {size} bytes is over the limit of {topic} ({limit} bytes); nothing of this decision is stored."""

    def __init__(self, topic: str, size: int, limit: int) -> None:
        super().__init__((self.__doc__ or "").format(topic=topic, size=size, limit=limit))


@dataclass(frozen=True, slots=True)
class Rules:
    """What deciding needs beside the records: shards, what is known, who is behind a token, how long to wait.

    `partitions` are the topics' partition counts; one that isn't there has as many as there are shards.
    `made_by` names the code that decides: other code may do better with an order that this code failed on.
    """

    shards: int
    known: Known
    identify: Callable[[bytes | None], Actor | None]
    patience: timedelta
    limits: Limits = field(default_factory=Limits)
    made_by: str = ""
    partitions: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)  # not frozen: thousands are made a second
class Held:
    """An order in the hands of a batch, with the number of its journal rows and the rules that it was made by."""

    order: Order
    seq: int
    rules: int


@dataclass(slots=True)
class Assembly:
    """A batch in the making; `messages` leave in this order once it is finished and stored."""

    shard: int
    batch: Batch
    rules: Rules
    writer: Writer
    reader: Reader
    loaded: Loaded
    held: dict[str, Held]
    failed: int = 0
    """How many records in a row rules have failed on, up to here."""
    messages: list[Outgoing] = field(default_factory=list)
    touched: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    references: dict[tuple[str, str], str] = field(default_factory=dict)
    timers: dict[tuple[str, str], TimerRow | None] = field(default_factory=dict)
    policy: str | None = field(init=False)
    """What of the policy differs from the defaults: every journal row tells it."""
    n: int = 0

    def __post_init__(self) -> None:
        policy = codec.policy_document(self.rules.known.policy)
        self.policy = json_text(policy) if policy else None

    # -- every record ends in exactly one of these ---------------------------------------------------------------

    def add(self, read: Read) -> None:
        """Decide on a record, or set it aside with the reason."""
        if read.fault is not None:
            if read.fault[0] == SIGNATURE_INVALID:
                self.batch.notes.append((SIGNATURE_INVALID, None, f"{read.record.place}: {read.fault[1]}"))
            self.dead_letter(read, *read.fault)
            return
        if read.order_id is None and not self._resolve(read):
            return
        assert read.order_id is not None
        if read.row is None and read.decoded is not None and read.decoded.envelope.source in self.loaded.held_sources:
            self._aside(read, Kind.HELD, "source_paused", f"{read.decoded.envelope.source} is paused by an operator")
        elif home(read.order_id, self.rules.shards) != self.shard:
            self._send_home(read)
        elif self._is_repeat(read):
            self._repeat(read)
        elif read.decoded is not None and isinstance(read.decoded.message, ReleaseQuarantine | DiscardQuarantined):
            self._operate(read)
        elif read.order_id in self.loaded.quarantined:
            self._quarantine(read, self.loaded.quarantined[read.order_id], first=False)
        else:
            self._decide(read)

    def dead_letter(self, read: Read, code: str, detail: str) -> None:
        """Set a record aside for good: bytes and headers untouched, the reason beside them."""
        if read.kind is Kind.DEAD_LETTER:
            self._tried(read, code, detail)
            return
        message = self.writer.dead_letter(read.record, code, detail)
        self._aside(read, Kind.DEAD_LETTER, code, detail, message=message)

    def fire(self, timer: TimerRow) -> None:
        """Let a timer that is due leave for its order."""
        message = self.writer.due(timer)
        self.timers[(timer.order_id, timer.timer_id)] = None
        self.batch.set_aside.append(
            SetAside(Kind.TIMER, self._next(), timer.kind, timer.timer_id, None, timer.order_id, message=message)
        )
        self.messages.append(message)
        self.counts["timers"] += 1

    # -- records that are not at home, or not of a known order -----------------------------------------------------

    def _resolve(self, read: Read) -> bool:
        reference = read.reference
        assert reference is not None
        found = self.references.get(reference) or self.loaded.references.get(reference)
        behind = read.row is None and reference in self.loaded.waiting_references
        if found is not None and not behind:
            read.order_id = found
            return True
        deadline = read.appended_at + self.rules.patience
        if read.kind is Kind.DEAD_LETTER:
            self._tried(read, "reference_unknown", f"still no order has {reference[0]} {reference[1]}")
        elif read.row is None or read.kind is not Kind.WAITING:
            self.loaded.waiting_references.add(reference)
            detail = f"no order has {reference[0]} {reference[1]} yet"
            self._aside(read, Kind.WAITING, "reference_unknown", detail, deadline=deadline)
        return False

    def expire(self, read: Read) -> None:
        """Give up on a reference that nobody explained in time."""
        assert read.reference is not None
        kind, value = read.reference
        self.dead_letter(read, "reference_unknown", f"no order had {kind} {value} before the deadline")

    def _send_home(self, read: Read) -> None:
        order_id = read.order_id or ""
        there = partition_of(
            order_id, self.rules.partitions.get(read.record.topic, self.rules.shards), self.rules.shards
        )
        from_reference = read.reference is not None
        if read.sent_home and not (from_reference and not read.resolved):
            detail = f"order {order_id} lives in partition {there}; the record was sent home before and is not there"
            self.dead_letter(read, "misrouted", detail)
            return
        added: list[tuple[str, bytes | None]] = [(HEADER_HOME, read.record.place.encode())]
        if from_reference:
            added.append((HEADER_ORDER, order_id.encode()))
        record = read.record
        message = self.writer.signed(Outgoing(record.topic, there, record.key, (*record.headers, *added), record.value))
        if _is_too_large(message):
            self.dead_letter(read, "too_large", f"order {order_id} lives in partition {there}; it can't be sent on")
            return
        self._aside(
            read, Kind.FORWARDED, "not_at_home", f"order {order_id} lives in partition {there}", message=message
        )

    # -- records seen before ---------------------------------------------------------------------------------------

    def _is_repeat(self, read: Read) -> bool:
        return read.key in self.loaded.seen or read.key in self.loaded.answers

    def _repeat(self, read: Read) -> None:
        assert read.decoded is not None
        seen = self.loaded.seen.get(read.key)
        if seen is not None and seen.digest != read.decoded.digest:
            detail = f"id {read.decoded.envelope.id} of {read.decoded.envelope.source} came before with other content"
            self.dead_letter(read, "id_reused", detail)
            return
        stored = unpack(seen.messages) if seen is not None else self.loaded.answers[read.key]
        answers = [m for m in stored if (m.header("ce_type") or b"").startswith(b"command.")]
        if not answers:
            self._close(read, "duplicate")
            self.counts["duplicates"] += 1
            return
        for answer in answers:
            again = replace(answer, headers=(*answer.headers, (HEADER_REPEAT, b"true")))
            self._aside(read, Kind.ANSWER, "repeated", "the stored answer, given once more", message=again)

    # -- decisions -------------------------------------------------------------------------------------------------

    def _decide(self, read: Read) -> bool:
        """Decide and encode; a failure of either quarantines the order. True when a decision came out."""
        order_id = read.order_id or ""
        held = self._held(order_id)
        try:
            decisions = receive(held.order, self._received(read), self.rules.known)
            rows = [self._row(read, order_id, held.seq + i, decision) for i, decision in enumerate(decisions, start=1)]
            self._check_status(decisions[-1].order, rows[-1][0].seq)
        except Exception as error:  # noqa: BLE001 - a bug in a rule stops its order only
            LOG.error("order quarantined", order_id=order_id, place=read.record.place, error=repr(error)[:300])
            self._quarantine(read, f"{type(error).__name__}: {error}"[:500], first=True)
            if read.kind is not Kind.QUARANTINED:  # one that fails again is no new disaster, and must not stop the rest
                self._limit_failures()
            return False
        self.failed = 0
        if decisions[0].outcome is Outcome.PARKED and len(held.order.parked) >= self.rules.limits.parked:
            self._too_early(read, len(held.order.parked))
        elif held.seq == 0 and decisions[0].outcome is Outcome.REFUSED:
            self._answer(read, decisions[0])
        else:
            self._journal(read, held, decisions, rows)
        return True

    def _too_early(self, read: Read, parked: int) -> None:
        """Keep no more early facts of an order than can be let go at once: letting go looks at each of them."""
        why = f"order {read.order_id} already keeps {parked} facts that came too early; nothing it waits for has come"
        self.batch.notes.append(("too_many_early", read.order_id, why))
        self.dead_letter(read, "too_many_early", why)

    def _check_status(self, order: Order, seq: int) -> None:
        """Measure what will be told of a large order as it stands; small ones always fit."""
        parts = len(order.lines) + len(order.shipments) + len(order.returns) + len(order.refunds)
        if order.state is not None and parts > LARGE_ORDER:
            _check_sizes([self.writer.status(order, seq)])

    def _held(self, order_id: str) -> Held:
        held = self.held.get(order_id)
        if held is None:
            stored = self.loaded.orders.get(order_id)
            if stored is None:
                held = Held(Order.shell(order_id), 0, RULES_VERSION)
            else:
                held = Held(codec.order_from(stored.document), stored.seq, stored.rules)
            self.held[order_id] = held
        return held

    def _received(self, read: Read) -> Received:
        decoded, record = read.decoded, read.record
        assert decoded is not None
        event = decoded.envelope
        token = record.header(HEADER_TOKEN)
        return Received(
            fact=read.inbound.fact(decoded.message),
            cause=Cause(event.source, event.id, event.type, record.topic, record.partition, record.offset),
            occurred_at=read.occurred_at,
            appended_at=read.appended_at,
            actor=self.rules.identify(token) if token is not None else None,
        )

    def _row(self, read: Read, order_id: str, seq: int, decision: Decision) -> tuple[JournalRow, list[Outgoing]]:
        messages = self.writer.encode(order_id, str(seq), decision)
        _check_sizes(messages)
        received, cause = decision.received, decision.received.cause
        before = self._held(order_id)
        after = decision.order
        assert read.decoded is not None
        row = JournalRow(
            order_id=order_id,
            seq=seq,
            version=after.version,
            n=0,
            outcome=decision.outcome.value,
            source=cause.source,
            event_id=cause.id,
            digest=b"" if decision.released else read.decoded.digest,
            type=cause.type,
            topic=cause.topic,
            partition=cause.partition,
            offset=cause.offset,
            refers_to=0 if decision.released else None,
            actor=None if received.actor is None else received.actor.name,
            occurred_at=received.occurred_at,
            appended_at=received.appended_at,
            data=json_text(codec.received_document(received)),
            known=self.policy,
            status_before=None,
            status_after=None if after.state is None else after.state.value,
            messages=pack(messages),
            rules=RULES_VERSION,
            transitions=list(decision.rules),
            document_before=_document_before(before) if seq == before.seq + 1 else None,
        )
        return row, messages

    def _journal(
        self, read: Read, held: Held, decisions: Iterable[Decision], rows: list[tuple[JournalRow, list[Outgoing]]]
    ) -> None:
        order_id = read.order_id or ""
        before = held.order.state
        for decision, (row, messages) in zip(decisions, rows, strict=True):
            row.n = self._next()
            row.status_before = None if before is None else before.value
            self.batch.journal.append(row)
            self.messages.extend(messages)
            self._follow(order_id, decision)
            self.counts[decision.outcome.value] += 1
            self.counts["released"] += decision.released
            before = decision.order.state
            held = Held(decision.order, row.seq, RULES_VERSION)
        self.held[order_id] = held
        self.touched[order_id] = self.touched.get(order_id, 0) + len(rows)
        self.loaded.seen[read.key] = _seen(rows[0])
        self._close(read, rows[0][0].outcome)

    def _follow(self, order_id: str, decision: Decision) -> None:
        """Write down the deadlines and the numbers that a decision brings."""
        for timer_id in decision.disarmed:
            self.timers[(order_id, timer_id)] = None
        for timer in decision.armed:
            self.timers[(order_id, timer.id)] = TimerRow(order_id, timer.id, timer.kind, timer.due_at)
        for reference in decision.references:
            self.batch.references.append(ReferenceRow(reference.kind, reference.party, reference.value, order_id))
            key = (reference.kind, reference.value)
            if key not in self.loaded.references:  # the first holder keeps it; the store tells of the others
                self.references.setdefault(key, order_id)

    def _answer(self, read: Read, decision: Decision) -> None:
        """Answer without a journal row: there is no order whose row it could be."""
        name = f"answer:{decision.received.cause.source}:{decision.received.cause.id}"
        messages = self.writer.encode(read.order_id or "", name, decision)
        code = decision.refusal.code if decision.refusal is not None else "accepted"
        detail = decision.refusal.detail if decision.refusal is not None else ""
        for message in messages[:1]:
            self._aside(read, Kind.ANSWER, code, detail, message=message)
        self.loaded.answers[read.key] = tuple(messages[:1])

    # -- quarantine ------------------------------------------------------------------------------------------------

    def _quarantine(self, read: Read, reason: str, *, first: bool) -> None:
        order_id = read.order_id or ""
        if first:
            self.loaded.quarantined[order_id] = reason
            self.batch.quarantined.append(QuarantineRow(order_id, reason, self.rules.made_by))
            self.batch.released = [each for each in self.batch.released if each != order_id]
            self.counts["quarantined orders"] += 1
        code = "rule_failed" if first else "behind"
        if read.kind is Kind.QUARANTINED:
            self._tried(read, code, reason)
        else:
            self._aside(read, Kind.QUARANTINED, code, reason)
            self.batch.queued[order_id] += 1
            self._limit_queue(order_id)

    def _limit_failures(self) -> None:
        """Stop rather than set a whole topic aside: so many failures are a bad deploy, not bad orders."""
        limits = self.rules.limits
        self.failed += 1
        todo = "Go back to the version before or mend the rules, then run: hub shard resume"
        if self.failed >= limits.failed_in_a_row:
            raise ShardAccident(self.shard, f"rules failed on {self.failed} records in a row", todo)
        if len(self.loaded.quarantined) > limits.quarantined:
            raise ShardAccident(self.shard, f"more than {limits.quarantined} orders are in quarantine", todo)

    def _limit_queue(self, order_id: str) -> None:
        waiting = self.loaded.queued.get(order_id, 0) + self.batch.queued[order_id]
        if waiting > self.rules.limits.queue:
            what = f"more than {self.rules.limits.queue} records wait behind order {order_id}"
            raise ShardAccident(self.shard, what, "Let it go on or skip what it fails on (hub failed), then resume")

    def suspend(self, read: Read, why: Suspended) -> None:
        """Quarantine the order of a record that can't be decided on; a record without an order is a dead letter."""
        reason = why.value
        if read.order_id is None:
            self.dead_letter(read, why.code, reason)
        else:
            self._quarantine(read, reason, first=True)

    def _operate(self, read: Read) -> None:
        """Note that the order is to go on, or to give up its first record; a later batch does it."""
        order_id = read.order_id or ""
        received = self._received(read)
        assert isinstance(received.fact, facts.Command)
        refusal = self._operator_refusal(received.fact, received.actor, order_id)
        if refusal is None and received.actor is not None:
            discards = isinstance(read.decoded and read.decoded.message, DiscardQuarantined)
            action, why = "skip" if discards else "retry", getattr(received.fact, "reason", None) or "by command"
            key = f"{received.cause.source} {received.cause.id}"
            self.batch.releases.append(Release(order_id, action, received.actor.name, why, key))
        self._answer(read, self._operator_answer(received, order_id, refusal))

    def _operator_answer(self, received: Received, order_id: str, refusal: Refusal | None) -> Decision:
        cause, order = received.cause, self._held(order_id).order
        if refusal is None:
            accepted = events.CommandAccepted(command_id=cause.id, client=cause.source)
            return Decision(received, order, Outcome.APPLIED, events=(accepted,))
        rejected = events.CommandRejected(
            command_id=cause.id, client=cause.source, code=refusal.code, detail=refusal.detail, hint=refusal.hint
        )
        return Decision(received, order, Outcome.REFUSED, events=(rejected,), refusal=refusal)

    def _operator_refusal(self, fact: facts.Command, actor: Actor | None, order_id: str) -> Refusal | None:
        refusal = objections.right_on(type(fact), self._held(order_id).order, actor)
        if refusal is not None:
            return refusal
        if order_id not in self.loaded.quarantined:
            return Refusal(
                "not_quarantined", f"order {order_id} is not in quarantine", "leave it, it goes on by itself"
            )
        return None

    def drain(self, queue: Queue) -> None:
        """Let the waiting records of an order go on, oldest first, before any live one; stop where one fails again."""
        order_id = queue.order_id
        reason = self.loaded.quarantined.pop(order_id, None)
        if reason is None:
            return
        if queue.complete and len(queue.rows) < queue.queued:
            self._report_gap(queue)
            return
        for row in queue.rows:
            read = self.reader.again(row)
            read.order_id = order_id
            if row.asked == "skip":
                self._discard(read, reason)
            elif read.fault is not None:
                self._quarantine(read, f"{read.fault[0]}: {read.fault[1]}"[:500], first=True)
                return
            elif self._is_repeat(read):
                self._repeat(read)
            elif not self._decide(read):
                return
        if queue.complete:
            self.batch.released.append(order_id)
        else:
            self.loaded.quarantined[order_id] = reason

    def keep(self, queue: Queue, reason: str) -> None:
        """Leave an order in quarantine whose waiting records lead to what the store can't hold."""
        for row in queue.rows[:1]:
            read = self.reader.again(row)
            read.order_id = queue.order_id
            self._quarantine(read, reason, first=True)

    def _discard(self, read: Read, reason: str) -> None:
        message = self.writer.dead_letter(read.record, "discarded", f"skipped by an operator: {reason}")
        self._aside(read, Kind.DEAD_LETTER, "discarded", f"skipped by an operator: {reason}", message=message)

    def _report_gap(self, queue: Queue) -> None:
        """Keep an order of whose queue rows are gone: going on would leave out what they said."""
        reason = f"{queue.queued} records waited, only {len(queue.rows)} are left: restore them, or accept the gap"
        self.loaded.quarantined[queue.order_id] = reason
        self.batch.quarantined.append(QuarantineRow(queue.order_id, reason, self.rules.made_by))

    # -- bookkeeping -----------------------------------------------------------------------------------------------

    def _aside(
        self,
        read: Read,
        kind: Kind,
        code: str,
        detail: str,
        *,
        message: Outgoing | None = None,
        deadline: datetime | None = None,
    ) -> None:
        event = None if read.decoded is None else read.decoded.envelope
        self.batch.set_aside.append(
            SetAside(
                kind=kind,
                n=self._next(),
                code=code,
                detail=detail,
                record=read.record,
                order_id=read.order_id,
                source=None if event is None else event.source,
                event_id=None if event is None else event.id,
                digest=None if read.decoded is None else read.decoded.digest,
                reference=read.reference,
                deadline=deadline,
                message=message,
            )
        )
        if message is not None:
            self.messages.append(message)
        self._close(read, kind.value)
        self.counts[kind.value] += 1

    def _close(self, read: Read, word: str) -> None:
        if read.row is not None:
            self.batch.closed[read.row] = word
            if read.kind is Kind.QUARANTINED and read.order_id is not None:
                self.batch.queued[read.order_id] -= 1

    def _tried(self, read: Read, code: str, detail: str) -> None:
        """Leave a record where it is that was tried again in vain."""
        assert read.row is not None
        self.batch.tried[read.row] = (code, detail)
        self.counts["tried in vain"] += 1

    @property
    def changes(self) -> bool:
        """Tell whether the batch writes anything."""
        batch = self.batch
        written = (batch.journal, batch.set_aside, batch.closed, batch.positions, batch.tried)
        return any(written) or bool(batch.released or batch.quarantined or self.timers)

    def _next(self) -> int:
        self.n += 1
        return self.n

    def finishing(self) -> Iterator[str]:
        """Write the orders' rows and their states, which leave last; each order is named before it is written."""
        self.batch.armed = [timer for timer in self.timers.values() if timer is not None]
        self.batch.disarmed = [key for key, timer in self.timers.items() if timer is None]
        for order_id, changes in self.touched.items():
            yield order_id
            held = self.held[order_id]
            order = held.order
            state = None if order.state is None else order.state.value
            document = json_text(codec.order_document(order))
            self.batch.orders.append(
                OrderRow(
                    order_id,
                    held.seq,
                    changes,
                    order.version,
                    state,
                    order.number,
                    order.store,
                    document,
                    held.rules,
                    attention.needed(order),
                )
            )
            if state is not None:
                self.messages.append(self.writer.status(order, held.seq))
        self.batch.orders.sort(key=lambda row: row.order_id)


def _is_too_large(message: Outgoing) -> bool:
    return message.size > BY_NAME[message.topic].max_bytes - HEADROOM


def _check_sizes(messages: Iterable[Outgoing]) -> None:
    """Refuse what no topic takes; the hub's own headers are short, only a long value needs to be measured."""
    for message in messages:
        if len(message.value or b"") > SMALL and _is_too_large(message):
            raise MessageTooLarge(message.topic, message.size, BY_NAME[message.topic].max_bytes - HEADROOM)


def _document_before(held: Held) -> str | None:
    """Return the order as it was, where other rules made it: replay starts anew from there."""
    if held.rules == RULES_VERSION:
        return None
    return json_text(codec.order_document(held.order))


def _seen(row: tuple[JournalRow, list[Outgoing]]) -> Seen:
    return Seen(row[0].seq, row[0].digest, row[0].messages)
