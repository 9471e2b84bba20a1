"""Records of several partitions handed over by their append times: what came first is decided first.

In a backlog a consumer gets long stretches of one partition before another's. Without an order between them most facts
would come before the one that they follow, and be parked. What is handed over is in order as far as it can be known:
a partition that can't be read just now is waited for only briefly, and one that is full of one order's records lets the
others pass, since a fact that comes early is parked, not lost.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from heapq import heapify, heappop, heapreplace
from typing import Any, Final

from aiokafka import TopicPartition

ENOUGH: Final = 500
"""Records of one partition in hand, from which on no more of it are fetched."""
PIECE: Final = 50
"""Records that are unpacked at a time: a small fetch can hold much."""
MEMORY: Final = 16 * 1024 * 1024
"""Bytes of values in hand of one partition, and of all records of a batch, from which on no more are taken."""
HOT: Final = 100
"""Records of one key in a batch, from which on its partition lets the others pass until the next batch."""
SMALL: Final = 100
"""Records in hand below which a batch waits for its turn."""
WAIT_SECONDS: Final = 0.25
"""How long records of the other partitions wait for one that is behind: longer than two fetches that find nothing, for
it is asked for again only when the fetch of the others has come back."""


class Pace:
    """Lets the shards of a process begin small batches one after the other, `seconds` apart.

    A batch of one record costs two transactions like one of a thousand. Without a pace a few hundred records a second
    keep two cores busy with nothing else; with it they come in batches of some. Who is alone doesn't wait.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._free = 0.0

    async def wait(self) -> None:
        """Wait for the next turn."""
        now = asyncio.get_running_loop().time()
        begin = max(now, self._free)
        self._free = begin + self._seconds
        if begin > now:
            await asyncio.sleep(begin - now)


class Aligned:
    """The records of a consumer's partitions that were fetched and not handed over yet."""

    def __init__(self, consumer: Any, partitions: Sequence[TopicPartition], pace: Pace | None = None) -> None:
        self._consumer = consumer
        self._pace = pace
        self._fetch = consumer.getmany
        self._held: dict[TopicPartition, deque[Any]] = {partition: deque() for partition in partitions}
        self._bytes: Counter[TopicPartition] = Counter()
        """What the values in hand of each partition weigh."""
        self._full: set[TopicPartition] = set()
        self._paused: set[TopicPartition] = set()

    async def take(self, timeout_ms: int, limit: int) -> list[Any]:
        """Return up to `limit` records by append time, each partition's own in the order of its log.

        Waits for the first one as long as `timeout_ms`; no await comes between taking them out of hand and the return.
        """
        await self._gather(0)
        if not any(self._held.values()):
            await self._gather(timeout_ms)
        if self._pace is not None and 0 < sum(map(len, self._held.values())) < SMALL:
            await self._pace.wait()
            await self._gather(0)
        behind = await self._behind()
        if behind and any(self._held.values()):
            deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
            while any(not self._held[each] for each in behind):
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    break
                await self._gather(max(1, int(left * 1000)))
                behind = await self._behind()
        return self._merged(limit, {each for each in behind if self._held[each]})

    async def _gather(self, timeout_ms: int) -> None:
        """Take what was fetched into hand, a piece at a time; a partition that weighs enough is paused in between.

        One that has enough records is paused at the end, or where it has far more: what the client has of it besides
        is fetched anew.
        """
        count = PIECE
        while count >= PIECE:
            found = await self._fetch(timeout_ms=timeout_ms, max_records=PIECE)
            self._keep(found)
            count = sum(len(records) for records in found.values())
            timeout_ms = 0
        for partition, held in self._held.items():
            if len(held) >= ENOUGH:
                self._fill(partition)

    def _keep(self, found: dict[TopicPartition, list[Any]]) -> None:
        for partition, records in found.items():
            held = self._held[partition]
            held.extend(records)
            self._bytes[partition] += sum(len(record.value or b"") for record in records)
            if self._bytes[partition] >= MEMORY or len(held) > 2 * ENOUGH - 2 * PIECE:
                self._fill(partition)

    def _fill(self, partition: TopicPartition) -> None:
        if partition not in self._paused:
            self._full.add(partition)
            self._consumer.pause(partition)

    async def _behind(self) -> set[TopicPartition]:
        """Return the partitions that have more records than were fetched."""
        behind = set()
        for partition in self._held:
            if partition in self._paused:
                continue
            if partition in self._full:
                behind.add(partition)
                continue
            stable = self._consumer.last_stable_offset(partition)
            if stable is None or await self._consumer.position(partition) < stable:
                behind.add(partition)
        return behind

    def _merged(self, limit: int, behind: set[TopicPartition]) -> list[Any]:
        """Take the earliest records out of hand; end where a partition runs out that has more to come.

        A partition whose next record is one too many of its key keeps it: what waits for a hot order is what lies
        behind it in its partition, not what other partitions have of other orders.
        """
        heap = [(held[0].timestamp, n, held) for n, held in enumerate(self._held.values()) if held]
        names = list(self._held)
        heapify(heap)
        taken: list[Any] = []
        counts: Counter[bytes | None] = Counter()
        weight = 0
        while heap and len(taken) < limit and weight < MEMORY:
            _, n, held = heap[0]
            key = held[0].key
            if counts[key] == HOT:
                heappop(heap)
                continue
            counts[key] += key is not None
            record = held.popleft()
            size = len(record.value or b"")
            weight += size
            self._bytes[names[n]] -= size
            taken.append(record)
            if held:
                heapreplace(heap, (held[0].timestamp, n, held))
            elif names[n] in behind:
                break
            else:
                heappop(heap)
        self._refill()
        return taken

    def _refill(self) -> None:
        for partition in [each for each in self._full if self._has_room(each)]:
            self._full.discard(partition)
            if partition not in self._paused:
                self._consumer.resume(partition)

    def _has_room(self, partition: TopicPartition) -> bool:
        return len(self._held[partition]) < ENOUGH and self._bytes[partition] < MEMORY

    async def reached(self, partition: TopicPartition) -> int:
        """Return the offset of the next record of a partition that will be handed over, as far as it is known."""
        held = self._held[partition]
        return held[0].offset if held else int(await self._consumer.position(partition))

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Forget what is in hand of a partition and read it from an offset on."""
        self._held[partition].clear()
        self._bytes[partition] = 0
        self._full.discard(partition)
        self._paused.discard(partition)
        self._consumer.seek(partition, offset)
        self._consumer.resume(partition)

    def pause(self, partition: TopicPartition) -> None:
        """Hand over nothing more of a partition until it is resumed."""
        held = self._held[partition]
        self._paused.add(partition)
        self._full.discard(partition)
        self._consumer.pause(partition)
        if held:
            self._consumer.seek(partition, held[0].offset)
            held.clear()
            self._bytes[partition] = 0

    def resume(self, partition: TopicPartition) -> None:
        """Go on where a partition was paused."""
        self._paused.discard(partition)
        self._consumer.resume(partition)
