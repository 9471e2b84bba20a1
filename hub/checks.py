"""`hub check`: settings, database, migrations, Kafka, topics, contracts and shards; one line each."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError
from rich.table import Table
from rich.text import Text
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from adapters.kafka import topics
from adapters.kafka.log import Log
from adapters.postgres import reads, schema
from contracts import compatibility, generation
from contracts.topics import INBOUND
from hub.attention import paused
from hub.display import add, titled
from hub.errors import HubError
from hub.servers import address_of, attached
from hub.settings import Settings
from hub.wiring import engine_of

CHECK_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Result:
    """One line: what was checked, whether it holds, and what to know or do."""

    name: str
    ok: bool
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """Return the line as plain values."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


async def run(settings: Settings) -> list[Result]:
    """Return every check's result; what can't be reached fails with the reason."""
    results = [Result("settings", True, "readable"), _contracts()]
    try:
        known = attached(settings)
    except HubError as error:
        return [*results, Result("servers", False, str(error))]
    for name, question in (
        ("database", _database),
        ("migrations", _migrations),
        ("kafka", _kafka),
        ("topics", _topics),
        ("shards", _shards),
        ("partitions", _paused),
    ):
        results.append(await _ask(name, question, known))
    return results


async def _ask(name: str, question: Callable[[Settings], Awaitable[Result]], settings: Settings) -> Result:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await question(settings)
    except (OSError, TimeoutError, SQLAlchemyError, KafkaError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Result(name, False, f"no answer: {reason}")


def _contracts() -> Result:
    stale = [str(path) for path in generation.stale()]
    breaks = [str(each) for each in compatibility.breaking()]
    if stale or breaks:
        return Result("contracts", False, "; ".join([*stale, *breaks][:3]))
    return Result("contracts", True, "current and compatible")


async def _database(settings: Settings) -> Result:
    engine = engine_of(settings)
    try:
        async with engine.connect() as connection:
            version = str(await connection.scalar(text("SHOW server_version")))
            commit = str(await connection.scalar(text("SHOW synchronous_commit")))
            read_only = str(await connection.scalar(text("SHOW transaction_read_only")))
    finally:
        await engine.dispose()
    if read_only == "on":
        return Result("database", False, "it is read only, as a replica is: name the primary in HUB_DATABASE__URL")
    if commit == "off":
        return Result("database", False, "synchronous_commit is off: a crash may lose what was said to be stored")
    return Result("database", True, f"PostgreSQL {version} at {address_of(settings)}")


async def _migrations(settings: Settings) -> Result:
    engine = engine_of(settings)
    try:
        current = await schema.current(engine)
        shards = await schema.shard_count(engine) if current else None
    finally:
        await engine.dispose()
    if current != schema.newest():
        return Result("migrations", False, f"at {current or 'nothing'}, needs {schema.newest()}: run hub db upgrade")
    return Result("migrations", True, f"at {current}, {shards} shards")


async def _kafka(settings: Settings) -> Result:
    kafka = settings.connection()
    admin = kafka.admin()
    await admin.start()
    try:
        cluster = await admin.describe_cluster()
    finally:
        await admin.close()
    return Result("kafka", True, f"{len(cluster['brokers'])} broker(s) at {kafka.bootstrap_servers}")


async def _topics(settings: Settings) -> Result:
    kafka = settings.connection()
    admin = kafka.admin()
    await admin.start()
    try:
        differences = await topics.plan(admin, kafka, settings.shards, settings.partition_count)
        counts = await topics.partitions(admin, [kafka.topic(topic.name) for topic in INBOUND])
    finally:
        await admin.close()
    if differences:
        first = differences[0]
        more = f" and {len(differences) - 1} more" if len(differences) > 1 else ""
        return Result("topics", False, f"{first.topic}: {first.what}{more}; run hub topics apply")
    unread = await _unread(settings, {kafka.name(name): count for name, count in counts.items()})
    if unread:
        return Result("topics", False, f"{unread} have not been read yet: start the hub's processes anew")
    return Result("topics", True, "all there")


async def _unread(settings: Settings, counts: Mapping[str, int]) -> str:
    """Return a topic's partitions that were added since the hub's processes looked, empty where there are none."""
    engine = engine_of(settings)
    try:
        read = set(await reads.positions(engine))
    finally:
        await engine.dispose()
    part, parts = settings.database.share
    for topic, count in counts.items():
        added = [number for number in range(part, count, parts) if (topic, number) not in read]
        if added and any(name == topic for name, _ in read):
            return f"partitions {added[0]} to {added[-1]} of {topic}"
    return ""


async def _shards(settings: Settings) -> Result:
    rows = await shards(settings)
    stopped = [row for row in rows if row["stopped"]]
    if stopped:
        return Result("shards", False, f"shard {stopped[0]['k']} stopped: {stopped[0]['stopped']}")
    troubled = [row for row in rows if row["trouble"]]
    if troubled:
        return Result("shards", False, f"shard {troubled[0]['k']} can't work now: {troubled[0]['trouble']}")
    owned = sum(1 for row in rows if row["owner"])
    return Result("shards", True, f"{owned} of {len(rows)} owned, lag {sum(row['lag'] for row in rows)}")


async def _paused(settings: Settings) -> Result:
    engine = engine_of(settings)
    try:
        rows = await reads.paused_partitions(engine)
        held_up = await reads.held_up(engine)
    finally:
        await engine.dispose()
    if rows:
        first = paused(rows[0])
        return Result("partitions", False, f"{first['what']} is paused: {first['because']}; {first['do']}")
    if held_up:
        return Result("partitions", False, held_up[0])
    return Result("partitions", True, "none is paused or held up")


async def shards(settings: Settings) -> list[dict[str, Any]]:
    """Return every shard with how many records it has yet to read."""
    engine = engine_of(settings)
    log = Log(settings.connection())
    try:
        rows = await reads.shards(engine)
        troubles = await reads.troubles(engine)
        held_up = await reads.held_up(engine)
        read = await reads.positions(engine)
        ends = await log.ends(list(read)) if read else {}
    finally:
        await log.close()
        await engine.dispose()
    for row in rows:
        mine = [place for place in read if place[1] % settings.shards == row["k"]]
        row["lag"] = sum(ends[place] - read[place] for place in mine)
        names = {f"{topic}/{number}" for topic, number in mine}
        held = next((why for why in held_up if why.split(" ", 1)[0] in names), None)
        row["trouble"] = troubles.get(row["k"]) or held
    return rows


def shard_table(rows: list[dict[str, Any]]) -> Table:
    """Return the shards as a table."""
    table = titled("", "shard", "owner", "batch", "emitted", "lag", "stopped because, or held up by")
    for row in rows:
        add(
            table,
            row["k"],
            row["owner"],
            row["batch"],
            row["emitted"],
            row["lag"],
            Text(row["stopped"] or row["trouble"] or ""),
        )
    return table
