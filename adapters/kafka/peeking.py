"""Looking into a partition: a few records from some place on, by a reader of its own that no group knows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.records import as_record
from adapters.kafka.starting import started
from adapters.rows.positions import Place
from contracts.wire import Record

FETCH_WAIT_MS: Final = 50
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Peeker:
    """An open look into one partition."""

    _kafka: KafkaConnection
    _consumer: AIOKafkaConsumer
    _partition: TopicPartition

    async def bounds(self) -> tuple[int, int]:
        """Return the first offset that there is, and the one behind the last committed record."""
        here = [self._partition]
        starts, ends = await self._consumer.beginning_offsets(here), await self._consumer.end_offsets(here)
        return starts[self._partition], ends[self._partition]

    async def at(self, millis: int) -> int | None:
        """Return the offset of the first record of this time or later, None where there is none."""
        found = await self._consumer.offsets_for_times({self._partition: millis})
        place = found[self._partition]
        return None if place is None else int(place.offset)

    async def read(
        self, first: int, end: int, limit: int, seconds: float, kept: Callable[[Record], T]
    ) -> tuple[list[T], int]:
        """Return what is `kept` of so many records from an offset on, and the offset where the next ones are.

        They may be fewer after so many seconds. Of each record only what is kept stays in memory.
        """
        loop = asyncio.get_running_loop()
        deadline, found, reached = loop.time() + seconds, list[T](), first
        self._consumer.seek(self._partition, first)
        while reached < end and len(found) < limit and loop.time() < deadline:
            records = await self._next(limit - len(found), deadline - loop.time())
            found += [kept(as_record(self._kafka, each)) for each in records if each.offset < end]
            reached = await self._consumer.position(self._partition)
        return found, min(reached, end)

    async def _next(self, limit: int, seconds: float) -> list[Any]:
        patience = max(1, min(100, int(seconds * 1000)))
        return (await self._consumer.getmany(self._partition, timeout_ms=patience, max_records=limit)).get(
            self._partition, []
        )


@asynccontextmanager
async def peeking(kafka: KafkaConnection, place: Place) -> AsyncIterator[Peeker]:
    """Open a look into a partition that exists, as long as the block."""
    consumer, partition = (
        kafka.consumer(fetch_max_wait_ms=FETCH_WAIT_MS),
        TopicPartition(kafka.topic(place[0]), place[1]),
    )
    consumer.assign([partition])
    async with started(consumer):
        yield Peeker(kafka, consumer, partition)
