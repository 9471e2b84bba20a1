"""From what the domain decided to what goes on the wire: every event, request and command to another order."""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeVar

from adapters.rows import TimerRow
from contracts import envelope, internal, orders, topics
from contracts.message import Message
from contracts.partitioning import partition_of
from contracts.topics import INTERNAL, ORDER_EVENTS, ORDER_STATUS, OUTBOUND, Topic
from contracts.wire import Outgoing, Record
from domain import events, facts, projection, requests
from domain.decision import Decision
from domain.order import Order
from producers.dead_letters import dead_letter

HUB: Final = "/hub/orders"
"""The source of everything that an order publishes."""


LONG_ID: Final = 64
Kind = TypeVar("Kind")


def _kinds(module: ModuleType, base: type[Kind]) -> list[type[Kind]]:
    """Return the classes that a module declares under a base."""
    found = [item for item in vars(module).values() if isinstance(item, type)]
    return [item for item in found if issubclass(item, base) and item is not base]


def _contracts(topic: Topic) -> dict[str, type[Message]]:
    return {message.__name__.removesuffix("Event"): message for message in topic.messages}


# One row for each class of the domain that leaves the hub: the names are the same on both sides.
EVENTS: Final[Mapping[type[events.Event], type[Message]]] = MappingProxyType(
    {kind: _contracts(ORDER_EVENTS)[kind.__name__] for kind in _kinds(events, events.Event)}
)
_REQUEST_TOPICS: Final = [topic for topic in OUTBOUND if topic not in (ORDER_EVENTS, ORDER_STATUS, INTERNAL)]
REQUESTS: Final[Mapping[type[requests.Request], tuple[Topic, type[Message]]]] = MappingProxyType(
    {
        kind: next(
            (topic, message)
            for topic in _REQUEST_TOPICS
            for message in topic.messages
            if message.__name__ == kind.__name__
        )
        for kind in _kinds(requests, requests.Request)
    }
)
TO_ORDERS: Final[Mapping[type[facts.Fact], type[Message]]] = MappingProxyType(
    {getattr(facts, message.__name__): message for message in INTERNAL.messages}
)


class Messages:
    """Turns decisions into records; the store keeps them and the shard publishes them.

    `partitions` are the topics' partition counts; one that isn't there has as many as there are shards.
    """

    def __init__(self, shards: int, group: str = "hub", partitions: Mapping[str, int] = MappingProxyType({})) -> None:
        self._shards = shards
        self._group = group
        self._partitions = partitions

    def encode(self, order_id: str, name: str, decision: Decision) -> list[Outgoing]:
        """Return a decision's messages, in order; their ids `<order>:<name>:<n>` stay the same on repetition."""
        return [
            self._message(order_id, f"{_short(order_id)}:{name}:{n}", topic, message, decision, to)
            for n, (topic, message, to) in enumerate(_parts(decision))
        ]

    def _message(
        self, order_id: str, event_id: str, topic: Topic, message: Message, decision: Decision, to: str | None
    ) -> Outgoing:
        subject = to or order_id
        head = envelope.Envelope(
            id=event_id,
            source=HUB,
            type=message.type(),
            subject=subject,
            time=decision.received.appended_at,
            dataschema=envelope.schema_url(topic.name, message.type()),
            extensions={"correlationid": order_id, "causationid": decision.received.cause.id},
        )
        # Only the hub writes between orders, and it names the partition: the order's own, whatever the topic's count.
        partition = self._internal(subject) if topic is INTERNAL else None
        return Outgoing(topic.name, partition, subject.encode(), tuple(head.headers()), message.encoded())

    def status(self, order: Order, seq: int) -> Outgoing:
        """Return the order as it stands, for the compacted topic; nobody's personal data is in it."""
        return status(order, seq)

    def due(self, timer: TimerRow) -> Outgoing:
        """Return the record that tells an order of its deadline."""
        message = internal.TimerDue(timer_id=timer.timer_id, kind=timer.kind, due_at=timer.due_at)
        head = envelope.Envelope(
            id=f"{_short(timer.order_id)}:timer:{timer.timer_id}:{int(timer.due_at.timestamp() * 1000)}",
            source="/hub/timers",
            type=message.type(),
            subject=timer.order_id,
            time=timer.due_at,
            dataschema=envelope.schema_url(INTERNAL.name, message.type()),
        )
        key = timer.order_id.encode()
        return Outgoing(INTERNAL.name, self._internal(timer.order_id), key, tuple(head.headers()), message.encoded())

    def _internal(self, order_id: str) -> int:
        return partition_of(order_id, self._partitions.get(INTERNAL.name, self._shards), self._shards)

    def dead_letter(self, record: Record, code: str, detail: str) -> Outgoing:
        """Return a record that can't be used, byte for byte, with the reason in headers."""
        count = self._partitions.get(topics.BY_NAME[record.topic].dead_letters, self._shards)
        return dead_letter(record, code, detail, self._group, record.partition % count)


def _short(order_id: str) -> str:
    """Return an order id that leaves room for more in an event id, which is 200 bytes at most."""
    return order_id if len(order_id) <= LONG_ID else blake2b(order_id.encode(), digest_size=16).hexdigest()


def _parts(decision: Decision) -> Iterator[tuple[Topic, Message, str | None]]:
    common = _common(decision)
    for event in decision.events:
        contract = EVENTS[type(event)]
        yield ORDER_EVENTS, contract.model_validate({**_fields(event), **common}), None
    for request in decision.requests:
        topic, contract = REQUESTS[type(request)]
        yield topic, contract.model_validate(request), None
    for command in decision.to_orders:
        yield INTERNAL, TO_ORDERS[type(command.fact)].model_validate(command.fact), command.order_id


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _common(decision: Decision) -> dict[str, Any]:
    order, received = decision.order, decision.received
    return {
        "number": order.number or None,
        "version": order.version,
        "status": None if order.state is None else order.state.value,
        "cause": orders.Cause.model_validate(received.cause),
        "actor": None if received.actor is None else received.actor.name,
        "rules": decision.rules,
    }


def status(order: Order, seq: int) -> Outgoing:
    """Return the order as it stands, for the compacted topic; nobody's personal data is in it."""
    message = orders.OrderStatus.model_validate(projection.status_of(order))
    head = envelope.Envelope(
        id=f"{order.id}:{seq}:status",
        source=HUB,
        type=message.type(),
        subject=order.id,
        dataschema=envelope.schema_url(topics.ORDER_STATUS.name, message.type()),
    )
    return Outgoing(ORDER_STATUS.name, None, order.id.encode(), tuple(head.headers()), message.encoded())
