"""From what the domain decided to what goes on the wire: every event, request and command to another order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeVar

from adapters.rows import TimerRow
from contracts import envelope, internal, orders
from contracts.message import Message
from contracts.partitioning import home
from contracts.topics import INTERNAL, ORDER_EVENTS, ORDER_STATUS, OUTBOUND, Topic
from contracts.wire import Outgoing, Record
from domain import events, facts, projection, requests
from domain.decision import Decision
from domain.order import Order
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
    """Turns decisions into records; the store keeps them and the shard publishes them."""

    def __init__(self, shards: int, group: str = "hub") -> None:
        self._shards = shards
        self._group = group

    def encode(self, order_id: str, name: str, decision: Decision) -> list[Outgoing]:
        """Return a decision's messages, in order; their ids `<order>:<name>:<n>` stay the same on repetition."""
        ids, cause = order_id.encode(), decision.received.cause.id.encode()
        time = envelope.rfc3339(decision.received.appended_at).encode()
        prefix = f"{_short(order_id)}:{name}:"
        extensions = (("ce_correlationid", ids), ("ce_causationid", cause))
        messages = []
        for n, (topic, message, to) in enumerate(_parts(decision)):
            subject = ids if to is None else to.encode()
            headers = _stamp(HUB, topic.name, type(message)).headers(
                f"{prefix}{n}".encode(), subject, time, *extensions
            )
            # Only the hub writes between orders, and it names the partition: the order's home, whatever their count.
            partition = home(to or order_id, self._shards) if topic is INTERNAL else None
            messages.append(Outgoing(topic.name, partition, subject, headers, message.encoded()))
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
        return Outgoing(INTERNAL.name, home(timer.order_id, self._shards), key, headers, message.encoded())

    def dead_letter(self, record: Record, code: str, detail: str) -> Outgoing:
        """Return a record that can't be used, byte for byte, with the reason in headers."""
        return dead_letter(record, code, detail, self._group, record.partition % self._shards)


def _short(order_id: str) -> str:
    """Return an order id that leaves room for more in an event id, which is 200 bytes at most."""
    return order_id if len(order_id) <= LONG_ID else blake2b(order_id.encode(), digest_size=16).hexdigest()


def _parts(decision: Decision) -> Iterator[tuple[Topic, Message, str | None]]:
    if decision.events:
        common = _common(decision)
        for event in decision.events:
            kind = type(event)
            names, values = _FIELDS[kind]
            yield ORDER_EVENTS, EVENTS[kind].model_validate(dict(zip(names, values(event), strict=True)) | common), None
    for request in decision.requests:
        topic, contract = REQUESTS[type(request)]
        yield topic, contract.model_validate(request), None
    for command in decision.to_orders:
        yield INTERNAL, TO_ORDERS[type(command.fact)].model_validate(command.fact), command.order_id


def _reader(kind: type[events.Event]) -> tuple[tuple[str, ...], Callable[[events.Event], tuple[Any, ...]]]:
    """Return the names of an event's fields, and what reads all of them at once."""
    names = tuple(field.name for field in fields(kind))
    if len(names) > 1:
        return names, attrgetter(*names)
    return names, lambda event: tuple(getattr(event, name) for name in names)


_FIELDS: Final = {kind: _reader(kind) for kind in EVENTS}


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
    key = order.id.encode()
    headers = _stamp(HUB, ORDER_STATUS.name, orders.OrderStatus).headers(f"{order.id}:{seq}:status".encode(), key, None)
    return Outgoing(ORDER_STATUS.name, None, key, headers, message.encoded())


@cache
def _stamp(source: str, topic: str, message: type[Message]) -> envelope.Stamp:
    return envelope.Stamp(source, topic, message.type())
