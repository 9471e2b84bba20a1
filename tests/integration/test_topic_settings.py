"""Topics whose settings cost something are told of, and those by which facts go or lose their times stop the hub."""

import asyncio

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from adapters.kafka import topics
from hub.desk import checks
from hub.errors import TopicsDiffer
from hub.wiring import Hub
from tests.stage import Stage

pytestmark = pytest.mark.integration
STAMPED = {"message.timestamp.type": "LogAppendTime"}


@pytest.mark.parametrize(
    ("topic", "config", "told", "fatal"),
    [
        ("shop.events", STAMPED | {"cleanup.policy": "compact"}, "is compacted", True),
        ("shop.events", STAMPED | {"cleanup.policy": "compact,delete"}, "is compacted", True),
        ("shop.events", STAMPED | {"max.message.bytes": "1000"}, "takes messages of 1000 bytes", False),
        ("shop.events", {"message.timestamp.type": "CreateTime"}, "counts its writers' times", True),
        ("order.events", STAMPED | {"cleanup.policy": "compact"}, "is compacted", False),
        ("order.status", STAMPED | {"cleanup.policy": "delete"}, "is not compacted", False),
        ("shop.events.dlt", STAMPED | {"max.message.bytes": "1000"}, "takes messages of 1000 bytes", False),
    ],
)
async def test_a_topic_that_was_set_otherwise_is_told_of(
    stage: Stage, topic: str, config: dict[str, str], told: str, fatal: bool
) -> None:
    name = stage.kafka.topic(topic)

    async with stage.admin() as admin:
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, config)])

        async def found() -> list[topics.Difference]:
            plan = await topics.plan(admin, stage.kafka, stage.settings.shards, stage.settings.partition_count)
            return [each for each in plan if each.what.startswith(told)]

        [difference] = await stage.until(found, f"{topic} is told of")

    assert (difference.topic, difference.fatal) == (name, fatal)
    assert "let an administrator set" in difference.what
    [line] = [each for each in await checks.online(stage.desk) if each.name == "topics"]
    assert not line.ok
    assert name in line.detail
    if fatal:
        with pytest.raises(TopicsDiffer, match=told):
            await Hub(stage.settings).run(asyncio.Event())


async def test_topics_as_they_were_made_differ_in_nothing(stage: Stage) -> None:
    async with stage.admin() as admin:
        assert not await topics.plan(admin, stage.kafka, stage.settings.shards, stage.settings.partition_count)
