"""Replay: the records of a time window are written once more, by a reader of its own; the hub drops what it knows."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.ending import end
from contracts.wire import HEADER_HOME

HEADER_REPLAYED: Final = "hub-replayed-from"
"""Names the place (`topic/partition/offset`) of the record that is written once more."""
CHUNK: Final = 500
Noted = Callable[[Mapping[str, int], int], Awaitable[None]]
"""Is told how far each partition is, and how many records were sent since the last time."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which records of a topic: appended from `since` to before `until`, of one partition or key, so many at most."""

    topic: str
    since: datetime
    until: datetime
    partition: int | None = None
    key: bytes | None = None
    limit: int = 100_000


class Replay:
    """Reads a window without any consumer group, and writes its records again where they lay."""

    def __init__(self, kafka: KafkaConnection, window: Window, done: Mapping[str, int]) -> None:
        self._kafka = kafka
        self._window = window
        self._done = dict(done)
        self._topic = kafka.topic(window.topic)

    async def run(self, noted: Noted, *, dry_run: bool) -> int:
        """Return how many records were written again; `noted` keeps how far it is, so that it can go on there."""
        consumer, producer = self._kafka.consumer(fetch_max_wait_ms=50), self._kafka.producer()
        try:
            await consumer.start()
            if not dry_run:
                await producer.start()
            spans = await self._spans(consumer)
            total = 0
            while open_spans := {p: s for p, s in spans.items() if s[0] < s[1]}:
                if total >= self._window.limit:
                    break
                sent = await self._step(
                    consumer, producer, open_spans, dry_run=dry_run, room=self._window.limit - total
                )
                spans |= open_spans
                total += sent
                if not dry_run:
                    await noted(self._done, sent)
            return total
        finally:
            await consumer.stop()
            await end(producer)

    async def _spans(self, consumer: Any) -> dict[TopicPartition, tuple[int, int]]:
        """Return where each partition's window starts and ends; what this replay writes lies behind it."""
        numbers = sorted(await self._partitions())
        wanted = [n for n in numbers if self._window.partition in (None, n)]
        partitions = [TopicPartition(self._topic, number) for number in wanted]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        since = await consumer.offsets_for_times({p: _millis(self._window.since) for p in partitions})
        until = await consumer.offsets_for_times({p: _millis(self._window.until) for p in partitions})
        spans = {}
        for partition in partitions:
            start = since[partition].offset if since[partition] else ends[partition]
            end = until[partition].offset if until[partition] else ends[partition]
            spans[partition] = (max(start, self._done.get(str(partition.partition), 0)), end)
            consumer.seek(partition, spans[partition][0])
        return spans

    async def _partitions(self) -> set[int]:
        admin = self._kafka.admin()
        try:
            await admin.start()
            (about,) = await admin.describe_topics([self._topic])
        finally:
            await admin.close()
        return {each["partition"] for each in about["partitions"]}

    async def _step(
        self,
        consumer: Any,
        producer: AIOKafkaProducer,
        spans: dict[TopicPartition, tuple[int, int]],
        *,
        dry_run: bool,
        room: int,
    ) -> int:
        """Write the next records again, in the order of each partition; return how many."""
        sent = 0
        futures = []
        for partition, records in (await consumer.getmany(timeout_ms=200, max_records=min(CHUNK, room))).items():
            if partition not in spans:
                continue
            start, end = spans[partition]
            for record in records:
                if record.offset < end and self._wanted(record):
                    sent += 1
                    if not dry_run:
                        futures.append(await self._write(producer, record))
            spans[partition] = (max(start, records[-1].offset + 1), end)
        for partition, (start, end) in list(spans.items()):
            reached = await consumer.position(partition)
            spans[partition] = (max(start, reached), end)
            if reached >= end:
                consumer.pause(partition)
        for future in futures:
            await future
        self._done |= {str(partition.partition): start for partition, (start, _) in spans.items()}
        return sent

    def _wanted(self, record: ConsumerRecord[bytes, bytes]) -> bool:
        """Leave out what replays wrote, and what the hub sent home: its original lies in another partition."""
        copied = any(name in (HEADER_REPLAYED, HEADER_HOME) for name, _ in record.headers)
        return not copied and self._window.key in (None, record.key)

    async def _write(self, producer: AIOKafkaProducer, record: ConsumerRecord[bytes, bytes]) -> Any:
        place = f"{self._window.topic}/{record.partition}/{record.offset}".encode()
        headers = [*record.headers, (HEADER_REPLAYED, place)]
        return await producer.send(
            self._topic, record.value, key=record.key, partition=record.partition, headers=headers
        )


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)
