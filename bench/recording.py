"""A recording: what partners wrote while they traded with a hub, as the hub took it, and how orders ended.

The order comes from the recorded hub's journal. Two records of an order on two topics may lie in the log a millisecond
apart, and it may matter which was decided first: a command that comes too early is refused.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from bench import traces
from bench.candidates.candidate import Stand
from bench.records import Recorded
from bench.traces import Document, Place, Taken

COMMANDS: Final = "hub.commands"
CANCELLATION: Final = "cancellation.requested"
BY_NUMBER: Final = "ref:"
"""Begins the key of a record whose partner doesn't know the order."""


@dataclass
class Recording:
    """What was recorded: the records as the hub took them, and what it made of them."""

    orders: int
    """Placed by the shop; exchanges and free copies come on top."""
    settings: Mapping[str, str]
    """Of the recorded hub: its policy, and the key by which the tokens of commands are signed."""
    records: list[Recorded] = field(default_factory=list)
    ends: dict[str, Document] = field(default_factory=dict)
    """How each order ended, by its last status, without times and versions."""
    heard: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What each order heard, in order: an event's source and id, or what it says where the hub wrote it itself."""
    brought: dict[str, set[str]] = field(default_factory=dict)
    """Orders to which the hub wrote something itself, and what."""
    dead: set[int] = field(default_factory=set)
    """Numbers of the records that became dead letters."""
    books: Mapping[str, Any] = field(default_factory=dict)
    """What the partners counted."""
    seconds: float = 0.0

    async def keep(self, stand: Stand) -> None:
        """Keep what the hub left in the log and in its database. It must have read all and be stopped."""
        found = in_order(await traces.written(stand), await traces.taken(stand))
        words = await traces.ends(stand)
        self.records = [record for _, record in found]
        self.dead = {number for number, (place, _) in enumerate(found) if "dead_letter" in words.get(place, ())}
        self.ends = await traces.statuses(stand)
        self.heard = await traces.heard(stand)
        self.brought = await traces.brought(stand)

    def places(self) -> list[Place]:
        """Return where each record lies when all are written again into empty topics."""
        lengths: Counter[tuple[str, int]] = Counter()
        found = []
        for each in self.records:
            found.append((each.topic, each.partition, lengths[each.topic, each.partition]))
            lengths[each.topic, each.partition] += 1
        return found

    def commanded(self) -> set[str]:
        """Return the orders that somebody told to do something: by a command, or a customer by a cancellation."""
        return {
            (each.key or b"").decode(errors="replace")
            for each in self.records
            if each.topic == COMMANDS or kind(each).startswith(CANCELLATION)
        }

    def parcels(self) -> dict[str, str]:
        """Return the orders of the keys that are tracking numbers."""
        return {
            BY_NUMBER + shipment["tracking_number"]: order_id
            for order_id, each in self.ends.items()
            for shipment in each.get("shipments", ())
            if "tracking_number" in shipment
        }

    def summary(self) -> dict[str, Any]:
        """Return what is in the recording as plain values."""
        sizes = [
            len(each.key or b"") + len(each.value or b"") + sum(len(n) + len(v or b"") for n, v in each.headers)
            for each in self.records
        ]
        own = Counter(word for each in self.brought.values() for word in each)
        return {
            "orders": self.orders,
            "orders_with_exchanges_and_copies": len(self.ends),
            "records": len(self.records),
            "bytes_per_record": round(sum(sizes) / max(1, len(sizes))),
            "records_by_topic": dict(sorted(Counter(each.topic for each in self.records).items())),
            "states": dict(sorted(Counter(str(each["status"]) for each in self.ends.values()).items())),
            "brought_by_the_hub": dict(sorted(own.items())),
            "dead_letters": len(self.dead),
            "partners_counted": self.books.get("counts", {}),
            "recorded_in_s": round(self.seconds, 1),
        }


def kind(record: Recorded) -> str:
    """Return the type of the event in a record in binary mode, empty where there is none."""
    return (dict(record.headers).get("ce_type") or b"").decode(errors="replace")


def identity(record: Recorded) -> tuple[str, str] | None:
    """Return source and id of the event in a record, by which a copy is known; None where there is none."""
    named = dict(record.headers)
    source, event = named.get("ce_source"), named.get("ce_id")
    if source is not None and event is not None:
        return source.decode("latin-1"), event.decode("latin-1")
    try:
        told = json.loads(record.value or b"")
        return str(told["source"]), str(told["id"])
    except (ValueError, TypeError, KeyError):
        return None


def in_order(found: Sequence[tuple[Place, Recorded]], taken: Mapping[Place, Taken]) -> list[tuple[Place, Recorded]]:
    """Return the records in the order in which the hub took them. Within a partition that is the order of the log.

    A copy left no row. It was read after its original, and after the record before it in its partition.
    """
    first = min(taken.values(), default=None)
    nothing = (None if first is None else first.at, -1, 0, 0)
    ranks = {place: (mine.at, place[1], mine.batch, mine.n) for place, mine in taken.items()}
    originals: dict[tuple[str, str] | None, Any] = {}
    for place, record in found:
        if place in ranks:
            originals[identity(record)] = min(originals.get(identity(record), ranks[place]), ranks[place])
    ranked = []
    for _, partition in groupby(sorted(found, key=lambda each: each[0]), key=lambda each: each[0][:2]):
        rank: tuple[Any, ...] = nothing
        for place, record in partition:
            rank = max(rank, ranks.get(place) or originals.get(identity(record), nothing))
            ranked.append(((rank, place), place, record))
    return [(place, record) for _, place, record in sorted(ranked, key=lambda each: each[0])]
