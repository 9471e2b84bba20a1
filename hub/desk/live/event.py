"""Events: the messages of `order.events`, cut out of the rows that published them, and who wishes to see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from adapters.postgres.tailing import Row
from contracts.envelope import structured
from contracts.topics import ORDER_EVENTS
from contracts.wire import type_of, unpack
from hub.desk.live.cursor import Position


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an order.

    `shard` is its shard's place among those of the database, `end` the position behind it, `store` that of the order,
    None where none is known; `document` the CloudEvent as JSON on one line.
    """

    shard: int
    end: Position
    type: str
    order_id: str
    store: str | None
    document: bytes


class Told(NamedTuple):
    """An event as it is given to a reader, with the cursor to go on from behind it."""

    cursor: str
    event: Event


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader wants to see of what he may see: `sees` are his stores, all where it is None.

    Without types, stores or orders every one of them is wished for.
    """

    sees: frozenset[str] | None
    types: frozenset[str] | None = None
    stores: frozenset[str] | None = None
    orders: frozenset[str] | None = None

    def passes(self, event: Event) -> bool:
        """Tell whether the reader is to see an event; one of no known store is for those who see all of them."""
        return (
            (self.sees is None or event.store in self.sees)
            and (self.stores is None or event.store in self.stores)
            and (self.types is None or event.type in self.types)
            and (self.orders is None or event.order_id in self.orders)
        )


def events_of(row: Row, shard: int) -> Iterator[Event]:
    """Yield the events that a row published, in their order."""
    for index, message in enumerate(unpack(row.messages)):
        if message.topic == ORDER_EVENTS.name:
            yield Event(
                shard,
                (row.batch, row.n, index + 1),
                type_of(message),
                row.order_id,
                row.store,
                structured(message.headers, message.value),
            )
