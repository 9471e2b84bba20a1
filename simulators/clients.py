"""The Kafka clients of a partner: one that reads everything from its beginning, one that sends when it is time."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.topics import Topic
from simulators.disturbance import home_partition
from simulators.errors import KafkaIsAway, RecordWasNotTaken, TopicsAreMissing
from simulators.planned import Planned, Trick
from simulators.record import Record, written
from simulators.settings import Simulation

IN_FLIGHT: Final = 2000  # records that wait for their acknowledgement at most
TOPICS_WITHIN: Final = 20.0  # seconds for the hub to create its topics
FLUSH_WITHIN: Final = 10.0  # seconds for the last acknowledgements at a stop
POLL: Final = 0.25  # seconds between two looks for the topics


def consumer_of(settings: Simulation, slug: str) -> AIOKafkaConsumer:
    """Return a consumer outside any group, blind to aborted transactions."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap_servers,
        client_id=f"partner-{slug}",
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        **settings.security,
    )


class Client(Protocol):
    """What starts and stops."""

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""


async def start(client: Client, settings: Simulation) -> None:
    """Start a client; raises KafkaIsAway."""
    try:
        await client.start()
    except (KafkaError, OSError) as error:
        await client.stop()
        raise KafkaIsAway(settings.bootstrap_servers, str(error)) from error
    except asyncio.CancelledError:
        await client.stop()  # half started
        raise


async def read_from_the_beginning(consumer: AIOKafkaConsumer, topics: Sequence[Topic], settings: Simulation) -> None:
    """Put a started consumer before the first record of every partition; raises TopicsAreMissing."""
    names = {settings.topic_prefix + topic.name for topic in topics}
    await _existing(consumer, names, settings)
    partitions = [TopicPartition(name, number) for name in sorted(names) for number in range(settings.partitions)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)


async def _existing(consumer: AIOKafkaConsumer, names: set[str], settings: Simulation) -> None:
    deadline = time.monotonic() + TOPICS_WITHIN
    while missing := names - await consumer.topics():
        if time.monotonic() > deadline:
            raise TopicsAreMissing(settings.bootstrap_servers, ", ".join(sorted(missing)))
        await asyncio.sleep(POLL)


class Sender:
    """Sends planned records when they are due, without waiting for each acknowledgement."""

    def __init__(self, settings: Simulation, slug: str, on_sent: Callable[[Planned], None]) -> None:
        self._settings = settings
        self._slug = slug
        self._on_sent = on_sent
        self._due: list[tuple[float, int, Planned, Record]] = []
        self._number = itertools.count()
        self._changed = asyncio.Event()
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._failure: RecordWasNotTaken | None = None
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.bootstrap_servers,
            client_id=f"partner-{slug}",
            enable_idempotence=True,
            acks="all",
            linger_ms=5,
            **settings.security,
        )

    @property
    def waiting(self) -> int:
        """Return how many records are planned and not yet due."""
        return len(self._due)

    def plan(self, planned: Sequence[Planned]) -> None:
        """Take records on; their delays count from now."""
        now, moment = time.monotonic(), datetime.now(UTC)
        for item in planned:
            record = written(item, moment, self._settings.topic_prefix)
            heapq.heappush(self._due, (now + item.delay, next(self._number), item, record))
        self._changed.set()

    async def run(self) -> None:
        """Send until cancelled; raises RecordWasNotTaken, KafkaIsAway."""
        await start(self._producer, self._settings)
        try:
            while True:
                await self._sleep()
                await self._send_due()
        finally:
            await self._flush()

    async def _flush(self) -> None:
        """Stop the producer, which flushes first; give that up where the broker doesn't answer any more."""
        stopping = asyncio.create_task(self._producer.stop())
        _, waiting = await asyncio.wait([stopping], timeout=FLUSH_WITHIN)
        if waiting:
            self._producer._sender.sender_task.cancel()
        await stopping

    async def _sleep(self) -> None:
        self._changed.clear()
        seconds = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
        if seconds == 0.0:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _send_due(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            together = self._next()
            records = [record for planned, record in together if planned.unless is None or not planned.unless()]
            if not records:
                continue
            await self._room.acquire()
            acknowledged = await (self._send(records[0]) if len(records) == 1 else self._send_batch(records))
            acknowledged.add_done_callback(partial(self._acknowledge, records[0].topic))
            for planned, record in together:
                if record in records:
                    self._on_sent(planned)
        if self._failure is not None:
            raise self._failure

    def _next(self) -> list[tuple[Planned, Record]]:
        """Return the next record that is due, with those that are to be written in one batch with it."""
        due, _, planned, record = heapq.heappop(self._due)
        together = [(planned, record)]
        while Trick.BATCHED in planned.tricks and self._due and self._due[0][0] == due:
            _, _, other, beside = self._due[0]
            if Trick.BATCHED not in other.tricks or (beside.topic, beside.key) != (record.topic, record.key):
                break
            heapq.heappop(self._due)
            together.append((other, beside))
        return together

    async def _send(self, record: Record) -> "asyncio.Future[Any]":
        headers = list(record.headers)
        sent = await self._producer.send(record.topic, record.value, record.key, record.partition, headers=headers)
        return cast("asyncio.Future[Any]", sent)

    async def _send_batch(self, records: Sequence[Record]) -> "asyncio.Future[Any]":
        """Send records of one key as one batch: the broker gives them all one append time."""
        batch = self._producer.create_batch()
        for record in records:
            batch.append(key=record.key, value=record.value, timestamp=None, headers=list(record.headers))
        batch.close()
        own = home_partition(records[0].key.decode(), self._settings.partitions)
        return cast("asyncio.Future[Any]", await self._producer.send_batch(batch, records[0].topic, partition=own))

    def _acknowledge(self, topic: str, future: "asyncio.Future[Any]") -> None:
        self._room.release()
        if not future.cancelled() and (error := future.exception()) is not None:
            self._failure = RecordWasNotTaken(self._slug, topic, str(error))
            self._changed.set()
