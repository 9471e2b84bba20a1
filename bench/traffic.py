"""Live traffic at a steady rate, and a listener who notes when its effects can be read."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.candidates.candidate import Candidate
from bench.ground.ground import Ground
from bench.ground.log import as_read
from bench.model import Expected, Key
from bench.records import Written

PATIENCE_SECONDS: Final = 10.0
"""How long the last effects may take before they count as not there."""
TICK_SECONDS: Final = 0.001
FETCH_MS: Final = 5
"""How long the broker may keep the listener's fetch: it bounds what the measurement itself adds."""


class Sent:
    """Live traffic: when each event was written first."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.started = 0.0
        self.ended = 0.0
        self.late = 0.0
        """Seconds that the last record was written after its turn."""
        self._at: dict[str, float] = {}

    async def write(self, ground: Ground, candidate: Candidate, prefix: str, records: Sequence[Written]) -> None:
        """Write the records, each in its turn, without waiting for the broker."""
        names = [(each, candidate.event_id(each)) for each in records]
        async with ground.log.producer(linger_ms=0) as producer:
            self.started = time.time()
            for number, (each, event_id) in enumerate(names):
                due = self.started + number / self.rate
                while (wait := due - time.time()) > 0:  # noqa: ASYNC110 - the clock
                    await asyncio.sleep(max(wait, TICK_SECONDS))
                self._at.setdefault(event_id, time.time())
                await producer.send(prefix + each.topic, each.value, each.key.encode(), headers=list(each.headers))
            self.ended = time.time()
            self.late = self.ended - due
            await producer.flush()

    def due(self, expected: Expected) -> dict[Key, float]:
        """Return the status events whose causes are all written, each with the time of the last one."""
        written = self._at
        found = {}
        for key, causes in expected.causes.items():
            if all(cause in written for cause in causes):
                found[key] = max(written[cause] for cause in causes)
        return found


class Listener:
    """A reader of committed records who notes when each status event came first."""

    def __init__(self, ground: Ground, candidate: Candidate, places: Sequence[TopicPartition]) -> None:
        self.arrived: dict[Key, float] = {}
        self.last: dict[str, float] = {}
        """When the last event of each order came."""
        self.repeated = 0
        self._ground = ground
        self._candidate = candidate
        self._places = places

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen as long as the block lasts."""
        async with (
            self._ground.log.consumer(self._places, fetch_max_wait_ms=FETCH_MS) as consumer,
            _beside(self._listen(consumer)),
        ):
            yield

    async def _listen(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                now = time.time()
                for record in records:
                    key = self._candidate.status_key(as_read(record))
                    self.last[key[0]] = now
                    if key in self.arrived:
                        self.repeated += self._candidate.once(key)
                    elif key is not None:
                        self.arrived[key] = now

    async def until_there(self, wanted: Iterable[Key]) -> None:
        """Wait until all of these came, or for PATIENCE_SECONDS."""
        left, deadline = set(wanted), time.monotonic() + PATIENCE_SECONDS
        while left - self.arrived.keys() and time.monotonic() < deadline:  # noqa: ASYNC110 - Kafka tells nobody
            await asyncio.sleep(0.1)


class Successor:
    """A reader who notes when the first record can be read that the processes started last have written.

    Their predecessor's last transaction may still become visible after it is dead: its records are older.
    """

    def __init__(self, ground: Ground, places: Sequence[TopicPartition]) -> None:
        self.first: float | None = None
        """Monotonic time of the first record."""
        self._ground = ground
        self._places = places

    @asynccontextmanager
    async def listening(self, since: float) -> AsyncIterator[None]:
        """Listen as long as the block lasts, for records that were appended after `since` (seconds since 1970)."""
        async with self._ground.log.consumer(self._places, fetch_max_wait_ms=FETCH_MS) as consumer:
            for place, end in (await consumer.end_offsets(list(self._places))).items():
                consumer.seek(place, end)
            async with _beside(self._listen(consumer, 1000 * since)):
                yield

    async def _listen(self, consumer: AIOKafkaConsumer, since: float) -> None:
        while self.first is None:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                if any(record.timestamp >= since for record in records):
                    self.first = time.monotonic()


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do some work as long as the block lasts; what it raised is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
