"""What the log itself says: where partitions start and end, what a group committed, which record lies where."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from aiokafka.structs import OffsetAndMetadata
from tenacity import AsyncRetrying, retry_if_exception, wait_fixed

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.offsets import NotYet, Offsets, offsets
from adapters.kafka.records import digest
from adapters.kafka.spans import read
from adapters.kafka.starting import start, started
from adapters.kafka.topics import partitions as partition_counts
from adapters.rows.positions import Place
from contracts.wire import mark

LOG: Final = structlog.get_logger("log")
LOOK_SECONDS: Final = 10.0
AGAIN_SECONDS: Final = 0.1
AGREEMENT_SECONDS: Final = 1.0
AGREEMENT_TRIES: Final = 20
TAIL_RECORDS: Final = 20_000
FOREIGN: Final = -1
"""The batch of a committed offset that somebody else wrote."""


class Log:
    """Questions to the broker that no subscriber answers. A process needs one."""

    def __init__(self, kafka: KafkaConnection) -> None:
        self._kafka = kafka
        self._probe: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Connect, unless connected."""
        if self._probe is None:
            probe = self._kafka.consumer()
            await start(probe, probe.stop)
            self._probe = probe
        if self._admin is None:
            admin = self._kafka.admin()
            await start(admin, admin.close)
            self._admin = admin

    async def close(self) -> None:
        """Disconnect."""
        probe, admin, self._probe, self._admin = self._probe, self._admin, None, None
        try:
            if probe is not None:
                await probe.stop()
        finally:
            if admin is not None:
                await admin.close()

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[None]:
        """Ask one question at a time. A client that gave no answer in time is left for a new one."""
        async with self._lock:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self.start()
                    yield
            except TimeoutError:
                await self._leave()
                raise

    async def _leave(self) -> None:
        """Disconnect, whatever the clients say to it: why they gave no answer may be in what they raise now."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self.close()
        except Exception as error:  # noqa: BLE001 - they are of no use any more, and the next question has new ones
            LOG.warning("a Kafka client that gave no answer could not be closed", reason=repr(error))

    # -- where partitions start and end ----------------------------------------------------------------------------

    async def starts(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return the first offset of each partition."""
        return await self._offsets(places, "beginning_offsets")

    async def ends(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return the offset behind the last committed record of each partition."""
        return await self._offsets(places, "end_offsets")

    async def tops(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return the offset behind the last record of each partition, those of open transactions included."""
        async with self._lock, asyncio.timeout(LOOK_SECONDS), started(self._kafka.consumer(uncommitted=True)) as probe:
            partitions = [self._partition(place) for place in places]
            probe.assign(partitions)
            answer = await probe.end_offsets(partitions)
        return {place: answer[self._partition(place)] for place in places}

    async def _offsets(self, places: Sequence[Place], question: str) -> dict[Place, int]:
        try:
            return await self._asked(places, question)
        except TimeoutError:
            await self._check_topics(places)
            raise

    async def _asked(self, places: Sequence[Place], question: str) -> dict[Place, int]:
        async with self._looking():
            assert self._probe is not None
            partitions = [self._partition(place) for place in places]
            # Assigned, the client asks for all topics' metadata at once; otherwise topic by topic, 100 ms each.
            self._probe.assign(partitions)
            answer = await getattr(self._probe, question)(partitions)
        return {place: answer[self._partition(place)] for place in places}

    async def _check_topics(self, places: Sequence[Place]) -> None:
        """Raise where a topic doesn't exist: the client never says so, it goes on asking for it."""
        names = sorted({topic for topic, _ in places})
        there = await self.counts(names)
        missing = [self._kafka.topic(name) for name in names if name not in there]
        if missing:
            raise UnknownTopicOrPartitionError(f"there is no topic {', '.join(missing)}")

    async def counts(self, topics: Sequence[str]) -> dict[str, int]:
        """Return how many partitions each of some topics has that exists."""
        async with self._looking():
            assert self._admin is not None
            there = await partition_counts(self._admin, [self._kafka.topic(name) for name in topics])
        return {self._kafka.name(name): count for name, count in there.items()}

    # -- what the group committed ----------------------------------------------------------------------------------

    async def committed(self, places: Sequence[Place], *, wait: bool = True) -> dict[Place, tuple[int, int]]:
        """Return the group's committed offsets, each with the batch that wrote it, or FOREIGN.

        A transaction under way is waited for, unless `wait` is false: then what was committed before it counts.
        A broker that has just come back may answer with what was committed earlier (adapters.kafka.offsets).
        """
        async with self._looking():
            found = await self._settled([self._partition(place) for place in places], wait=wait)
        marks = {place: found[partition] for place in places if (partition := self._partition(place)) in found}
        return {
            place: (mark.offset, int(mark.metadata) if str(mark.metadata).isdecimal() else FOREIGN)
            for place, mark in marks.items()
        }

    async def agreed(self, places: Sequence[Place], *, wait: bool = True) -> dict[Place, tuple[int, int]]:
        """Return the offsets that a group has committed whose shards nobody runs: two answers that agree.

        Raises NotYet while they change: a broker loads them, or somebody does run.
        """
        before = await self.committed(places, wait=wait)
        for _ in range(AGREEMENT_TRIES):
            await asyncio.sleep(AGREEMENT_SECONDS)
            now = await self.committed(places, wait=wait)
            if now == before:
                return now
            before = now
        raise NotYet("the group's offsets change: a broker is loading them, or a hub is running")

    async def _settled(
        self, wanted: Sequence[TopicPartition], *, wait: bool
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        """Ask for committed offsets until no transaction may change them any more."""
        assert self._admin is not None
        found: dict[TopicPartition, OffsetAndMetadata] = {}
        # A new broker makes its offsets topic at the first question, and until then has no coordinator.
        retrying = AsyncRetrying(retry=retry_if_exception(_is_retriable), wait=wait_fixed(AGAIN_SECONDS))
        stable = True
        while wanted:
            answer: Offsets = await retrying(offsets, self._admin, self._kafka.group, wanted, stable=stable)
            found |= answer.settled
            wanted = answer.unsettled
            stable = wait
            if wanted and wait:
                await asyncio.sleep(AGAIN_SECONDS)
        return found

    async def rewrite(self, marks: Mapping[Place, tuple[int, int]]) -> None:
        """Set the group's offsets and batches, for a shard that nobody runs."""
        consumer = self._kafka.consumer(group_id=self._kafka.group)
        async with asyncio.timeout(LOOK_SECONDS), started(consumer):
            wished = {self._partition(p): OffsetAndMetadata(offset, str(batch)) for p, (offset, batch) in marks.items()}
            consumer.assign(list(wished))
            await consumer.commit(wished)

    # -- which record lies where -----------------------------------------------------------------------------------

    async def digests(self, places: Mapping[Place, int]) -> dict[Place, bytes | None]:
        """Return the digest of the record at each place's offset, None where that record is gone."""
        if not places:
            return {}
        wanted = {self._partition(place): offset for place, offset in places.items()}
        consumer = self._kafka.consumer(fetch_max_wait_ms=50)
        consumer.assign(list(wanted))
        async with started(consumer):
            for partition, offset in wanted.items():
                consumer.seek(partition, offset)
            async with asyncio.timeout(LOOK_SECONDS):
                found = await _digests(consumer, wanted)
        return {place: found[self._partition(place)] for place in places}

    async def marks_at_the_end(self, places: Iterable[Place], count: int = TAIL_RECORDS) -> set[str]:
        """Return the marks (contracts.wire) of the last records of some partitions."""
        wanted = list(places)
        if not wanted:
            return set()
        starts, ends = await self.starts(wanted), await self.ends(wanted)
        spans = {place: (max(starts[place], end - count), end) for place, end in ends.items() if end > starts[place]}
        if not spans:
            return set()
        return {mark(record.headers) async for record in read(self._kafka, spans)} - {""}

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self._kafka.topic(place[0]), place[1])


def _is_retriable(error: BaseException) -> bool:
    return isinstance(error, KafkaError) and bool(error.retriable)


async def _digests(
    consumer: AIOKafkaConsumer, wanted: Mapping[TopicPartition, int]
) -> dict[TopicPartition, bytes | None]:
    """Read one record of each partition, from where the consumer stands."""
    found: dict[TopicPartition, bytes | None] = {}
    while len(found) < len(wanted):
        for partition, records in (await consumer.getmany(timeout_ms=100, max_records=1)).items():
            first = records[0]
            found[partition] = digest(first.key, first.value) if first.offset == wanted[partition] else None
            consumer.pause(partition)
        for partition in [each for each in wanted if each not in found]:
            if await consumer.position(partition) > wanted[partition]:
                found[partition] = None
    return found
