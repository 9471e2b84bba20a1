"""Checks: settings, database, migrations, Kafka, topics, contracts, shards and sessions; one line each."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka.errors import KafkaError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from adapters.kafka import topics as kafka_topics
from adapters.postgres import reads, schema
from contracts import generation, releases
from contracts.topics import INBOUND
from hub.desk import processes, shards, standstill, topics
from hub.desk.resources import Desk
from hub.wiring import CONNECTIONS

CHECK_SECONDS: Final = 15
_ALLOWED: Final = """SELECT current_setting('max_connections')::int
  - current_setting('superuser_reserved_connections')::int
  - coalesce(current_setting('reserved_connections', true), '0')::int,
  (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
  (SELECT datconnlimit FROM pg_database WHERE datname = current_database())"""
"""How many sessions users share, and how many this one and this database may have: -1 where that isn't limited."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was checked, whether it holds, and what to know or do."""

    name: str
    ok: bool
    detail: str


def offline() -> Sequence[Check]:
    """Return the checks that need no server; the settings were read, or nobody would get here."""
    return [Check("settings", True, "readable"), _contracts()]


async def online(desk: Desk) -> Sequence[Check]:
    """Return every check of the servers; what can't be reached fails with the reason."""
    return [
        await _ask(name, question, desk)
        for name, question in (
            ("database", _database),
            ("migrations", _migrations),
            ("kafka", _kafka),
            ("topics", _topics),
            ("shards", _shards),
            ("sessions", _sessions),
            ("partitions", _paused),
        )
    ]


async def _ask(name: str, question: Callable[[Desk], Awaitable[Check]], desk: Desk) -> Check:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await question(desk)
    except (OSError, TimeoutError, SQLAlchemyError, KafkaError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Check(name, False, f"no answer: {reason}")


def _contracts() -> Check:
    stale = [str(path) for path in generation.stale()]
    breaks = [str(each) for each in releases.breaking()]
    if stale or breaks:
        return Check("contracts", False, "; ".join([*stale, *breaks][:3]))
    return Check("contracts", True, "current and compatible")


async def _database(desk: Desk) -> Check:
    async with desk.engine.connect() as connection:
        version = str(await connection.scalar(text("SHOW server_version")))
        commit = str(await connection.scalar(text("SHOW synchronous_commit")))
        read_only = str(await connection.scalar(text("SHOW transaction_read_only")))
    if read_only == "on":
        return Check("database", False, "it is read only, as a replica is: name the primary in HUB_DATABASE__URL")
    if commit == "off":
        return Check("database", False, "synchronous_commit is off: a crash may lose what was said to be stored")
    return Check("database", True, f"PostgreSQL {version} at {desk.settings.database_address()}")


async def _migrations(desk: Desk) -> Check:
    current = await schema.current(desk.engine)
    if current != schema.newest():
        return Check("migrations", False, f"at {current or 'nothing'}, needs {schema.newest()}: run hub db upgrade")
    shards = await schema.shard_count(desk.engine)
    if shards != desk.settings.shards:
        told = f"the hub has {shards} shards, and HUB_SHARDS is {desk.settings.shards}: set HUB_SHARDS={shards}"
        return Check("migrations", False, told)
    return Check("migrations", True, f"at {current}, {shards} shards")


async def _kafka(desk: Desk) -> Check:
    async with desk.admin() as admin:
        cluster = await admin.describe_cluster()
    return Check("kafka", True, f"{len(cluster['brokers'])} broker(s) at {desk.kafka.bootstrap_servers}")


async def _topics(desk: Desk) -> Check:
    differences = await topics.plan(desk, await _shard_count(desk))
    if differences:
        first = differences[0]
        more = f" and {len(differences) - 1} more" if len(differences) > 1 else ""
        advice = "; run hub topics apply" if any(each.missing for each in differences) else ""
        return Check("topics", False, f"{first.topic}: {first.what}{more}{advice}")
    kafka = desk.kafka
    async with desk.admin() as admin:
        counts = await kafka_topics.partitions(admin, [kafka.topic(topic.name) for topic in INBOUND])
    unread = await _unread(desk, {kafka.name(name): count for name, count in counts.items()})
    if unread:
        return Check("topics", False, f"{unread} have not been read yet: start the hub's processes anew")
    return Check("topics", True, "all there")


async def _shard_count(desk: Desk) -> int | None:
    """Return how many shards the hub has, by its database; None where that can't be asked."""
    try:
        async with asyncio.timeout(CHECK_SECONDS / 3):
            return await schema.shard_count(desk.engine)
    except (SQLAlchemyError, OSError):
        return None  # the line of the database says why


async def _unread(desk: Desk, counts: Mapping[str, int]) -> str:
    """Return a topic's partitions that were added since the hub's processes looked, empty where there are none."""
    read = set(await reads.positions(desk.engine))
    part, parts = desk.settings.database.share
    for topic, count in counts.items():
        added = [number for number in range(part, count, parts) if (topic, number) not in read]
        if added and any(name == topic for name, _ in read):
            return f"partitions {added[0]} to {added[-1]} of {topic}"
    return ""


async def _shards(desk: Desk) -> Check:
    rows = await shards.standing(desk)
    stopped = [row for row in rows if row.stopped]
    if stopped:
        return Check("shards", False, f"shard {stopped[0].number} stopped: {stopped[0].stopped}")
    troubled = [row for row in rows if row.trouble]
    if troubled:
        return Check("shards", False, f"shard {troubled[0].number} can't work now: {troubled[0].trouble}")
    owned = sum(1 for row in rows if row.owner)
    return Check("shards", True, f"{owned} of {len(rows)} owned, lag {sum(row.lag for row in rows)}")


async def _sessions(desk: Desk) -> Check:
    """Compare the sessions that the hub may open with those that the database allows."""
    async with desk.engine.connect() as connection:
        allowed = min(limit for limit in (await connection.execute(text(_ALLOWED))).one() if limit >= 0)
    running = sum(each.alive for each in await processes.standing(desk))
    settings = desk.settings
    needed = len(settings.served) + 2 * CONNECTIONS * max(1, running) + 2 * settings.api.connections
    of = f"{len(settings.served)} shards, {running or 'one'} process{'es' if running > 1 else ''} and an API"
    if needed > allowed:
        told = f"{of} may open {needed} sessions, and the database allows {allowed}"
        return Check("sessions", False, f"{told}: raise max_connections, or the limit of this user or database")
    return Check("sessions", True, f"{of} open {needed} at most; the database allows {allowed}")


async def _paused(desk: Desk) -> Check:
    rows = await reads.paused_partitions(desk.engine)
    held_up = await reads.held_up(desk.engine)
    if rows:
        first = standstill.paused(rows[0])
        return Check("partitions", False, f"{first.what} is paused: {first.because}; {first.do}")
    if held_up:
        return Check("partitions", False, held_up[0])
    return Check("partitions", True, "none is paused or held up")
