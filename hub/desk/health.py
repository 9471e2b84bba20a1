"""Health: is every shard worked on, and if not, why; from the heartbeats of the hub's processes."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from adapters.postgres import reads, schema
from adapters.postgres.reads import Member, ShardRow
from hub.desk.resources import Desk
from hub.errors import SERVER_ERRORS

IDLE_SECONDS: Final = 15.0
"""A shard that got nothing done for so long is worth a word; an idle one looks for work twice a second."""
SILENT: Final = timedelta(seconds=15)


async def database_trouble(desk: Desk) -> str | None:
    """Return why the database can't be worked with, None where it can: it is away, or of another version."""
    try:
        current, newest = await schema.current(desk.engine), schema.newest()
    except SERVER_ERRORS as error:
        return f"the database does not answer ({type(error).__name__})"
    return None if current == newest else f"the database is at {current or 'nothing'}, this version needs {newest}"


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What a process says of a shard of its own: its state, for how many seconds it got nothing done, and why."""

    state: str
    idle: float = 0.0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a process says with its heartbeat: of its shards, and why some can't work."""

    shards: Mapping[str, ShardReport] = field(default_factory=dict)
    trouble: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that lives; `said` is all that it said, `report` what of it is understood here."""

    id: str
    seen: datetime
    started_at: datetime
    said: Mapping[str, object]
    report: Report


@dataclass(frozen=True, slots=True)
class ShardHealth:
    """A shard: its owner, its state where its process says it, and why it isn't worked on, empty where it is."""

    shard: int
    owner: str | None
    state: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """Whether every shard is worked on and why not; `live` is whether a process lives, None where nobody knows."""

    ready: bool
    live: bool | None
    reasons: Sequence[str]
    notes: Sequence[str] = ()
    processes: Sequence[Process] = ()
    shards: Sequence[ShardHealth] = ()


_REPORT: Final = TypeAdapter(Report)


async def read(desk: Desk, *, here: bool = False) -> Health:
    """Return how the hub does; where PostgreSQL doesn't answer, that is the reason why it isn't ready.

    `here`: only processes of this machine count for `live` and `ready`, as a container's own probe wants it.
    """
    try:
        members = await reads.members(desk.engine)
        shards = await reads.shards(desk.engine)
        kept = await reads.kept_back(desk.engine)
        paused = await reads.paused_partitions(desk.engine)
    except (OSError, TimeoutError, SQLAlchemyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        where = desk.settings.database_address()
        return Health(ready=False, live=None, reasons=[f"PostgreSQL at {where} does not answer: {reason}"])
    view = judge(members, shards, kept, machine=socket.gethostname() if here else None)
    still = (f"{each.topic}/{each.partition} is paused: {each.paused}" for each in paused)
    return replace(view, notes=[*view.notes, *still])


def judge(
    members: Sequence[Member],
    shards: Sequence[ShardRow],
    kept: Mapping[str, int],
    *,
    machine: str | None = None,
    now: datetime | None = None,
) -> Health:
    """Return what heartbeats and shard rows come to; only processes of `machine` count, of any if none is named."""
    now = now or datetime.now(UTC)
    alive = [process_of(each) for each in members if each.age <= SILENT]
    mine = [each for each in alive if machine is None or each.id.startswith(f"{machine}-")]
    told = {number: about for each in mine for number, about in each.report.shards.items()}
    why = {number: text for each in alive for number, text in each.report.trouble.items()}
    rows = [_shard(row, told.get(str(row.number)), why.get(str(row.number), ""), now) for row in shards]
    ours = [row for row in rows if machine is None or str(row.shard) in told]
    reasons = [] if mine else ["no hub process has given a sign of life" + (f" on {machine}" if machine else "")]
    reasons += [f"shard {row.shard}: {row.reason}" for row in ours if row.reason]
    notes = [f"{count} {what}" for what, count in kept.items() if count]
    return Health(not reasons, bool(mine), reasons, notes, alive, rows)


def process_of(member: Member) -> Process:
    """Return a process as it told of itself last."""
    report = _REPORT.validate_python(dict(member.report))
    return Process(member.id, member.seen, member.started_at, member.report, report)


def _shard(row: ShardRow, told: ShardReport | None, why: str, now: datetime) -> ShardHealth:
    """Return how a shard does, and why it isn't worked on."""
    reason = ""
    if row.stopped:
        reason = f"stopped: {row.stopped}"
    elif row.owner is None or row.lease_until is None or row.lease_until < now:
        reason = f"no process works on it: {why}" if why else "no process works on it"
    elif told is not None and told.state != "running":
        reason = f"{told.state}: {told.trouble}" if told.trouble else told.state
    elif told is not None and told.trouble:
        reason = f"held up: {told.trouble}"
    elif told is not None and told.idle > IDLE_SECONDS:
        reason = f"got nothing done for {told.idle:.0f} s"
    return ShardHealth(row.number, row.owner, told.state if told else None, reason)
