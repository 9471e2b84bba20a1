"""Deciding: what a record does to its aggregate, with the rows and messages that come of it; or why it failed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.own_words import own_words
from adapters.rows.journal import JournalRow
from adapters.rows.loading import LookedUp
from consumers.shard.limits import Limits
from consumers.shard.ports import Writer
from consumers.shard.reading import Read
from consumers.shard.sizes import check_sizes
from contracts.commands import Command
from contracts.envelope import Envelope
from contracts.message import Fact
from contracts.subjects import id_of
from contracts.topics import API_SOURCE
from contracts.wire import HEADER_TOKEN, Outgoing, json_text, pack
from domain.deciding import codec
from domain.deciding.aggregate import Aggregate, Kinds
from domain.deciding.decision import Decision, Known
from domain.deciding.received import Actor, Cause, Claim, Received
from domain.deciding.values import Value, changed

LARGE: Final = 40
"""Parts of an aggregate from which on its status is measured with every decision."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What deciding needs beside the records: shards, the kinds of aggregates, what is known, and how long to wait.

    `identify` says who was behind a token at a time.
    `partitions` are the topics' partition counts; one that isn't there has as many as there are shards.
    `made_by` names the code that decides: other code may do better with an order that this code failed on.
    """

    shards: int
    kinds: Kinds
    known: Known
    identify: Callable[[bytes | None, datetime], Actor | None]
    patience: timedelta
    limits: Limits = field(default_factory=Limits)
    made_by: str = ""
    partitions: Mapping[str, int] = field(default_factory=dict)


class Held(Value):
    """An aggregate in the hands of a batch, with the number of its journal rows and the rules that it was made by."""

    kind: Aggregate[Any]
    value: Any
    seq: int
    rules: int

    def after(self, decision: Decision[Any], row: JournalRow) -> "Held":
        """Return it as a decision leaves it."""
        return Held(self.kind, decision.after, row.seq, row.rules)


class Decided(Value):
    """Decisions on one record, the first its own, each with its journal row and its messages."""

    decisions: Sequence[Decision[Any]]
    rows: list[tuple[JournalRow, list[Outgoing]]]


@dataclass(frozen=True, slots=True)
class Failed:
    """The rules, or what they led to, failed: a bug, whose reason is told."""

    error: Exception

    @property
    def reason(self) -> str:
        """Return what a person reads: the kind of fault and its place, nothing of what was decided on."""
        return own_words(self.error)


class Decider:
    """Decides on records, one after the other; `held` is what it knows of aggregates, as it leaves them."""

    __slots__ = ("_loaded", "_policy", "_rules", "_writer", "held")

    def __init__(self, rules: Rules, writer: Writer, loaded: LookedUp, held: dict[str, Held]) -> None:
        self._rules = rules
        self._writer = writer
        self._loaded = loaded
        self.held = held
        policy = codec.policy_document(rules.known.policy)
        self._policy = json_text(policy) if policy else None
        """What of the policy differs from the defaults: every journal row tells it."""

    def decide(self, read: Read, held: Held, claims: tuple[Claim, ...] = ()) -> Decided | Failed:
        """Decide on a record of an aggregate as it stands, and write what comes of it; nothing is changed by it yet."""
        try:
            received = self.received(read)
            if claims:
                received = changed(received, claims=claims)
            decisions = held.kind.decide(held.value, received, self._rules.known)
            rows = [self._row(read, held, held.seq + i, decision) for i, decision in enumerate(decisions, start=1)]
            self._check_status(held.kind, decisions[-1].after, rows[-1][0].seq)
        except Exception as error:  # noqa: BLE001 - a bug in a rule stops its order only
            return Failed(error)
        return Decided(decisions, rows)

    def of(self, subject: str) -> Held:
        """Return an aggregate as it stands."""
        held = self.held.get(subject)
        if held is None:
            held = self.held[subject] = self._of_store(subject)
        return held

    def _of_store(self, subject: str) -> Held:
        kind, stored = self._rules.kinds.of(subject), self._loaded.documents.get(subject)
        if stored is None:
            return Held(kind, kind.empty(id_of(subject)), 0, kind.rules)
        return Held(kind, kind.read(stored.document), stored.seq, stored.rules)

    def seen(self, subject: str) -> Held:
        """Return what is only looked at, of another shard perhaps: it is not kept."""
        held = self.held.get(subject)
        return self._of_store(subject) if held is None else held

    def received(self, read: Read) -> Received:
        """Return what a record says, by whom and when."""
        assert read.decoded is not None
        return self._received(read, read.decoded.envelope, read.inbound.fact(read.decoded.message))

    def unkept(self, read: Read) -> Received | None:
        """Return who sent a command that breaks its contract; None where nobody has to be answered."""
        received = None if read.sender is None else self._received(read, read.sender[0], Command())
        return received if received is not None and received.actor is not None else None

    def _received(self, read: Read, event: Envelope, fact: Fact) -> Received:
        record = read.record
        token = record.header(HEADER_TOKEN)
        return Received(
            fact=fact,
            cause=Cause(event.source, event.id, event.type, record.topic, record.partition, record.offset),
            occurred_at=read.occurred_at,
            appended_at=read.appended_at,
            actor=self._actor(token, read, event) if token is not None else None,
        )

    def _actor(self, token: bytes, read: Read, event: Envelope) -> Actor | None:
        """Return who is behind a token; nobody, where it was made for a command of another id.

        The API's ids are its own: whoever knows one can't take it with a token for any command.
        """
        actor = self._rules.identify(token, read.logged_at)
        if actor is None or (actor.command is None and event.source != API_SOURCE):
            return actor
        return changed(actor, command=None) if actor.command == event.id else None

    def _row(self, read: Read, held: Held, seq: int, decision: Decision[Any]) -> tuple[JournalRow, list[Outgoing]]:
        subject = read.subject or ""
        trace = None if decision.released else read.trace
        messages = self._writer.encode(held.kind, subject, str(seq), decision, trace)
        check_sizes(messages)
        received, cause, after = decision.received, decision.received.cause, decision.after
        assert read.decoded is not None
        row = JournalRow(
            subject=subject,
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
            data=codec.received_text(received),
            known=self._policy,
            status_before=None,
            status_after=None if after.state is None else after.state.value,
            messages=pack(messages),
            rules=held.kind.rules,
            transitions=list(decision.rules),
            document_before=_document_before(held) if seq == held.seq + 1 else None,
        )
        return row, messages

    def _check_status(self, kind: Aggregate[Any], value: Any, seq: int) -> None:
        """Measure what will be told of a large aggregate as it stands; small ones always fit."""
        if value.state is not None and kind.parts(value) > LARGE:
            check_sizes([self._writer.status(kind, value, seq)])


def _document_before(held: Held) -> str | None:
    """Return the aggregate as it was, where other rules made it: replay starts anew from there."""
    return None if held.rules == held.kind.rules else held.kind.write(held.value)
