"""A recording: what partners wrote while they traded with a hub, as it took it, and how orders ended.

The order is the recorded hub's own, by its journal: two records of an order on two topics may lie in the log a
millisecond apart, and which of them was decided first may matter, as a command that comes too early is refused.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, NamedTuple

import asyncpg

from bench.candidates.candidate import Stand
from bench.records import Recorded

PARTNER_TOPICS: Final = (
    "shop.events",
    "payment.events",
    "fraud.events",
    "availability.events",
    "flash-reorder.events",
    "warehouse.events",
    "carrier.events",
    "hub.commands",
)
INTERNAL: Final = "hub.internal"
"""Between orders, and deadlines that are due: the hub writes it itself."""
COMMANDS: Final = "hub.commands"
CANCELLATION: Final = "cancellation.requested"
STATUS: Final = "order.status"
BY_NUMBER: Final = "ref:"
"""Begins the key of a record whose partner doesn't know the order."""
SENT_HOME: Final = "hub-sent-home-from"
"""The header of a copy that the hub wrote into the partition in which the record's order lives."""
TAKEN: Final = """
SELECT topic, partition, "offset", recorded_at, batch, n FROM journal WHERE refers_to IS NULL
UNION ALL SELECT topic, partition, "offset", recorded_at, batch, n FROM set_aside WHERE "offset" IS NOT NULL"""
ENDS: Final = """
SELECT topic, partition, "offset", outcome AS word FROM journal WHERE refers_to IS NULL
UNION ALL SELECT topic, partition, "offset", kind FROM set_aside WHERE "offset" IS NOT NULL AND closed_batch IS NULL"""
HEARD: Final = """
SELECT order_id, CASE WHEN topic <> 'hub.internal' THEN source || ' ' || event_id WHEN type LIKE 'timer.%' THEN type
  ELSE type || ' ' || encode(digest, 'hex') END AS word
FROM journal WHERE refers_to IS NULL ORDER BY order_id, seq"""
BROUGHT: Final = """
SELECT order_id, CASE WHEN type LIKE 'timer.%' THEN 'a deadline' ELSE 'another order' END AS word
FROM journal WHERE topic = 'hub.internal'
UNION SELECT order_id, 'a record sent home' FROM set_aside WHERE kind = 'forwarded' AND order_id IS NOT NULL
UNION SELECT o.order_id, 'a number not known yet' FROM set_aside s
JOIN order_references o ON o.kind = s.reference_kind AND o.value = s.reference_value WHERE s.kind = 'waiting'"""
TIMES: Final = ("due_at",)
"""Fields of a status that are times: a backlog that is written again has others."""

Place = tuple[str, int, int]
"""Topic without prefix, partition, offset."""
Document = dict[str, Any]


class Taken(NamedTuple):
    """When a hub took a record: its transaction's time, batch, and number in the batch."""

    at: Any
    batch: int
    n: int


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
    """What each order heard, in order: an event's source and id; where the hub wrote it itself, what it says."""
    brought: dict[str, set[str]] = field(default_factory=dict)
    """Orders to which the hub wrote something itself, and what."""
    dead: set[int] = field(default_factory=set)
    """Numbers of the records that became dead letters."""
    books: Mapping[str, Any] = field(default_factory=dict)
    """What the partners counted."""
    seconds: float = 0.0

    async def keep(self, stand: Stand) -> None:
        """Keep what the log and the database of a hub say that has read all and was stopped."""
        found = in_order(await written(stand), await taken(stand))
        words = await ends(stand)
        self.records = [record for _, record in found]
        self.dead = {number for number, (place, _) in enumerate(found) if "dead_letter" in words.get(place, ())}
        self.ends = await statuses(stand)
        self.heard = await heard(stand)
        self.brought = await brought(stand)

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
    """Return the records as the hub took them, each partition's own in the order of its log.

    A copy left no row: it was read behind its original, and behind the record before it in its partition.
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


def settled(status: Document) -> Document:
    """Return a status without what depends on when and in how many steps it came about."""
    kept = {name: content for name, content in status.items() if name != "version"}
    kept["waiting"] = [
        {name: content for name, content in each.items() if name not in TIMES} for each in kept.get("waiting", ())
    ]
    return kept


async def written(stand: Stand, topics: Iterable[str] = PARTNER_TOPICS) -> list[tuple[Place, Recorded]]:
    """Return all that partners wrote, topic by topic."""
    found = []
    for topic in topics:
        async for each in stand.ground.log.read_raw(stand.prefix + topic):
            if not any(name == SENT_HOME for name, _ in each.headers):
                place = (topic, each.partition, each.offset)
                found.append((place, Recorded(topic, each.partition, each.key, tuple(each.headers), each.value)))
    return found


async def statuses(stand: Stand) -> dict[str, Document]:
    """Return how each order stands by the last record of `order.status`."""
    found = {}
    async for record in stand.ground.log.read(stand.prefix + STATUS):
        found[record.key.decode()] = settled(json.loads(record.value))
    return found


async def taken(stand: Stand) -> dict[Place, Taken]:
    """Return when each record was taken first."""
    found: dict[Place, Taken] = {}
    for row in await rows(stand, TAKEN):
        place, mine = (row["topic"], row["partition"], row["offset"]), Taken(row["recorded_at"], row["batch"], row["n"])
        found[place] = min(found.get(place, mine), mine)
    return found


async def ends(stand: Stand) -> dict[Place, list[str]]:
    """Return how each record ended: the words of all rows that name it."""
    found: dict[Place, list[str]] = {}
    for row in await rows(stand, ENDS):
        found.setdefault((row["topic"], row["partition"], row["offset"]), []).append(row["word"])
    return found


async def heard(stand: Stand) -> dict[str, tuple[str, ...]]:
    """Return what each order heard, in order."""
    found: dict[str, list[str]] = {}
    for row in await rows(stand, HEARD):
        found.setdefault(row["order_id"], []).append(row["word"])
    return {order_id: tuple(words) for order_id, words in found.items()}


async def brought(stand: Stand) -> dict[str, set[str]]:
    """Return the orders to which the hub wrote something itself, and what."""
    found: dict[str, set[str]] = {}
    for row in await rows(stand, BROUGHT):
        found.setdefault(row["order_id"], set()).add(row["word"])
    return found


async def rows(stand: Stand, question: str) -> list[Any]:
    """Return what the run's database answers."""
    connection = await asyncpg.connect(stand.database_url)
    try:
        return list(await connection.fetch(question))
    finally:
        await connection.close()
