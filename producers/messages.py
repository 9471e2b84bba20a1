"""From what the domain decided to what goes on the wire: every event, request and command to another order."""

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

from adapters.rows.timers import TimerRow
from contracts import envelope, events, internal
from contracts.message import Message
from contracts.partitioning import partition_of
from contracts.signing import Signatures
from contracts.status import OrderStatus
from contracts.topics import BY_NAME, INTERNAL, ORDER_STATUS, OUTBOUND, Topic
from contracts.wire import Outgoing, Record
from domain.deciding.decision import Decision
from domain.orders.order import Order
from domain.orders.view import projection
from producers.dead_letters import dead_letter

HUB: Final = "/hub/orders"
"""The source of everything that an order publishes."""
TIMERS: Final = "/hub/timers"
"""The source of the records that tell an order of its deadlines."""


LONG_ID: Final = 64
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

    def encode(self, order_id: str, name: str, decision: Decision) -> list[Outgoing]:
        """Return a decision's messages, in order; their ids `<order>:<name>:<n>` stay the same on repetition."""
        ids, cause = order_id.encode(), decision.received.cause.id.encode()
        time = envelope.rfc3339(decision.received.appended_at).encode()
        prefix = f"{_short(order_id)}:{name}:"
        extensions = (("ce_correlationid", ids), ("ce_causationid", cause))
        messages = []
        for n, (kind, body, to) in enumerate(_parts(decision)):
            topic = TOPICS_OF[kind]
            subject = ids if to is None else to.encode()
            headers = _stamp(HUB, topic.name, kind).headers(f"{prefix}{n}".encode(), subject, time, *extensions)
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


def _parts(decision: Decision) -> Iterator[tuple[type[Message], bytes, str | None]]:
    """Return the class and the data of each message, and the order that it is for where that is another one."""
    if decision.events:
        head = _head(decision).encoded()
        for event in decision.events:
            yield type(event), event.encoded_after(head), None
    for request in decision.requests:
        yield type(request), request.encoded(), None
    for command in decision.to_orders:
        yield type(command.fact), command.fact.encoded(), command.order_id


def _head(decision: Decision) -> events.EventHead:
    """Return what all events of a decision carry: written once for all of them."""
    order, received = decision.order, decision.received
    return events.EventHead(
        number=order.number or None,
        version=order.version,
        status=order.state,
        cause=received.cause,
        actor=None if received.actor is None else received.actor.name,
        rules=decision.rules,
    )


def status(order: Order, seq: int) -> Outgoing:
    """Return the order as it stands, for the compacted topic; nobody's personal data is in it."""
    body = projection.status_of(order).encoded()
    key = order.id.encode()
    headers = _stamp(HUB, ORDER_STATUS.name, OrderStatus).headers(f"{order.id}:{seq}:status".encode(), key, None)
    return Outgoing(ORDER_STATUS.name, None, key, headers, body)


@cache
def _stamp(source: str, topic: str, message: type[Message]) -> envelope.Stamp:
    return envelope.Stamp(source, topic, message.type())
