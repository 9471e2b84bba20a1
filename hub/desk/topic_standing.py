"""The topics that the hub reads: how far each partition is read, and how much of it is yet to be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.postgres import position_reads, reads
from adapters.postgres.position_reads import StoredPosition
from adapters.rows.positions import Place
from contracts.topics import BY_NAME, INBOUND, Topic
from hub.desk.log_ends import Ends, LogEnds
from hub.desk.resources import Desk
from hub.desk.topics import inbound


@dataclass(frozen=True, slots=True)
class PartitionStanding:
    """A partition: the next offset to be read, the end, and what lies between; `paused` says why nothing is read.

    `position` is None before a shard has begun to read it, `end` where Kafka doesn't have it.
    """

    partition: int
    shard: int
    position: int | None
    end: int | None
    lag: int | None
    paused: str | None


@dataclass(frozen=True, slots=True)
class TopicStanding:
    """A topic that the hub reads: who writes it, its partitions, and how many records are yet to be read in all.

    `ends_at` is when Kafka was asked for the ends.
    """

    topic: str
    writer: str
    summary: str
    lag: int
    paused: int
    ends_at: datetime
    partitions: Sequence[PartitionStanding]


async def standing(desk: Desk, ends: LogEnds) -> list[TopicStanding]:
    """Return every topic that the hub reads; raises KafkaError."""
    known, stored = await ends.read(), await _stored(desk)
    return [_topic(desk, topic, known, stored) for topic in INBOUND]


async def of_topic(desk: Desk, ends: LogEnds, name: str) -> TopicStanding:
    """Return a topic that the hub reads; raises TopicIsNotRead, KafkaError."""
    topic = BY_NAME[inbound(name)]
    return _topic(desk, topic, await ends.read(), await _stored(desk))


async def of_shard(desk: Desk, ends: LogEnds, number: int) -> list[tuple[str, PartitionStanding]]:
    """Return the partitions that a shard reads, each with its topic; raises KafkaError."""
    topics = await standing(desk, ends)
    return [(topic.topic, each) for topic in topics for each in topic.partitions if each.shard == number]


@dataclass(frozen=True, slots=True)
class _Stored:
    """Where partitions are read, and why partitions are read no further, also some that nobody has begun to read."""

    positions: Mapping[Place, StoredPosition]
    paused: Mapping[Place, str]


async def _stored(desk: Desk) -> _Stored:
    positions = {(each.topic, each.partition): each for each in await position_reads.positions(desk.engine)}
    paused = {(each.topic, each.partition): each.paused for each in await reads.paused_partitions(desk.engine)}
    return _Stored(positions, paused)


def _topic(desk: Desk, topic: Topic, known: Ends, stored: _Stored) -> TopicStanding:
    there = (*known.ends, *stored.positions, *stored.paused)
    numbers = sorted({number for name, number in there if name == topic.name})
    rows = [_partition(desk, (topic.name, number), known, stored) for number in numbers]
    paused = sum(each.paused is not None for each in rows)
    return TopicStanding(topic.name, topic.writer, topic.summary, _sum(rows), paused, known.at, rows)


def _partition(desk: Desk, place: Place, known: Ends, stored: _Stored) -> PartitionStanding:
    end, row = known.ends.get(place), stored.positions.get(place)
    position = None if row is None else row.next_offset
    lag = None if position is None or end is None else max(0, end - position)
    shard = place[1] % desk.settings.shards if row is None else row.shard
    return PartitionStanding(place[1], shard, position, end, lag, stored.paused.get(place))


def _sum(rows: Iterable[PartitionStanding]) -> int:
    return sum(each.lag or 0 for each in rows)
