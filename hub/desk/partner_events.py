"""Events that partners send over HTTP: each judged by its contract, published, and answered with a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from adapters.postgres import api_keys
from contracts import decoding, envelope
from contracts.topics import TOPICS, Topic
from hub.desk.partner_keys import WRITABLE, PartnerKey
from hub.desk.resources import Desk
from hub.together import each_of
from producers.intake import Intake

Headers = Sequence[tuple[str, bytes | None]]
BY_TYPE: Final[Mapping[str, Topic]] = MappingProxyType(
    {kind: topic for topic in TOPICS if topic.name in WRITABLE for kind in topic.by_type}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an event: `accepted`, `duplicate` (the hub has it already) or `rejected`, with the reason."""

    verdict: str
    id: str | None = None
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    verdict: Verdict
    topic: Topic | None = None
    decoded: decoding.Decoded | None = None
    data: bytes = b""


async def take(desk: Desk, intake: Intake, key: PartnerKey, events: Sequence[tuple[Headers, bytes]]) -> list[Verdict]:
    """Publish what keeps its contract, and return a verdict for each, in order.

    An event is accepted once all replicas of Kafka have it; raises KafkaError where that isn't known.
    """
    judged = [_judge(key, headers, value) for headers, value in events]
    named = [(n, each.decoded) for n, each in enumerate(judged) if each.decoded is not None]
    asked = [(d.subject or "", d.envelope.id) for _, d in named]
    there = {named[place][0] for place in await api_keys.known(desk.engine, key.source, asked)}
    fresh = [each for n, each in enumerate(judged) if each.decoded is not None and n not in there]
    await each_of(fresh, partial(_write, intake), len(fresh))
    return [Verdict("duplicate", each.verdict.id) if n in there else each.verdict for n, each in enumerate(judged)]


def _judge(key: PartnerKey, headers: Headers, value: bytes) -> _Judged:
    try:
        event, data = envelope.read(headers, value)
    except envelope.EnvelopeError as error:
        return _Judged(Verdict("rejected", None, error.code, error.detail))
    topic = BY_TYPE.get(event.type)
    if topic is None:
        return _rejected(event.id, "type_unknown", f"no event is called {event.type}")
    if topic.name not in key.topics:
        return _rejected(event.id, "topic", f"this key is not for {topic.name}, where {event.type} belongs")
    if event.source != key.source:
        return _rejected(event.id, "source", f"this key writes as {key.source}, not as {event.source}")
    try:
        decoded = decoding.decode(topic, topic.by_type, None, headers, value)
    except decoding.BrokenContract as error:
        return _rejected(event.id, error.code, error.detail)
    if decoded.subject is None and decoded.reference is None:
        return _rejected(event.id, "order_id_missing", "the event names no order: put its id into subject")
    return _Judged(Verdict("accepted", event.id), topic, decoded, data or b"")


def _rejected(id_: str, code: str, detail: str) -> _Judged:
    return _Judged(Verdict("rejected", id_, code, detail))


async def _write(intake: Intake, each: _Judged) -> None:
    assert each.topic is not None
    assert each.decoded is not None
    await intake.write(each.topic.name, each.decoded.subject, each.decoded.envelope.headers(), each.data)
