"""What a verification looks at: the log, the store, and the moment at which each was taken."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.kafka import topics
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import Log
from adapters.postgres.acceptance import TOPIC
from adapters.rows.positions import Origin, Place, place_of
from contracts.topics import INBOUND, TOPICS
from verification.ledger import Ledger
from verification.positions import Marks
from verification.reading import PartitionReader
from verification.snapshot import Row, Snapshot

INBOUND_TOPICS: Final = frozenset(topic.name for topic in INBOUND)
Spans = Mapping[Place, tuple[int, int]]
"""The start and the end of each partition."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Log and store of one verification.

    `marks` and `spans` were taken before the snapshot, `now` after it: the later ends of the inbound partitions.
    """

    snapshot: Snapshot
    reader: PartitionReader
    ledger: Ledger
    marks: Marks
    spans: Spans
    now: Mapping[Place, int]
    forged: Collection[Origin]
    """Records that only claim to be written by the hub. They prove nothing about what it wrote."""

    async def made_anew(self) -> dict[Place, datetime]:
        """Return the partitions that were made anew, as an operator accepted it.

        Each comes with the time from which on rows are about the new one.
        """
        since: dict[Place, datetime] = {}
        for row in await self.snapshot.accepted(TOPIC):
            for name in row["ends"]:
                place = place_of(name)
                since[place] = row["since"]
                self.ledger.note_start(*place, int(row["since"].timestamp() * 1000))
        return since


async def look_at_log(kafka: KafkaConnection, log: Log, reader: PartitionReader) -> tuple[Marks, Spans]:
    """Return the marks of the inbound partitions, and the span of every partition."""
    places = await _places(kafka)
    inbound = [place for place in places if place[0] in INBOUND_TOPICS]
    committed = await log.committed(inbound, wait=False)
    spans = await reader.spans(places)
    starts, ends = ({place: spans[place][side] for place in inbound} for side in (0, 1))
    return Marks(starts, ends, committed), spans


async def not_older(marks: Marks, rows: Sequence[Row], log: Log) -> Marks:
    """Return the marks, asked for again where the store knows of a later batch: a broker was still loading them."""
    named = [(marks.emitted(row["k"], len(rows)), row["emitted"]) for row in rows]
    if not any(batch is not None and batch < noted for batch, noted in named):
        return marks
    return Marks(marks.starts, marks.ends, await log.agreed(list(marks.ends), wait=False))


async def _places(kafka: KafkaConnection) -> list[Place]:
    """Return the partitions of all topics, those of dead letters included."""
    names = [topic.name for topic in TOPICS] + [topic.dead_letters for topic in INBOUND]
    admin = kafka.admin()
    await admin.start()
    try:
        there = await topics.partitions(admin, [kafka.topic(name) for name in names])
    finally:
        await admin.close()
    return [(name, p) for name in names for p in range(there.get(kafka.topic(name), 0))]
