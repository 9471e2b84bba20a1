"""Kafka's topics: what is to be created, and which are read no further."""

from collections.abc import Sequence
from typing import Final

from adapters.kafka import topics
from adapters.kafka.topics import Difference as Difference
from adapters.postgres import pauses
from contracts.topics import INBOUND
from hub.desk.errors import TopicIsNotRead
from hub.desk.operations import Act
from hub.desk.resources import Desk

CREATE_SECONDS: Final = 20


async def plan(desk: Desk, shards: int | None = None) -> Sequence[Difference]:
    """Return what `apply` would do, and what it can't mend; for so many shards, or for those of the settings."""
    settings = desk.settings
    shards = shards or settings.shards
    async with desk.admin() as admin:
        return await topics.plan(admin, desk.kafka, shards, settings.partitions or shards)


async def apply(desk: Desk) -> Sequence[str]:
    """Create the topics that are missing; return their names. Raises ServerIsAway."""
    settings = desk.settings
    async with desk.changing(CREATE_SECONDS) as admin:
        return await topics.apply(admin, desk.kafka, settings.partition_count, settings.kafka.replication)


async def pause(desk: Desk, act: Act, topic: str, partition: int | None = None) -> int:
    """Have a topic, or one of its partitions, read no further; return how many partitions that are.

    Raises TopicIsNotRead.
    """
    name = inbound(topic)
    if act.dry_run:
        return 0
    part, parts = desk.settings.database.share
    places = range(part, desk.settings.partition_count, parts)
    return await pauses.pause_topic(desk.engine, act.operation("pause topic"), name, partition, places)


async def resume(desk: Desk, act: Act, topic: str, partition: int | None = None) -> int:
    """Have a paused topic, or one of its partitions, read on; return how many partitions that are.

    Raises TopicIsNotRead.
    """
    name = inbound(topic)
    return 0 if act.dry_run else await pauses.resume_topic(desk.engine, act.operation("resume topic"), name, partition)


def inbound(topic: str) -> str:
    """Return the name of a topic that the hub reads; raises TopicIsNotRead."""
    names = [each.name for each in INBOUND]
    if topic not in names:
        raise TopicIsNotRead(topic, names)
    return topic
