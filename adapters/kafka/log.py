"""What the log itself says: where partitions start and end, what a group committed, which record lies where."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from aiokafka.structs import OffsetAndMetadata
from tenacity import AsyncRetrying, retry_if_exception, wait_fixed

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.offsets import Offsets, offsets
from adapters.kafka.tolerance import Unreadable
from adapters.kafka.topics import partitions as partition_counts
from adapters.rows.positions import Place
from contracts.wire import Record, mark

LOOK_SECONDS: Final = 10.0
AGAIN_SECONDS: Final = 0.1
MERGED_RECORDS: Final = 500
"""Records of each partition in hand while partitions are read by append time."""
TAIL_RECORDS: Final = 20_000
FOREIGN: Final = -1
"""The batch of a committed offset that somebody else wrote."""


def digest(key: bytes | None, value: bytes | None) -> bytes:
    """Return 16 bytes that tell whether the record at an offset is still the same one."""
    return blake2b((key or b"") + b"\x00" + (value or b""), digest_size=16).digest()


def _is_retriable(error: BaseException) -> bool:
    return isinstance(error, KafkaError) and bool(error.retriable)


class Log:
    """Questions to the broker that no subscriber answers; one per process."""

    def __init__(self, kafka: KafkaConnection) -> None:
        self._kafka = kafka
        self._probe: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None
        self._lock = asyncio.Lock()

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self._kafka.topic(place[0]), place[1])

    async def start(self) -> None:
        """Connect; does nothing when connected."""
        if self._probe is None:
            probe = self._kafka.consumer()
            await _started(probe, probe.stop)
            self._probe = probe
        if self._admin is None:
            admin = self._kafka.admin()
            await _started(admin, admin.close)
            self._admin = admin

    async def close(self) -> None:
        """Disconnect."""
        probe, admin, self._probe, self._admin = self._probe, self._admin, None, None
        if probe is not None:
            await probe.stop()
        if admin is not None:
            await admin.close()

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

    async def _check_topics(self, places: Sequence[Place]) -> None:
        """Say which topic isn't there, where that is why nothing was answered: the client would ask for it for ever."""
        async with self._lock, asyncio.timeout(LOOK_SECONDS):
            await self.start()
            assert self._admin is not None
            names = sorted({self._kafka.topic(topic) for topic, _ in places})
            there = await partition_counts(self._admin, names)
        missing = [name for name in names if name not in there]
        if missing:
            raise UnknownTopicOrPartitionError(f"there is no topic {', '.join(missing)}")

    async def _asked(self, places: Sequence[Place], question: str) -> dict[Place, int]:
        async with self._lock, asyncio.timeout(LOOK_SECONDS):
            await self.start()
            assert self._probe is not None
            partitions = [self._partition(place) for place in places]
            # Assigned, the client asks for all topics' metadata at once; otherwise topic by topic, 100 ms each.
            self._probe.assign(partitions)
            answer = await getattr(self._probe, question)(partitions)
        return {place: answer[self._partition(place)] for place in places}

    async def committed(self, places: Sequence[Place], *, wait: bool = True) -> dict[Place, tuple[int, int]]:
        """Return the group's committed offsets with the batch that wrote them; FOREIGN where somebody else did.

        With `wait`, a transaction that is under way is waited for; else what was committed before it counts.
        """
        async with self._lock, asyncio.timeout(LOOK_SECONDS):
            await self.start()
            assert self._admin is not None
            wanted = [self._partition(place) for place in places]
            found: dict[TopicPartition, OffsetAndMetadata] = {}
            # A new broker makes its offsets topic at the first question, and until then has no coordinator.
            waiting = AsyncRetrying(retry=retry_if_exception(_is_retriable), wait=wait_fixed(AGAIN_SECONDS))
            stable = True
            while wanted:
                answer: Offsets = await waiting(offsets, self._admin, self._kafka.group, wanted, stable=stable)
                found |= answer.settled
                wanted = answer.unsettled
                stable = wait
                if wanted and wait:
                    await asyncio.sleep(AGAIN_SECONDS)
        marks = {place: found[partition] for place in places if (partition := self._partition(place)) in found}
        return {
            place: (mark.offset, int(mark.metadata) if str(mark.metadata).isdecimal() else FOREIGN)
            for place, mark in marks.items()
        }

    async def rewrite(self, marks: Mapping[Place, tuple[int, int]]) -> None:
        """Set the group's offsets and batches, for a shard that nobody runs."""
        consumer = self._kafka.consumer(group_id=self._kafka.group)
        async with asyncio.timeout(LOOK_SECONDS), started(consumer):
            wished = {self._partition(p): OffsetAndMetadata(offset, str(batch)) for p, (offset, batch) in marks.items()}
            consumer.assign(list(wished))
            await consumer.commit(wished)

    async def digests(self, places: Mapping[Place, int]) -> dict[Place, bytes | None]:
        """Return the digest of the record at each place's offset, None where that record is gone."""
        if not places:
            return {}
        consumer = self._kafka.consumer(fetch_max_wait_ms=50)
        wanted = {self._partition(place): (place, offset) for place, offset in places.items()}
        found: dict[Place, bytes | None] = {}
        consumer.assign(list(wanted))
        await _started(consumer, consumer.stop)
        try:
            for partition, (_, offset) in wanted.items():
                consumer.seek(partition, offset)
            async with asyncio.timeout(LOOK_SECONDS):
                while len(found) < len(wanted):
                    for partition, records in (await consumer.getmany(timeout_ms=100, max_records=1)).items():
                        place, offset = wanted[partition]
                        first = records[0]
                        found[place] = digest(first.key, first.value) if first.offset == offset else None
                        consumer.pause(partition)
                    for partition in [p for p in wanted if wanted[p][0] not in found]:
                        if await consumer.position(partition) > wanted[partition][1]:
                            found[wanted[partition][0]] = None
        finally:
            await consumer.stop()
        return found

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


async def _started(client: Any, end: Callable[[], Awaitable[None]]) -> None:
    """Start a client; one that could not start is ended, or it would leave its half behind at every try."""
    try:
        await client.start()
    except BaseException:
        await end()
        raise


@asynccontextmanager
async def started(consumer: AIOKafkaConsumer) -> AsyncIterator[AIOKafkaConsumer]:
    """Run a consumer for as long as the block."""
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def read(kafka: KafkaConnection, spans: Mapping[Place, tuple[int, int]]) -> Any:
    """Yield the committed records of each partition from its first offset to below its second."""
    consumer = kafka.consumer(fetch_max_wait_ms=50)
    ends = {TopicPartition(kafka.topic(place[0]), place[1]): end for place, (_, end) in spans.items()}
    consumer.assign(list(ends))
    await _started(consumer, consumer.stop)
    try:
        for place, (start, _) in spans.items():
            consumer.seek(TopicPartition(kafka.topic(place[0]), place[1]), start)
        open_ends = dict(ends)
        while open_ends:
            for partition, records in (await consumer.getmany(timeout_ms=100)).items():
                for record in records:
                    if record.offset < ends[partition]:
                        yield as_record(kafka, record)
            for partition in [p for p in open_ends if await consumer.position(p) >= open_ends[p]]:
                del open_ends[partition]
                consumer.pause(partition)
    finally:
        await consumer.stop()


async def read_merged(kafka: KafkaConnection, spans: Mapping[Place, tuple[int, int]]) -> AsyncIterator[Record]:
    """Yield the committed records of several partitions by their append times, each from its first to its second.

    What the hub wrote comes after what made it write, however far the partitions are apart; memory stays bounded.
    """
    spans = {place: (start, end) for place, (start, end) in spans.items() if start < end}
    if not spans:
        return
    ends = {TopicPartition(kafka.topic(topic), number): end for (topic, number), (_, end) in spans.items()}
    held: dict[TopicPartition, list[Record]] = {partition: [] for partition in ends}
    async with started(kafka.consumer(fetch_max_wait_ms=50)) as consumer:
        consumer.assign(list(ends))
        for (topic, number), (start, _) in spans.items():
            consumer.seek(TopicPartition(kafka.topic(topic), number), start)
        while True:
            for partition in [each for each in held if not held[each]]:
                held[partition] = await _chunk(kafka, consumer, partition, ends[partition])
                if not held[partition]:
                    del held[partition]
            if not held:
                return
            first = min(held, key=lambda each: held[each][0].appended_at)
            yield held[first].pop(0)


async def _chunk(kafka: KafkaConnection, consumer: Any, partition: TopicPartition, end: int) -> list[Record]:
    """Return the next records of a partition below its end, none where that is reached."""
    while await consumer.position(partition) < end:
        found = await consumer.getmany(partition, timeout_ms=100, max_records=MERGED_RECORDS)
        records = [as_record(kafka, each) for each in found.get(partition, ()) if each.offset < end]
        if records:
            return records
    return []


def as_record(kafka: KafkaConnection, record: Any) -> Record:
    """Return aiokafka's record as the hub's own."""
    return Record(
        kafka.name(record.topic),
        record.partition,
        record.offset,
        record.key,
        tuple(record.headers),
        record.value,
        record.timestamp,
        record.why if type(record) is Unreadable else "",
    )
