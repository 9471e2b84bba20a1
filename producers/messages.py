"""From what the domain decided to what goes on the wire: every event, request and message to another aggregate."""

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Final

from adapters.rows.timers import TimerRow
from contracts import envelope, internal, tracing
from contracts.message import WHOSE, Message, Request
from contracts.partitioning import partition_of
from contracts.signing import Signatures
from contracts.subjects import ORDER, id_of, split, subject_of
from contracts.topics import BY_NAME, INTERNAL, OUTBOUND, PAYMENT_REQUESTS, Topic
from contracts.wire import Outgoing, Record
from domain.deciding.aggregate import Aggregate
from domain.deciding.decision import Decision
from producers.dead_letters import dead_letter

TIMERS: Final = "/hub/timers"
"""The source of the records that tell an aggregate of its deadlines."""

LONG_ID: Final = 64
LONG_NAME: Final = 120
TOPICS_OF: Final[Mapping[type[Message], Topic]] = MappingProxyType(
    {message: topic for topic in OUTBOUND for message in topic.messages}
)
"""The topic of each message that leaves the hub."""


class Messages:
    """Turns decisions into records; the store keeps them and the shard publishes them.

    `partitions` are the topics' partition counts; one that isn't there has as many as there are shards.
    """

    def __init__(
        self,
        shards: int,
        signatures: Signatures,
        group: str = "hub",
        partitions: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._shards = shards
        self._signatures = signatures
        self._group = group
        self._partitions = partitions

    def encode(
        self, kind: Aggregate[Any], subject: str, name: str, decision: Decision[Any], trace: bytes | None = None
    ) -> list[Outgoing]:
        """Return a decision's messages, in order; their ids `<subject>:<name>:<n>` stay the same on repetition.

        `trace` is the `traceparent` of the record that was decided on: they belong to its trace.
        """
        ids, cause = subject.encode(), decision.received.cause.id.encode()
        time = envelope.rfc3339(decision.received.appended_at).encode()
        prefix = f"{_short(subject)}:{_short(name, LONG_NAME)}:"
        extensions = (("ce_correlationid", ids), ("ce_causationid", cause))
        messages = []
        for n, (message, body, to, told) in enumerate(_parts(kind, decision)):
            topic, stamp = _route(kind.source, message)
            key = ids if to is None else id_of(to).encode()
            message_id = f"{prefix}{n}".encode()
            traced = () if trace is None else _traced(trace, message_id)
            headers = stamp.headers(message_id, key, time, *extensions, *told, *traced)
            # Only the hub writes between aggregates, and it names the partition: whatever their count, their own.
            partition = self._internal(to or subject) if topic is INTERNAL else None
            outgoing = Outgoing(topic.name, partition, key, headers, body)
            messages.append(self.signed(outgoing) if topic is INTERNAL or topic is PAYMENT_REQUESTS else outgoing)
        return messages

    def status(self, kind: Aggregate[Any], value: Any, seq: int) -> Outgoing:
        """Return an aggregate as it stands, for its compacted topic; nobody's personal data is in it."""
        return status(kind, value, seq)

    def due(self, timer: TimerRow) -> Outgoing:
        """Return the record that tells an aggregate of its deadline."""
        kind, bare = split(timer.subject)
        of = None if kind == ORDER else kind
        message = internal.TimerDue(
            timer_id=timer.timer_id, kind=timer.kind, due_at=timer.due_at, of=of, text=timer.text or None
        )
        event_id = f"{_short(timer.subject)}:timer:{timer.timer_id}:{int(timer.due_at.timestamp() * 1000)}"
        key, time = bare.encode(), envelope.rfc3339(timer.due_at).encode()
        headers = _stamp(TIMERS, INTERNAL.name, internal.TimerDue).headers(event_id.encode(), key, time)
        partition = self._internal(timer.subject)
        return self.signed(Outgoing(INTERNAL.name, partition, key, headers, message.encoded()))

    def signed(self, message: Outgoing) -> Outgoing:
        """Return a message with the signature that proves the hub its writer, where one is needed."""
        return self._signatures.signed(message)

    def _internal(self, subject: str) -> int:
        return partition_of(subject, self._partitions.get(INTERNAL.name, self._shards), self._shards)

    def dead_letter(self, record: Record, code: str, detail: str) -> Outgoing:
        """Return a record that can't be used, byte for byte, with the reason in headers."""
        count = self._partitions.get(BY_NAME[record.topic].dead_letters, self._shards)
        return dead_letter(record, code, detail, self._group, record.partition % count)


def _short(name: str, longest: int = LONG_ID) -> str:
    """Return an id, or part of one, that leaves room for more in an event id, which is 200 bytes at most."""
    return name if len(name) <= longest else blake2b(name.encode(), digest_size=16).hexdigest()


def _traced(trace: bytes, message_id: bytes) -> tuple[tuple[str, bytes], ...]:
    traced = tracing.continued(trace, message_id)
    return () if traced is None else ((tracing.HEADER, traced),)


_Part = tuple[type[Message], bytes, str | None, tuple[tuple[str, bytes], ...]]


def _parts(kind: Aggregate[Any], decision: Decision[Any]) -> Iterator[_Part]:
    """Return the class and the data of each message, what it is for where that is another aggregate, and its headers.

    Headers of its own has what is asked of partners: a reader finds what is for its store and warehouse by them.
    """
    if decision.events:
        head = kind.head(decision).encoded()
        for event in decision.events:
            yield type(event), event.encoded_after(head), None, ()
    for request in decision.requests:
        yield type(request), request.encoded(), None, _whose(request)
    for told in decision.to_others:
        yield type(told.fact), told.fact.encoded(), told.subject, ()


def _whose(request: Request) -> tuple[tuple[str, bytes], ...]:
    told = []
    for name, header in _named(type(request)):
        value = getattr(request, name)
        if value is not None:
            told.append((header, value.encode()))
    return tuple(told)


@cache
def _named(kind: type[Request]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a class that say whose its requests are, with their headers."""
    return tuple((name, f"ce_{name}") for name in WHOSE if name in kind.declared.hints)


def status(kind: Aggregate[Any], value: Any, seq: int) -> Outgoing:
    """Return an aggregate as it stands, for its compacted topic; nobody's personal data is in it."""
    message, subject = kind.status(value), subject_of(kind.name, value.id)
    topic, key = TOPICS_OF[type(message)], subject.encode()
    stamp = _stamp(kind.source, topic.name, type(message))
    return Outgoing(
        topic.name, None, key, stamp.headers(f"{subject}:{seq}:status".encode(), key, None), message.encoded()
    )


@cache
def _route(source: str, message: type[Message]) -> tuple[Topic, envelope.Stamp]:
    """Return where messages of a class go, and the headers that they share."""
    topic = TOPICS_OF[message]
    return topic, _stamp(source, topic.name, message)


@cache
def _stamp(source: str, topic: str, message: type[Message]) -> envelope.Stamp:
    return envelope.Stamp(source, topic, message.type())
