"""From what the domain decided to what goes on the wire: every event, request and command to another order."""

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeVar

from adapters.rows import TimerRow
from contracts import envelope, internal, orders
from contracts.message import Message
from contracts.partitioning import partition_of
from contracts.signing import Signatures
from contracts.topics import BY_NAME, INTERNAL, ORDER_EVENTS, ORDER_STATUS, OUTBOUND, Topic
from contracts.values import asdict
from contracts.wire import Outgoing, Record, json_bytes
from contracts.writing import NOT_PLAIN, Write, writer
from domain.deciding.decision import Decision
from domain.orders import events, facts, requests
from domain.orders.order import Order
from domain.orders.view import projection
from producers.dead_letters import dead_letter

HUB: Final = "/hub/orders"
"""The source of everything that an order publishes."""
TIMERS: Final = "/hub/timers"
"""The source of the records that tell an order of its deadlines."""


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

    def encode(self, order_id: str, name: str, decision: Decision) -> list[Outgoing]:
        """Return a decision's messages, in order; their ids `<order>:<name>:<n>` stay the same on repetition."""
        ids, cause = order_id.encode(), decision.received.cause.id.encode()
        time = envelope.rfc3339(decision.received.appended_at).encode()
        prefix = f"{_short(order_id)}:{name}:"
        extensions = (("ce_correlationid", ids), ("ce_causationid", cause))
        messages = []
        for n, (topic, contract, body, to) in enumerate(_parts(decision)):
            subject = ids if to is None else to.encode()
            headers = _stamp(HUB, topic.name, contract).headers(f"{prefix}{n}".encode(), subject, time, *extensions)
            # Only the hub writes between orders, and it names the partition: the order's own, whatever their count.
            if topic is INTERNAL:
                message = Outgoing(topic.name, self._internal(to or order_id), subject, headers, body)
                messages.append(self._signatures.signed(message))
            else:
                messages.append(Outgoing(topic.name, None, subject, headers, body))
        return messages

    def status(self, order: Order, seq: int) -> Outgoing:
        """Return the order as it stands, for the compacted topic; nobody's personal data is in it."""
        return status(order, seq)

    def due(self, timer: TimerRow) -> Outgoing:
        """Return the record that tells an order of its deadline."""
        message = internal.TimerDue(timer_id=timer.timer_id, kind=timer.kind, due_at=timer.due_at)
        event_id = f"{_short(timer.order_id)}:timer:{timer.timer_id}:{int(timer.due_at.timestamp() * 1000)}"
        key, time = timer.order_id.encode(), envelope.rfc3339(timer.due_at).encode()
        headers = _stamp(TIMERS, INTERNAL.name, internal.TimerDue).headers(event_id.encode(), key, time)
        partition = self._internal(timer.order_id)
        return self.signed(Outgoing(INTERNAL.name, partition, key, headers, message.encoded()))

    def signed(self, message: Outgoing) -> Outgoing:
        """Return a message with the signature that proves the hub its writer, where one is needed."""
        return self._signatures.signed(message)

    def _internal(self, order_id: str) -> int:
        return partition_of(order_id, self._partitions.get(INTERNAL.name, self._shards), self._shards)

    def dead_letter(self, record: Record, code: str, detail: str) -> Outgoing:
        """Return a record that can't be used, byte for byte, with the reason in headers."""
        count = self._partitions.get(BY_NAME[record.topic].dead_letters, self._shards)
        return dead_letter(record, code, detail, self._group, record.partition % count)


def _short(order_id: str) -> str:
    """Return an order id that leaves room for more in an event id, which is 200 bytes at most."""
    return order_id if len(order_id) <= LONG_ID else blake2b(order_id.encode(), digest_size=16).hexdigest()


def _parts(decision: Decision) -> Iterator[tuple[Topic, type[Message], bytes, str | None]]:
    if decision.events:
        common = _Common(decision)
        for event in decision.events:
            yield ORDER_EVENTS, EVENTS[type(event)], common.written(event), None
    for request in decision.requests:
        topic, contract = REQUESTS[type(request)]
        yield topic, contract, _written(contract, _WHOLE[type(request)], request), None
    for command in decision.to_orders:
        contract = TO_ORDERS[type(command.fact)]
        yield INTERNAL, contract, _written(contract, _WHOLE[type(command.fact)], command.fact), command.order_id


class _Common:
    """What all events of a decision carry: written once for all of them."""

    __slots__ = ("_document", "_json")

    def __init__(self, decision: Decision) -> None:
        order, received = decision.order, decision.received
        self._document = {
            "number": order.number or None,
            "version": order.version,
            "status": None if order.state is None else order.state.value,
            "cause": {name: getattr(received.cause, name) for name in _CAUSE},
            "actor": None if received.actor is None else received.actor.name,
            "rules": decision.rules,
        }
        self._json: bytes | None = None

    def written(self, event: events.Event) -> bytes:
        """Return the data of one event."""
        kind = type(event)
        try:
            if self._json is None:
                self._json = json_bytes(_COMMON(self._document))
            own = _OWN[kind](event)
        except NOT_PLAIN:
            return EVENTS[kind].model_validate(asdict(event) | self._document).encoded()
        return self._json[:-1] + b"," + json_bytes(own)[1:] if own else self._json


def _written(contract: type[Message], write: Write, value: Any) -> bytes:
    """Return the data of a message; what isn't plainly right is the contract's to take or to refuse."""
    try:
        return json_bytes(write(value))
    except NOT_PLAIN:
        return contract.model_validate(value).encoded()


_SHARED: Final = frozenset(orders.OrderEvent.model_fields)
_COMMON: Final = writer(orders.OrderEvent, None)
_OWN: Final = {kind: writer(contract, kind, _SHARED) for kind, contract in EVENTS.items()}
_CAUSE: Final = tuple(orders.Cause.model_fields)
_WHOLE: Final[Mapping[type[Any], Write]] = MappingProxyType(
    {kind: writer(contract, kind) for kind, (_, contract) in REQUESTS.items()}
    | {kind: writer(contract, kind) for kind, contract in TO_ORDERS.items()}
)
_STATUS: Final = writer(orders.OrderStatus, None)


def status(order: Order, seq: int) -> Outgoing:
    """Return the order as it stands, for the compacted topic; nobody's personal data is in it."""
    body = _written(orders.OrderStatus, _STATUS, projection.status_of(order))
    key = order.id.encode()
    headers = _stamp(HUB, ORDER_STATUS.name, orders.OrderStatus).headers(f"{order.id}:{seq}:status".encode(), key, None)
    return Outgoing(ORDER_STATUS.name, None, key, headers, body)


@cache
def _stamp(source: str, topic: str, message: type[Message]) -> envelope.Stamp:
    return envelope.Stamp(source, topic, message.type())
