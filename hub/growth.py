"""`hub shard grow`: more shards for a hub that is stopped, once Kafka and PostgreSQL are found fit for it."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import ShardAccident
from adapters.kafka import topics
from adapters.kafka.log import FOREIGN, Log
from adapters.postgres import growth, reads, schema
from adapters.postgres.growth import CannotGrow, Growth
from adapters.rows import Place
from contracts.topics import INBOUND
from hub.errors import NotUsable
from hub.operations import Act
from hub.settings import Settings
from hub.wiring import Hub, engine_of

LONG_SECONDS: Final = 3600.0
"""How long one statement may take: it may touch every deadline."""


async def grow(settings: Settings, act: Act, to: int) -> Growth:
    """Split the shards into more; raises NotUsable with all reasons why not, and then nothing is changed."""
    engine = engine_of(settings, LONG_SECONDS)
    log = Log(settings.connection())
    try:
        before = await schema.shard_count(engine)
        if before is None:
            raise NotUsable("this database has no hub yet: set HUB_SHARDS, then run hub db upgrade")
        if before == to:
            return Growth(before, to, 0)
        alive = await growth.running(engine, settings.lease)
        if alive:
            raise CannotGrow(alive)
        if not act.dry_run:
            await _settle(settings, engine, before)
        positions = await reads.positions(engine)
        reasons = growth.divided(before, to) or await _unfit(settings, log, positions, to)
        marks = await log.committed(list(positions)) if positions else {}
        if any(batch == FOREIGN for _, batch in marks.values()):
            reasons.append("somebody else set the group's offsets: delete them")
        if reasons:
            raise CannotGrow(reasons)
        published: dict[int, int] = {}
        for (_, partition), (_, batch) in marks.items():
            published[partition % before] = max(batch, published.get(partition % before, 0))
        return await growth.grow(engine, act.operation(growth.GROW), to, published, settings.lease, dry_run=act.dry_run)
    except (CannotGrow, ShardAccident) as error:
        raise NotUsable(str(error)) from error
    finally:
        await log.close()
        await engine.dispose()


async def _settle(settings: Settings, engine: AsyncEngine, shards: int) -> None:
    """Publish what a process stored last and could not publish: a batch in hand when it was stopped."""
    rows = await reads.shards(engine)
    unsettled = [row["k"] for row in rows if row["batch"] != row["emitted"] and row["stopped"] is None]
    if unsettled:
        await Hub(settings.model_copy(update={"shards": shards})).settle(unsettled)


async def _unfit(settings: Settings, log: Log, positions: Mapping[Place, int], to: int) -> list[str]:
    """Return which topics can't be read by so many shards, and which have lost their order to new partitions."""
    kafka, (part, parts) = settings.connection(), settings.database.share
    admin = kafka.admin()
    await admin.start()
    try:
        counts = await topics.partitions(admin, [kafka.topic(topic.name) for topic in INBOUND])
    finally:
        await admin.close()
    odd: dict[int, list[str]] = {}
    raised: list[Place] = []
    for topic in INBOUND:
        count = counts.get(kafka.topic(topic.name), 0)
        if count % to or not count:
            odd.setdefault(count, []).append(topic.name)
        known = [place for place in positions if place[0] == topic.name]
        if known and len(range(part, count, parts)) > len(known):
            raised += known
    reasons = [f"{', '.join(names)}: {count} partitions are no multiple of {to}" for count, names in odd.items()]
    tops = await log.tops(raised) if raised else {}
    unread = [place for place, top in sorted(tops.items()) if positions[place] < top]
    reasons += [
        f"{topic} has more partitions than before, and records of {topic}/{number} are unread: let the hub read all"
        " while nobody writes, so that none is overtaken"
        for topic, number in unread
    ]
    return reasons


def told(done: Growth, *, dry_run: bool) -> str:
    """Return what to do next."""
    if done.before == done.after:
        return f"There are {done.after} shards already; nothing to do."
    if dry_run:
        return f"Nothing was done: a dry run. The {done.before} shards can be split into {done.after}."
    return (
        f"There are {done.after} shards now, {done.before} before; {done.moved} deadlines and waiting records moved.\n"
        f"Set HUB_SHARDS={done.after} for every process and command of this hub, then start it."
    )
