"""The contracts for those who have to keep them: topics, types, publishers, and whether an event is as it should be."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from contracts import decoding, envelope, history, samples, shapes, validation
from contracts.commands import Command
from contracts.envelope import Headers
from contracts.history import Step
from contracts.message import Message
from contracts.topics import BY_NAME, TOPICS, Direction, Topic
from domain.catalogue import put
from domain.orders.commands import BY_KIND
from hub.desk.errors import Refused, TopicIsUnknown
from hub.desk.partner_keys import WRITABLE
from hub.errors import ErrorKind

MOST_FAULTS: Final = 100
"""How many faults of an event are told."""
_PLACES: Final = MappingProxyType(
    {
        "specversion_unknown": "/specversion",
        "time_invalid": "/time",
        "data_base64_invalid": "/data_base64",
        "type_unknown": "/type",
        "data_missing": "/data",
        "order_id_missing": "/subject",
        "order_id_invalid": "/subject",
        "order_id_reserved": "/subject",
        "subject_invalid": "/subject",
    }
)
"""Where the fault is that a code tells of, in an event as structured mode has it; of any other, the whole event."""


class ContractIsUnknown(Refused):
    """{topic} has no {type}: GET /v1/contracts lists all topics with their types."""

    kind = ErrorKind.NOT_FOUND

    def __init__(self, topic: str, type_: str) -> None:
        super().__init__(topic=topic, type=type_)


@dataclass(frozen=True, slots=True)
class Publishers:
    """Who may write a type: the party, whether by a partner key over HTTP, and with one of which scopes, if any."""

    party: str
    over_http: bool
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """One type on its topic: what it says, its schema, an event of it, and what has changed."""

    topic: Topic
    type: str
    summary: str
    publishers: Publishers
    schema: Mapping[str, object]
    example: Mapping[str, object]
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an event keeps its contract; `topic` and `type` are None where it says of itself too little to know.

    `faults` are JSON Pointers into the event as structured mode has it, each with what is wrong there.
    """

    topic: str | None
    type: str | None
    faults: tuple[tuple[str, str], ...] = ()


def one(topic_name: str, type_: str) -> Contract:
    """Return the contract of a type on a topic; raises ContractIsUnknown."""
    topic = BY_NAME.get(topic_name)
    message = None if topic is None else topic.by_type.get(type_)
    if topic is None or message is None:
        raise ContractIsUnknown(topic_name, type_)
    return Contract(
        topic,
        type_,
        summary_of(message),
        publishers_of(topic, message),
        shapes.schema(topic, message),
        example_of(topic, type_),
        history.steps(topic, type_),
    )


def summary_of(message: type[Message]) -> str:
    """Return what a type says, in a sentence."""
    return (message.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


def publishers_of(topic: Topic, message: type[Message]) -> Publishers:
    """Return who may write a type to a topic."""
    scopes = scopes_of(message) if issubclass(message, Command) else ()
    return Publishers(topic.writer, topic.name in WRITABLE, tuple(sorted(scopes)))


def scopes_of(command: type[Command]) -> frozenset[str]:
    """Return the scopes of which a command may need one; which of them this one needs is decided with its order."""
    row = BY_KIND.get(command)
    if row is None:
        return frozenset({put.COMMANDS[command]})
    access = row.access
    return frozenset({access.scope, access.also or access.scope, *(each.scope for each in access.special)})


def example_of(topic: Topic, type_: str) -> Mapping[str, object]:
    """Return a valid event in structured mode; every optional field is given."""
    value = json.dumps(samples.valid(topic, type_)).encode()
    told: Mapping[str, object] = json.loads(envelope.structured(samples.event(topic, type_).headers(), value))
    return told


def judge(headers: Headers, value: bytes, topic_name: str | None = None) -> Verdict:
    """Return whether the hub would take a record, by what it reads records with; nothing is published.

    Without a topic it is the one that `dataschema` names, else one that the hub reads. Raises TopicIsUnknown.
    """
    if topic_name is not None and topic_name not in BY_NAME:
        raise TopicIsUnknown(topic_name, [each.name for each in TOPICS])
    try:
        event, _ = envelope.read(headers, value)
    except envelope.EnvelopeError as error:
        return Verdict(topic_name, None, (_fault(error.code, error.detail),))
    topic = next(iter(validation.places(event.type, event.dataschema)), None)
    if topic_name is not None:
        topic = BY_NAME[topic_name]
    if topic is None:
        return Verdict(None, event.type, (_fault("type_unknown", f"no event is called {event.type}"),))
    return Verdict(topic.name, event.type, _faults(topic, headers, value))


def violations(
    topic_name: str, key: bytes | None, headers: Headers, value: bytes | None
) -> tuple[tuple[str, str], ...]:
    """Return what of a record breaks its contract: JSON Pointers into the event, and what is wrong there."""
    topic = BY_NAME.get(topic_name)
    return () if topic is None else _faults(topic, headers, value, key)


def _faults(
    topic: Topic, headers: Headers, value: bytes | None, key: bytes | None = None
) -> tuple[tuple[str, str], ...]:
    try:
        decoded = decoding.decode(topic, topic.by_type, key, headers, value)
    except decoding.BrokenContract as broken:
        told = tuple((f"/data{pointer}".rstrip("/"), text) for pointer, text in broken.faults[:MOST_FAULTS])
        return told or (_fault(broken.code, broken.detail),)
    if decoded.subject is None and decoded.reference is None and topic.direction is Direction.INBOUND:
        return (_fault("order_id_missing", "the event names no order: put its id into subject"),)
    return ()


def _fault(code: str, detail: str) -> tuple[str, str]:
    return _PLACES.get(code, ""), detail


def listed() -> Sequence[Topic]:
    """Return every topic, in the order in which orders meet them."""
    return TOPICS
