"""What a hub left behind that has read all and was stopped: in the log, and in its database."""

import json
from collections.abc import Iterable
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
STATUS: Final = "order.status"
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


async def written(stand: Stand, topics: Iterable[str] = PARTNER_TOPICS) -> list[tuple[Place, Recorded]]:
    """Return all that partners wrote, topic by topic."""
    found = []
    for topic in topics:
        async for each in stand.ground.log.read_raw(stand.prefix + topic):
            if not any(name == SENT_HOME for name, _ in each.headers):
                place = (topic, each.partition, each.offset)
                found.append((place, Recorded(topic, each.partition, each.key, tuple(each.headers), each.value)))
    return found


def settled(status: Document) -> Document:
    """Return a status without what depends on when and in how many steps it came about."""
    kept = {name: content for name, content in status.items() if name != "version"}
    kept["waiting"] = [
        {name: content for name, content in each.items() if name not in TIMES} for each in kept.get("waiting", ())
    ]
    return kept


async def statuses(stand: Stand) -> dict[str, Document]:
    """Return how each order stands by the last record of `order.status`."""
    found = {}
    async for record in stand.ground.log.read(stand.prefix + STATUS):
        found[record.key.decode()] = settled(json.loads(record.value))
    return found


async def taken(stand: Stand) -> dict[Place, Taken]:
    """Return when each record was taken for the first time."""
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
