"""A Kafka client that gives no answer is left for a new one, whatever it says to being closed."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition

from adapters.kafka import log
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import Log

PLACE = ("shop.events", 0)


class Client:
    """Both of the log's clients at once; a `broken` one waits for ever, and can't be closed."""

    def __init__(self, *, broken: bool) -> None:
        self.broken = broken
        self.closed = 0

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        self.closed += 1
        if self.broken:
            raise RuntimeError("the handler is closed")

    close = stop

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        """Take partitions."""

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        if self.broken:
            await asyncio.Event().wait()
        return dict.fromkeys(partitions, 7)

    async def describe_topics(self, names: Sequence[str]) -> list[dict[str, Any]]:
        return [{"topic": name, "partitions": [{}], "error_code": 0} for name in names]


async def test_a_client_that_gave_no_answer_is_left_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Client]()

    def make(*_: object, **__: object) -> Client:
        made.append(Client(broken=not made))  # the first one is the probe
        return made[-1]

    monkeypatch.setattr(log, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(KafkaConnection, "consumer", make)
    monkeypatch.setattr(KafkaConnection, "admin", make)
    there = Log(KafkaConnection("nowhere:1"))

    with pytest.raises(TimeoutError):
        await there.ends([PLACE])

    assert await there.ends([PLACE]) == {PLACE: 7}
    assert [each.closed for each in made[:2]] == [1, 1]
    await there.close()
