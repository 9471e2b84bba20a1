"""The hub's processes and shards, one by one: what each process told of itself, how far each shard is."""

from datetime import datetime
from typing import Final

from hub.api.context import Opened
from hub.api.models import Model, told
from hub.api.operating import Number, Onlooker, routes
from hub.api.topics import PartitionModel
from hub.desk import processes
from hub.desk.health import ShardReport

router: Final = routes()


class ShardReportModel(Model):
    """What a process says of a shard: its state, for how many seconds it got nothing done, and what troubles it."""

    state: str
    idle: float
    trouble: str


class ProcessModel(Model):
    """A process of the hub: `shards` by their numbers as it told of them last, `counts` since it began.

    `trouble` says of shards why it can't take them, `version` the release with the mark of its code. What a process
    doesn't tell is null.
    """

    id: str
    alive: bool
    seen: datetime
    silent_seconds: float
    started_at: datetime
    shards: dict[str, ShardReportModel]
    trouble: dict[str, str]
    counts: dict[str, int]
    version: str | None
    memory_bytes: int | None


class ProcessesModel(Model):
    """The processes that gave a sign of life within a day, and didn't say goodbye."""

    items: list[ProcessModel]


class ShardPartitionModel(PartitionModel):
    """A partition that a shard reads."""

    topic: str


class TakeOverModel(Model):
    """A take-over of a shard: by which process (null: while the shards were split), and where the shard stood then.

    `batch` was the last one that was stored, `emitted` the last one known to be published: what lies between, the new
    owner looked up in Kafka, and published what was not there.
    """

    at: datetime
    owner: str | None
    batch: int
    emitted: int


class ShardModel(Model):
    """A shard: who works on it, the last batch stored and published, why it is stopped, how far its partitions are.

    `told` is what its process said of it last, at `told_at`; null where none did. `taken_over` are its last ten
    take-overs, newest first.
    """

    number: int
    owner: str | None
    lease_until: datetime | None
    batch: int
    emitted: int
    stopped: str | None
    lag: int
    trouble: str | None
    told: ShardReportModel | None
    told_at: datetime | None
    partitions: list[ShardPartitionModel]
    taken_over: list[TakeOverModel]


def _report(row: ShardReport) -> ShardReportModel:
    return told(row, ShardReportModel)


@router.get("/processes", summary="Processes of the hub")
async def list_processes(caller: Onlooker, context: Opened) -> ProcessesModel:
    """Return what each process of the hub told of itself last."""
    found = await processes.standing(context.desk)
    reports = [{number: _report(about) for number, about in each.shards.items()} for each in found]
    items = [told(each, ProcessModel, shards=about) for each, about in zip(found, reports, strict=True)]
    return ProcessesModel(items=items)


@router.get("/shards/{shard}", summary="One shard")
async def show_shard(shard: Number, caller: Onlooker, context: Opened) -> ShardModel:
    """Return everything about a shard: how far each of its partitions is, and how it does."""
    found = await processes.shard(context.desk, context.ends, shard)
    return told(
        found.row,
        ShardModel,
        lag=found.lag,
        trouble=found.trouble,
        told=None if found.told is None else _report(found.told),
        told_at=found.told_at,
        partitions=[told(each, ShardPartitionModel, topic=topic) for topic, each in found.partitions],
        taken_over=[told(each, TakeOverModel) for each in found.taken_over],
    )
