"""Watchers: what subscribers and the store's positions show while the run goes on, compared record by record."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from contracts.wire import HEADER_REPEAT
from domain.orders.lifecycle import MACHINE
from domain.orders.order import State
from tests.stage import Stage

LOOK_SECONDS: Final = 0.25
LIMIT: Final = 50
"""Faults that are kept in full."""


def _reachable() -> dict[State | None, frozenset[State]]:
    """Return for each state those that some path of the transition table leads to, itself among them."""
    steps: dict[State | None, set[State]] = {}
    for row in MACHINE.table:
        for source in row.source:
            if row.target is not None:
                steps.setdefault(None if source is None else State(source), set()).add(State(row.target))
    found: dict[State | None, frozenset[State]] = {}
    for start in (None, *State):
        seen: set[State] = set() if start is None else {start}
        todo = [start]
        while todo:
            fresh = steps.get(todo.pop(), set()) - seen
            seen |= fresh
            todo.extend(fresh)
        found[start] = frozenset(seen)
    return found


REACHABLE: Final = _reachable()


@dataclass
class Subscriber:
    """What a subscriber of order.events holds the hub to (I2, I3, I4, I7)."""

    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    _ids: set[str] = field(default_factory=set)
    _last: dict[str, tuple[int, State | None, tuple[int, int]]] = field(default_factory=dict)

    def read(self, key: bytes | None, headers: Iterable[tuple[str, bytes | None]], value: bytes | None) -> None:
        """Take one record: its id must be new, its order's version and place not older, its status reachable."""
        named = dict(headers)
        self.counts["events"] += 1
        if named.get(HEADER_REPEAT) is not None:
            self.counts["answers given again"] += 1
            return
        event_id = (named.get("ce_id") or b"").decode()
        if event_id in self._ids:
            self._fault(f"event {event_id} came twice")
        self._ids.add(event_id)
        order_id = (key or b"").decode()
        told = json.loads(value or b"{}")
        before, status, place = self._last.get(order_id, (0, None, (0, -1)))
        version, now, here = int(told["version"]), _state(told.get("status")), _place(event_id) or place
        if version < before:
            self._fault(f"order {order_id} went from version {before} back to {version} with {event_id}")
        if here < place:
            self._fault(f"order {order_id} told {event_id} after journal row {place}")
        if now is not None and now not in REACHABLE[status]:
            self._fault(f"order {order_id} went from {status} to {now} with {event_id}, which no rule allows")
        self._last[order_id] = (version, now or status, here)

    @property
    def orders(self) -> int:
        return len(self._last)

    def _fault(self, text: str) -> None:
        self.counts["faults"] += 1
        if len(self.faults) < LIMIT:
            self.faults.append(text)


def _state(word: str | None) -> State | None:
    return None if word is None else State(word)


def _place(event_id: str) -> tuple[int, int] | None:
    """Return the journal row and the number in it that an event id ends with, None where it has none."""
    seq, _, n = event_id.rpartition(":")
    seq = seq.rpartition(":")[2]
    return (int(seq), int(n)) if seq.isdigit() and n.isdigit() else None


async def subscribe(stage: Stage, subscriber: Subscriber, topic: str, stop: asyncio.Event) -> None:
    """Read a topic from its beginning as any subscriber would, through every restart of the broker."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stage.kafka.bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=200,
    )
    name = stage.kafka.topic(topic)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(name, partition) for partition in range(stage.settings.shards)])
        while not stop.is_set():
            with suppress(KafkaError):
                for records in (await consumer.getmany(timeout_ms=300)).values():
                    for record in records:
                        subscriber.read(record.key, record.headers, record.value)
    finally:
        await consumer.stop()


class ShardStopped(AssertionError):
    """A shard stopped and waits for a person; no fault of these gives it a reason to."""


@dataclass
class Positions:
    """What the store says of its positions, look by look: none goes back (I9), no shard stands still for good."""

    faults: list[str] = field(default_factory=list)
    looks: int = 0
    stopped: dict[int, str] = field(default_factory=dict)
    _offsets: dict[tuple[str, int], int] = field(default_factory=dict)
    _batches: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def batches(self) -> Mapping[int, int]:
        return {shard: batch for shard, (batch, _) in self._batches.items()}

    def look(self, positions: Iterable[Mapping[str, Any]], shards: Iterable[Mapping[str, Any]]) -> None:
        """Take what one snapshot shows."""
        self.looks += 1
        for row in positions:
            place, offset = (row["topic"], row["partition"]), row["next_offset"]
            before = self._offsets.get(place, 0)
            if offset < before:
                self.faults.append(f"position {place[0]}/{place[1]} went from {before} back to {offset}")
            self._offsets[place] = offset
        for row in shards:
            number, now = row["k"], (row["batch"], row["emitted"])
            before_batch, before_emitted = self._batches.get(number, (0, 0))
            if now[0] < before_batch or now[1] < before_emitted or now[1] > now[0]:
                self.faults.append(f"shard {number} went from {(before_batch, before_emitted)} to {now}")
            self._batches[number] = now
            if row["stopped"] is not None:
                self.stopped[number] = row["stopped"]


async def watch(stage: Stage, positions: Positions, stop: asyncio.Event) -> None:
    """Look at the store again and again; while it is away there is nothing to see. Raises ShardStopped."""
    while not stop.is_set():
        with suppress(SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            async with asyncio.timeout(5):
                rows = await stage.rows("SELECT topic, partition, next_offset FROM position")
                shards = await stage.rows("SELECT k, batch, emitted, stopped FROM shard")
                positions.look(rows, shards)
        if positions.stopped:
            raise ShardStopped(", ".join(f"shard {number}: {why}" for number, why in positions.stopped.items()))
        await asyncio.sleep(LOOK_SECONDS)
