"""The workload `order-lifecycle`: orders from the click to the return, the same for every run of a seed.

One story is told twice: in the records that the peers read, and in those that the hub reads.
"""

from datetime import datetime
from typing import Any, Final

from bench.dress import HubDress, headers, rubbish
from bench.records import Fact, Workload, Written
from bench.spelling import compact, milliseconds
from bench.story import SEED, Event, Rubbish, story

HUB_TOPICS: Final = (
    "shop.events",
    "payment.events",
    "fraud.events",
    "availability.events",
    "warehouse.events",
    "carrier.events",
)


def for_peers(orders: int, seed: int = SEED) -> Workload:
    """Return the workload as the peers read it: CloudEvents in structured JSON, five topics."""
    making = _Making(orders)
    for step in story(orders, seed):
        if isinstance(step, Rubbish):
            making.poison(step.at, Written("orders", step.order_id, step.value, (), milliseconds(step.at)))
        else:
            told = step.told
            fact = Fact(step.id, told.type, step.at.isoformat(), told.data)
            making.add(step, fact, Written(told.topic, step.order_id, compact(_document(step)), (), 0))
    return making.workload()


def for_hub(orders: int, seed: int = SEED) -> Workload:
    """Return the workload as the hub reads it: CloudEvents in binary mode, on its topics, by its contracts."""
    making, dress = _Making(orders), HubDress(seed)
    for step in story(orders, seed):
        if isinstance(step, Rubbish):
            making.poison(step.at, rubbish(step))
            continue
        for event, topic, fact in dress.translated(step):
            making.made.added += event is not step
            making.add(event, fact, Written(topic, event.order_id, compact(fact.data), headers(event, fact.type), 0))
    return making.workload()


def _document(event: Event) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event.id,
        "type": event.told.type,
        "source": event.told.source,
        "subject": event.order_id,
        "time": event.at.isoformat(),
        "datacontenttype": "application/json",
        "data": event.told.data,
    }


class _Making:
    """A workload in the making. Its records are put in the order of their moments at the end."""

    def __init__(self, orders: int) -> None:
        self.made = Workload(orders)
        self._timed: list[tuple[datetime, Written]] = []

    def add(self, event: Event, fact: Fact, written: Written) -> None:
        """Add an event, and its copy where one is sent."""
        self.made.facts.setdefault(event.order_id, []).append(fact)
        self.made.unique += 1
        self.made.early += event.sent < event.at
        self._timed.append((event.sent, written._replace(at=milliseconds(event.sent))))
        if event.again is not None:
            self.made.duplicates += 1
            self._timed.append((event.again, written._replace(at=milliseconds(event.again))))

    def poison(self, at: datetime, written: Written) -> None:
        """Add a record that nobody can use."""
        self.made.poison += 1
        self._timed.append((at, written))

    def workload(self) -> Workload:
        """Return the workload in produce order."""
        self._timed.sort(key=lambda each: each[0])
        self.made.records = [written for _, written in self._timed]
        return self.made
