"""The ground of a benchmark: one real Kafka and one real PostgreSQL for all candidates, and what is asked of them."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import asyncpg
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from adapters.embedded import Addresses, EmbeddedServers
from bench.records import Read, Recorded, Written

HEAP: Final = "1g"
BATCH_BYTES: Final = 262_144
WARM_RECORDS: Final = 60_000
VISIBLE_SECONDS: Final = 20.0
CREATED: Final = 0
"""Kafka's word for records that keep the time that their writer gave."""
APPLIED_SECONDS: Final = 1.0
"""How long a broker usually takes to use a topic's new configuration."""


class Ground:
    """Both servers while they run; every name made here carries the prefix of its run."""

    def __init__(self, addresses: Addresses, kafka_pid: int, postgres_pid: int) -> None:
        self.bootstrap = addresses.bootstrap_servers
        self._url = addresses.database_url.replace("+asyncpg", "")
        self._folder = addresses.folder
        self._kafka_pid = kafka_pid
        self._postgres_pid = postgres_pid
        self._admin: AIOKafkaAdminClient | None = None
        self._probe: AIOKafkaConsumer | None = None

    async def connect(self) -> None:
        """Connect to Kafka."""
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await self._admin.start()
        self._probe = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, isolation_level="read_committed", enable_auto_commit=False
        )
        await self._probe.start()

    async def close(self) -> None:
        """Disconnect."""
        if self._probe is not None:
            await self._probe.stop()
        if self._admin is not None:
            await self._admin.close()

    def cpu(self) -> tuple[float, float]:
        """Return the CPU seconds of Kafka and of PostgreSQL so far, its ended backends included."""
        broker = psutil.Process(self._kafka_pid).cpu_times()
        master = psutil.Process(self._postgres_pid)
        spent = master.cpu_times()
        total = spent.user + spent.system + spent.children_user + spent.children_system
        for child in master.children():
            try:
                each = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += each.user + each.system
        return broker.user + broker.system, total

    # -- databases ---------------------------------------------------------------------------------------------------

    async def create_database(self, name: str, like: str = "template1") -> str:
        """Make an empty database, or a copy of one that nobody uses, with no checkpoint due; return its address."""
        await self.drop_database(name)
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        await self.checkpoint()
        return f"{self._url.rsplit('/', 1)[0]}/{name}"

    async def drop_database(self, name: str) -> None:
        """Drop a database, if it is there."""
        for _ in range(50):
            try:
                return await self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            except (asyncpg.ObjectInUseError, asyncpg.InsufficientPrivilegeError):  # the server's own vacuum is in it
                await asyncio.sleep(0.2)
        raise TimeoutError(f"the database {name} can't be dropped: it is in use")

    async def settings(self) -> dict[str, str]:
        """Return what makes PostgreSQL fast or safe; raises where it is not safe."""
        connection = await asyncpg.connect(self._url)
        try:
            names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
            found = {name: str(await connection.fetchval(f"SHOW {name}")) for name in names}
        finally:
            await connection.close()
        if not found["fsync"] == found["synchronous_commit"] == "on":
            raise RuntimeError(f"PostgreSQL would be measured without its durability: {found}")
        return found

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def checkpoint(self) -> None:
        """Write all changed pages now, so that none is due for a while."""
        password = json.loads((self._folder / "passwords.json").read_text())["postgres"]
        connection = await asyncpg.connect(self._url, user="postgres", password=password, database="postgres")
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    # -- topics ------------------------------------------------------------------------------------------------------

    async def create_topics(self, names: Iterable[str], partitions: int, *, appended: bool = False) -> None:
        """Make topics and wait until they can be written; `appended`: records carry the time of their append."""
        assert self._admin is not None
        wanted = list(names)
        settings = {"message.timestamp.type": "LogAppendTime" if appended else "CreateTime"}
        topics = [NewTopic(name, partitions, 1, topic_configs=settings) for name in wanted]
        answer: Any = await self._admin.create_topics(topics)
        for error in answer.topic_errors:
            if error[1]:
                raise for_code(error[1])(f"topic {error[0]}")
        await self._until_there(wanted, partitions)

    async def _until_there(self, names: Sequence[str], partitions: int) -> None:
        assert self._admin is not None
        deadline = asyncio.get_running_loop().time() + VISIBLE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            found: list[dict[str, Any]] = await self._admin.describe_topics(list(names))
            if all(not each["error_code"] and len(each["partitions"]) == partitions for each in found):
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"the topics {', '.join(names)} can't be seen")

    async def topics(self, prefix: str) -> list[str]:
        """Return the topics whose names begin like this."""
        assert self._admin is not None
        return sorted(name for name in await self._admin.list_topics() if name.startswith(prefix))

    async def delete_topics(self, prefix: str) -> None:
        """Delete every topic whose name begins like this."""
        assert self._admin is not None
        names = await self.topics(prefix)
        if names:
            await self._admin.delete_topics(names)

    async def partitions(self, topic: str) -> list[TopicPartition]:
        """Return the partitions of a topic."""
        assert self._admin is not None
        found: list[dict[str, Any]] = await self._admin.describe_topics([topic])
        return [TopicPartition(topic, each["partition"]) for each in found[0]["partitions"]]

    async def visible(self, places: Sequence[TopicPartition]) -> int:
        """Return the sum of the last stable offsets: it grows when a reader of committed records can see more."""
        return sum((await self.ends(places)).values())

    async def ends(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the last stable offset of each partition."""
        assert self._probe is not None
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
        assert self._admin is not None
        found = [await self._admin.list_consumer_group_offsets(group) for group in groups]
        return sum(max(0, mark.offset) for marks in found for mark in marks.values())

    async def write(self, prefix: str, records: Iterable[Written]) -> bool:
        """Write records as they come, keyed, into topics that are there; return whether they kept their times."""
        last = None
        async with self.producer(linger_ms=20, max_batch_size=BATCH_BYTES) as producer:
            for each in records:
                last = await producer.send(
                    prefix + each.topic,
                    each.value,
                    each.key.encode(),
                    timestamp_ms=each.at,
                    headers=list(each.headers),
                )
            await producer.flush()
        return last is None or bool((await last).timestamp_type == CREATED)

    async def write_backlog(self, prefix: str, records: Sequence[Written]) -> None:
        """Write records as if they had come one a millisecond until now; from then on the topics count append times.

        A writer in a hurry sends them in batches of a topic, and the broker would give hundreds of them one time.
        """
        names = {prefix + each.topic for each in records}
        now = int(time.time() * 1000)
        if not await self.write(prefix, [each._replace(at=now - len(records) + n) for n, each in enumerate(records)]):
            raise RuntimeError("the broker gave the backlog other times than it was written with")
        await self.count_append_times(names)

    async def write_recorded(self, prefix: str, records: Sequence[Recorded]) -> None:
        """Write recorded records as `write_backlog` does, each into its partition, with nothing where it had none."""
        names = {prefix + each.topic for each in records}
        start = int(time.time() * 1000) - len(records)
        last = None
        async with self.producer(linger_ms=20, max_batch_size=BATCH_BYTES) as producer:
            for number, each in enumerate(records):
                last = await producer.send(
                    prefix + each.topic,
                    each.value,
                    each.key,
                    each.partition,
                    timestamp_ms=start + number,
                    headers=list(each.headers),
                )
            await producer.flush()
        if last is not None and (await last).timestamp_type != CREATED:
            raise RuntimeError("the broker gave the backlog other times than it was written with")
        await self.count_append_times(names)

    async def count_append_times(self, names: Iterable[str]) -> None:
        """Have the broker write down when it takes a record, from now on."""
        assert self._admin is not None
        wanted = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": "1000000"}
        resources = [ConfigResource(ConfigResourceType.TOPIC, name, wanted) for name in names]
        answers: list[Any] = await self._admin.alter_configs(resources)
        for answer in answers:
            for code, message, *_ in answer.resources:
                if code:
                    raise RuntimeError(f"the broker refused a topic's configuration: {message}")
        await asyncio.sleep(APPLIED_SECONDS)

    @asynccontextmanager
    async def producer(self, **settings: Any) -> AsyncIterator[AIOKafkaProducer]:
        """Run an idempotent producer that waits for all replicas."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True, acks="all", **settings)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    @asynccontextmanager
    async def consumer(self, places: Sequence[TopicPartition], **settings: Any) -> AsyncIterator[AIOKafkaConsumer]:
        """Run a reader of the committed records of some partitions, from their beginning."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            **settings,
        )
        consumer.assign(list(places))
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def read(self, topic: str) -> AsyncIterator[Read]:
        """Yield everything that a reader of committed records sees in a topic now, partition by partition in order."""
        async for record in self.read_raw(topic):
            yield as_read(record)

    async def read_raw(self, topic: str) -> AsyncIterator[Any]:
        """Yield the same as the client gives it: with partition, offset and time, and None where there is nothing."""
        places = await self.partitions(topic)
        async with self.consumer(places, fetch_max_wait_ms=50) as consumer:
            left = {place: end for place, end in (await consumer.end_offsets(places)).items() if end}
            while left:
                for records in (await consumer.getmany(timeout_ms=100, max_records=5_000)).values():
                    for record in records:
                        yield record
                left = {place: end for place, end in left.items() if await consumer.position(place) < end}

    async def warm(self) -> None:
        """Let the broker get warm: a cold JVM would be billed to the first candidate."""
        await self.create_topics(["warm.t"], 4)
        places = await self.partitions("warm.t")
        async with self.producer(transactional_id="warm") as producer, producer.transaction():
            await producer.send("warm.t", b"x")
            await producer.send_offsets_to_transaction({places[0]: 1}, "warm")
        records = (Written("t", f"k{number % 997}", b"x" * 500, (), 0) for number in range(WARM_RECORDS))
        await self.write("warm.", (each._replace(at=1_793_491_200_000) for each in records))
        async for _ in self.read("warm.t"):
            pass
        await self.delete_topics("warm.")


def as_read(record: Any) -> Read:
    """Return the client's record as the benchmark's own."""
    return Read(record.key or b"", dict(record.headers), record.value or b"")


def silence() -> None:
    """Keep the clients from telling of every retry on a topic that was made a moment ago."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


@asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    """Run both servers in a folder that goes with them."""
    silence()
    both = EmbeddedServers(folder, keep=False, kafka_heap=HEAP)
    try:
        addresses = await asyncio.to_thread(both.start)
        here = Ground(addresses, both.kafka_pid, both.postgres_pid)
        try:
            await here.connect()
            await here.warm()
            yield here
        finally:
            await here.close()
    finally:
        await asyncio.to_thread(both.stop)
