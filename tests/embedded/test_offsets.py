"""The group's offsets are asked for while a broker is still loading them, and while a transaction hangs on them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from adapters.embedded import EmbeddedServers
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import Log
from adapters.rows.positions import Place
from hub.settings import KafkaSettings, Settings
from tests.embedded.topics import topics

pytestmark = pytest.mark.integration

COMMITS = 1000
"""So many that loading them takes a while."""
PARTITIONS = 50
ASKING = 10
"""How many ask, one after the other, so that some meet the moment of loading."""
PLACE: Place = ("shop.events", 0)


def connection(bootstrap_servers: str) -> KafkaConnection:
    return Settings(kafka=KafkaSettings(bootstrap_servers=bootstrap_servers)).connection()


async def test_offsets_are_waited_for_while_a_broker_loads_them_and_a_transaction_is_open(folder: Path) -> None:
    servers = EmbeddedServers(folder / "kept")
    with servers as at:
        kafka = connection(at.bootstrap_servers)
        partition = TopicPartition(kafka.topic(PLACE[0]), PLACE[1])
        await topics(at, create=partition.topic, count=PARTITIONS)
        await _commit_often(kafka, partition)

        logs = [Log(kafka) for _ in range(ASKING)]
        await asyncio.gather(*(log.start() for log in logs))
        try:
            enough = asyncio.Event()
            asking = [asyncio.create_task(_answers(log, number / 100, enough)) for number, log in enumerate(logs)]
            await asyncio.to_thread(servers.restart_kafka)
            agreed = [await _agreed(log) for log in logs[:2]]
            enough.set()
            answers = [answer for found in await asyncio.gather(*asking) for answer in found]
        finally:
            await asyncio.gather(*(log.close() for log in logs))
        assert agreed == [(COMMITS, 7)] * 2
        assert (COMMITS, 7) in answers
        # One answer may be old, of a commit long before; no error passes for an answer, and none is too new.
        assert not [answer for answer in answers if answer is not None and (answer[0] > COMMITS or answer[1] != 7)]

        await _hang(kafka, partition)


async def _commit_often(kafka: KafkaConnection, partition: TopicPartition) -> None:
    consumer: AIOKafkaConsumer = kafka.consumer(group_id=kafka.group)
    await consumer.start()
    try:
        each = [TopicPartition(partition.topic, number) for number in range(PARTITIONS)]
        consumer.assign(each)
        for number in range(1, COMMITS + 1):
            await consumer.commit(dict.fromkeys(each, OffsetAndMetadata(number, "7")))
    finally:
        await consumer.stop()


async def _answers(log: Log, after: float, enough: asyncio.Event) -> list[tuple[int, int] | None]:
    """Ask again and again while the broker goes away and comes back; return what it answered."""
    found: list[tuple[int, int] | None] = []
    await asyncio.sleep(after)
    while not enough.is_set():
        try:
            found.append((await log.committed([PLACE])).get(PLACE))
        except (KafkaError, TimeoutError):
            await asyncio.sleep(0.005)
    return found


async def _agreed(log: Log) -> tuple[int, int] | None:
    """Ask until two answers agree, as what changes something does."""
    while True:
        try:
            return (await log.agreed([PLACE])).get(PLACE)
        except (KafkaError, TimeoutError):
            await asyncio.sleep(0.005)


async def _asked(kafka: KafkaConnection, *, wait: bool = True) -> tuple[int, int] | None:
    log = Log(kafka)
    try:
        return (await log.committed([PLACE], wait=wait)).get(PLACE)
    finally:
        await log.close()


async def _hang(kafka: KafkaConnection, partition: TopicPartition) -> None:
    """What a transaction commits is waited for; without waiting, what was committed before it counts."""
    producer: Any = kafka.producer(transactional_id="a-shard")
    assert isinstance(producer, AIOKafkaProducer)
    await producer.start()
    try:
        await producer.begin_transaction()
        await producer.send_offsets_to_transaction({partition: OffsetAndMetadata(COMMITS + 5, "8")}, kafka.group)
        waiting = asyncio.create_task(_asked(kafka))
        assert await _asked(kafka, wait=False) == (COMMITS, 7)
        assert not waiting.done()
        await producer.commit_transaction()
        assert await waiting == (COMMITS + 5, 8)
    finally:
        await producer.stop()
