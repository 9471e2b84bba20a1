"""Processes and their shards: what each process told of itself last, and one shard with all that is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.postgres import reads
from adapters.postgres.reads import Member, ShardRow, TakeOver
from hub.desk import health, topic_standing
from hub.desk.errors import ShardIsUnknown
from hub.desk.health import SILENT, ShardReport
from hub.desk.log_ends import LogEnds
from hub.desk.resources import Desk
from hub.desk.topic_standing import PartitionStanding


@dataclass(frozen=True, slots=True)
class ProcessStanding:
    """A process: whether it gave a sign of life of late, its shards as it told of them, and what it counted.

    `trouble` says of shards why it can't take them; `silent_seconds` go by the database's clock. `version` is the
    release with the mark of its code, None where a process of an earlier one doesn't tell it.
    """

    id: str
    alive: bool
    seen: datetime
    silent_seconds: float
    started_at: datetime
    shards: Mapping[str, ShardReport]
    trouble: Mapping[str, str]
    counts: Mapping[str, int]
    version: str | None
    memory_bytes: int | None


@dataclass(frozen=True, slots=True)
class ShardDetail:
    """A shard: its row, what its process told of it last, and how far each partition is that it reads."""

    row: ShardRow
    told: ShardReport | None
    told_at: datetime | None
    trouble: str | None
    lag: int
    partitions: Sequence[tuple[str, PartitionStanding]]
    taken_over: Sequence[TakeOver]


async def standing(desk: Desk) -> list[ProcessStanding]:
    """Return the processes of the last day, those that said goodbye left out."""
    return [_standing(each) for each in await reads.members(desk.engine)]


def _standing(member: Member) -> ProcessStanding:
    process, counts = health.process_of(member), member.report.get("counts")
    version, memory = member.report.get("version"), member.report.get("memory")
    return ProcessStanding(
        member.id,
        member.age <= SILENT,
        member.seen,
        round(max(0.0, member.age.total_seconds()), 1),
        member.started_at,
        process.report.shards,
        process.report.trouble,
        {str(name): int(count) for name, count in counts.items()} if isinstance(counts, Mapping) else {},
        version if isinstance(version, str) else None,
        memory if isinstance(memory, int) else None,
    )


async def shard(desk: Desk, ends: LogEnds, number: int) -> ShardDetail:
    """Return everything about a shard; raises ShardIsUnknown, KafkaError."""
    rows = {row.number: row for row in await reads.shards(desk.engine)}
    if number not in rows:
        raise ShardIsUnknown(number, sorted(rows))
    members = {each.id: each for each in await reads.members(desk.engine)}
    owner = members.get(rows[number].owner or "")
    told = None if owner is None else health.process_of(owner).report.shards.get(str(number))
    partitions = await topic_standing.of_shard(desk, ends, number)
    trouble = (await reads.troubles(desk.engine)).get(number)
    told_at = None if told is None or owner is None else owner.seen
    lag, taken_over = sum(each.lag or 0 for _, each in partitions), await reads.take_overs(desk.engine, number)
    return ShardDetail(rows[number], told, told_at, trouble, lag, partitions, taken_over)
