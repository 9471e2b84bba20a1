"""More shards for a hub that is stopped, once Kafka and PostgreSQL are found fit for it."""

from collections.abc import Mapping
from typing import Final

from adapters.errors import ShardAccident
from adapters.kafka import topics
from adapters.kafka.log import FOREIGN
from adapters.postgres import growth, reads, schema
from adapters.postgres.growth import CannotGrow
from adapters.postgres.growth import Growth as Growth
from adapters.rows.positions import Place
from contracts.topics import INBOUND
from hub.desk.errors import GrowthIsRefused, NoHubYet
from hub.desk.operations import Act
from hub.desk.resources import Desk
from hub.wiring import Hub

LONG_SECONDS: Final = 3600.0
"""How long one statement of a growth may take, which the desk is to be opened with: it may touch every deadline."""


async def grow(desk: Desk, act: Act, to: int) -> Growth:
    """Split the shards into more; raises NoHubYet or GrowthIsRefused with all reasons, and then nothing is changed."""
    before = await schema.shard_count(desk.engine)
    if before is None:
        raise NoHubYet
    if before == to:
        return Growth(before, to, 0)
    try:
        published = await _published(desk, act, before, to)
        silence = desk.settings.lease
        return await growth.grow(desk.engine, act.operation(growth.GROW), to, published, silence, dry_run=act.dry_run)
    except (CannotGrow, ShardAccident) as error:
        raise GrowthIsRefused(str(error)) from error


async def _published(desk: Desk, act: Act, before: int, to: int) -> dict[int, int]:
    """Return the last batch that Kafka names of each shard; raises CannotGrow where something is in the way."""
    alive = await growth.running(desk.engine, desk.settings.lease)
    if alive:
        raise CannotGrow(alive)
    if not act.dry_run:
        await _settle(desk, before)
    positions = await reads.positions(desk.engine)
    reasons = growth.divided(before, to) or await _unfit(desk, positions, to)
    marks = await desk.log.agreed(list(positions)) if positions else {}
    if any(batch == FOREIGN for _, batch in marks.values()):
        reasons.append("somebody else set the group's offsets: delete them")
    if reasons:
        raise CannotGrow(reasons)
    published: dict[int, int] = {}
    for (_, partition), (_, batch) in marks.items():
        published[partition % before] = max(batch, published.get(partition % before, 0))
    return published


async def _settle(desk: Desk, shards: int) -> None:
    """Publish what a process stored last and could not publish: a batch in hand when it was stopped."""
    rows = await reads.shards(desk.engine)
    unsettled = [row.number for row in rows if row.batch != row.emitted and row.stopped is None]
    if unsettled:
        await Hub(desk.settings.model_copy(update={"shards": shards})).settle(unsettled)


async def _unfit(desk: Desk, positions: Mapping[Place, int], to: int) -> list[str]:
    """Return which topics can't be read by so many shards, and which have lost their order to new partitions."""
    kafka, (part, parts) = desk.kafka, desk.settings.database.share
    async with desk.admin() as admin:
        counts = await topics.partitions(admin, [kafka.topic(topic.name) for topic in INBOUND])
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
    tops = await desk.log.tops(raised) if raised else {}
    unread = [place for place, top in sorted(tops.items()) if positions[place] < top]
    reasons += [
        f"{topic} has more partitions than before, and records of {topic}/{number} are unread: let the hub read all"
        " while nobody writes, so that none is overtaken"
        for topic, number in unread
    ]
    return reasons
