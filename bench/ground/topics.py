"""The topics of a benchmark, each with the prefix of its run: made, deleted, and asked how far they are."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

VISIBLE_SECONDS: Final = 20.0
APPLIED_SECONDS: Final = 1.0
"""How long a broker usually takes to use a topic's new configuration."""


class Topics:
    """Topics of one Kafka. Make it in the loop that uses it, and `connect` it first."""

    def __init__(self, bootstrap: str) -> None:
        self._admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        self._probe = AIOKafkaConsumer(
            bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False
        )

    async def connect(self) -> None:
        """Connect to Kafka."""
        await self._admin.start()
        await self._probe.start()

    async def close(self) -> None:
        """Disconnect."""
        await self._probe.stop()
        await self._admin.close()

    async def create(self, names: Iterable[str], partitions: int, *, appended: bool = False) -> None:
        """Make topics and wait until they can be written; `appended`: records carry the time of their append."""
        wanted = list(names)
        settings = {"message.timestamp.type": "LogAppendTime" if appended else "CreateTime"}
        topics = [NewTopic(name, partitions, 1, topic_configs=settings) for name in wanted]
        answer: Any = await self._admin.create_topics(topics)
        for error in answer.topic_errors:
            if error[1]:
                raise for_code(error[1])(f"topic {error[0]}")
        await self._until_there(wanted, partitions)

    async def _until_there(self, names: Sequence[str], partitions: int) -> None:
        deadline = asyncio.get_running_loop().time() + VISIBLE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            found: list[dict[str, Any]] = await self._admin.describe_topics(list(names))
            if all(not each["error_code"] and len(each["partitions"]) == partitions for each in found):
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"the topics {', '.join(names)} can't be seen")

    async def names(self, prefix: str) -> list[str]:
        """Return the topics whose names begin like this."""
        return sorted(name for name in await self._admin.list_topics() if name.startswith(prefix))

    async def delete(self, prefix: str) -> None:
        """Delete every topic whose name begins like this."""
        names = await self.names(prefix)
        if names:
            await self._admin.delete_topics(names)

    async def partitions(self, topic: str) -> list[TopicPartition]:
        """Return the partitions of a topic."""
        found: list[dict[str, Any]] = await self._admin.describe_topics([topic])
        return [TopicPartition(topic, each["partition"]) for each in found[0]["partitions"]]

    async def visible(self, places: Sequence[TopicPartition]) -> int:
        """Return the sum of the last stable offsets: it grows when a reader of committed records can see more."""
        return sum((await self.ends(places)).values())

    async def ends(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the last stable offset of each partition."""
        if set(places) != self._probe.assignment():
            self._probe.assign(list(places))
        for _ in range(20):
            try:
                return dict(await self._probe.end_offsets(list(places)))
            except KafkaError:  # a topic made a moment ago has no leader yet
                await asyncio.sleep(0.1)
        return dict(await self._probe.end_offsets(list(places)))

    async def committed(self, groups: Iterable[str]) -> int:
        """Return the sum of all offsets that some consumer groups have committed."""
        found = [await self._admin.list_consumer_group_offsets(group) for group in groups]
        return sum(max(0, mark.offset) for marks in found for mark in marks.values())

    async def count_append_times(self, names: Iterable[str]) -> None:
        """Have the broker write down when it takes a record, from now on."""
        wanted = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": "1000000"}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, wanted) for name in names]
        answers: list[Any] = await self._admin.alter_configs(resources)
        for answer in answers:
            for code, message, *_ in answer.resources:
                if code:
                    raise RuntimeError(f"the broker refused a topic's configuration: {message}")
        await asyncio.sleep(APPLIED_SECONDS)
