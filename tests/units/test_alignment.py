"""Records of several partitions are handed over by their append times."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import TopicPartition

from consumers.shard import alignment
from consumers.shard.alignment import Aligned, Pace

SHOP, FRAUD = TopicPartition("shop", 0), TopicPartition("fraud", 0)


@dataclass(frozen=True)
class Record:
    """What counts of a record."""

    topic: str
    offset: int
    timestamp: int
    key: bytes | None = None
    value: bytes | None = None


@dataclass
class Consumer:
    """A consumer as it looks from outside: chunks that come with a fetch each, and how far the log goes."""

    chunks: dict[TopicPartition, deque[list[Record]]] = field(default_factory=dict)
    ends: dict[TopicPartition, int | None] = field(default_factory=dict)
    at: dict[TopicPartition, int] = field(default_factory=dict)
    stopped: set[TopicPartition] = field(default_factory=set)
    late: set[TopicPartition] = field(default_factory=set)
    """Partitions whose broker doesn't answer."""

    def write(
        self, partition: TopicPartition, *timestamps: int, chunk: int = 100, keys: Sequence[bytes | None] = ()
    ) -> None:
        """Let records lie in a partition, fetched in chunks."""
        named = keys or [None] * len(timestamps)
        records = [
            Record(partition.topic, n, at, key) for n, (at, key) in enumerate(zip(timestamps, named, strict=True))
        ]
        parts = [records[n : n + chunk] for n in range(0, len(records), chunk)]
        self.chunks[partition] = deque(parts)
        self.ends[partition] = len(records)
        self.at.setdefault(partition, 0)

    async def getmany(self, *, timeout_ms: int = 0, max_records: int) -> dict[TopicPartition, list[Record]]:
        """Return the next chunk of each partition, so many records of all at most; the rest comes with the next."""
        found: dict[TopicPartition, list[Record]] = {}
        for partition, chunks in self.chunks.items():
            if chunks and partition not in self.stopped | self.late and max_records:
                chunk = chunks.popleft()
                found[partition] = chunk[:max_records]
                if chunk[max_records:]:
                    chunks.appendleft(chunk[max_records:])
                max_records -= len(found[partition])
                self.at[partition] = found[partition][-1].offset + 1
        return found

    async def position(self, partition: TopicPartition) -> int:
        return self.at.get(partition, 0)

    def last_stable_offset(self, partition: TopicPartition) -> int | None:
        return self.ends.get(partition)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.at[partition] = offset

    def pause(self, partition: TopicPartition) -> None:
        self.stopped.add(partition)

    def resume(self, partition: TopicPartition) -> None:
        self.stopped.discard(partition)


@pytest.fixture
def consumer() -> Consumer:
    return Consumer(ends={SHOP: 0, FRAUD: 0})


async def taken(aligned: Aligned, limit: int = 500) -> list[tuple[str, int]]:
    """Take until nothing comes any more."""
    found: list[Any] = []
    while records := await aligned.take(1, limit):
        assert len(records) <= limit
        found += records
    return [(record.topic, record.timestamp) for record in found]


@pytest.mark.parametrize("chunk", [1, 2, 7, 100])
@pytest.mark.parametrize("limit", [1, 3, 500])
async def test_what_came_first_is_handed_over_first_however_it_was_fetched(
    consumer: Consumer, chunk: int, limit: int
) -> None:
    consumer.write(SHOP, *range(0, 40, 2), chunk=chunk)
    consumer.write(FRAUD, *range(1, 61, 3), chunk=5)

    found = await taken(Aligned(consumer, [SHOP, FRAUD]), limit)

    expected = sorted([("shop", at) for at in range(0, 40, 2)] + [("fraud", at) for at in range(1, 61, 3)], key=_time)
    assert [at for _, at in found] == [at for _, at in expected]
    assert sorted(found) == sorted(expected)


async def test_a_partition_keeps_the_order_of_its_log_though_its_times_go_back(consumer: Consumer) -> None:
    consumer.write(SHOP, 5, 3, 9)
    consumer.write(FRAUD, 4, 10)

    found = await taken(Aligned(consumer, [SHOP, FRAUD]))

    assert [at for topic, at in found if topic == "shop"] == [5, 3, 9]
    assert found[-1] == ("fraud", 10)


async def test_a_partition_that_does_not_answer_holds_the_others_up_only_for_a_moment(
    consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alignment, "WAIT_SECONDS", 0.01)
    consumer.write(SHOP, 1, 2)
    consumer.write(FRAUD, 0)
    consumer.late.add(FRAUD)

    assert await taken(Aligned(consumer, [SHOP, FRAUD])) == [("shop", 1), ("shop", 2)]


async def test_of_a_partition_that_is_far_ahead_only_so_much_is_held(consumer: Consumer) -> None:
    many = 20 * alignment.ENOUGH
    consumer.write(SHOP, *range(many), chunk=300)
    consumer.write(FRAUD, *range(many), chunk=10)
    aligned = Aligned(consumer, [SHOP, FRAUD])
    held = 0
    count = 0
    while records := await aligned.take(1, 100):
        count += len(records)
        held = max(held, *(len(each) for each in aligned._held.values()))

    assert count == 2 * many
    assert held < 2 * alignment.ENOUGH
    assert consumer.stopped == set()


async def test_what_is_in_hand_is_not_counted_as_read(consumer: Consumer) -> None:
    consumer.write(SHOP, *range(10))
    consumer.write(FRAUD, *range(100, 110))
    aligned = Aligned(consumer, [SHOP, FRAUD])

    records = await aligned.take(1, 4)

    assert [record.offset for record in records] == [0, 1, 2, 3]
    assert (await aligned.reached(SHOP), await aligned.reached(FRAUD)) == (4, 0)


async def test_a_paused_partition_goes_on_where_it_was_paused(consumer: Consumer) -> None:
    consumer.write(SHOP, *range(10))
    consumer.write(FRAUD, *range(10))
    aligned = Aligned(consumer, [SHOP, FRAUD])
    await aligned.take(1, 4)

    aligned.pause(FRAUD)
    rest = await taken(aligned)
    assert {topic for topic, _ in rest} == {"shop"}
    assert (consumer.at[FRAUD], consumer.stopped) == (2, {FRAUD})

    aligned.resume(FRAUD)
    assert consumer.stopped == set()


async def test_after_a_seek_nothing_from_before_is_handed_over(consumer: Consumer) -> None:
    consumer.write(SHOP, *range(10))
    aligned = Aligned(consumer, [SHOP, FRAUD])
    await aligned.take(1, 4)

    aligned.seek(SHOP, 2)

    assert await taken(aligned) == []
    assert consumer.at[SHOP] == 2


async def test_small_batches_begin_one_after_the_other_and_take_what_comes_meanwhile(consumer: Consumer) -> None:
    pace = Pace(0.05)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    consumer.write(SHOP, 1)
    shop, fraud = Aligned(consumer, [SHOP], pace), Aligned(consumer, [SHOP, FRAUD], pace)

    assert [record.timestamp for record in await shop.take(1, 500)] == [1]
    assert loop.time() - begun < 0.05  # who is alone doesn't wait
    consumer.write(SHOP, 2, chunk=1)
    taking = asyncio.create_task(fraud.take(1, 500))
    await asyncio.sleep(0)
    consumer.write(FRAUD, 3)

    assert [record.timestamp for record in await taking] == [2, 3]
    assert loop.time() - begun >= 0.05


async def test_a_hot_order_lets_other_partitions_pass_and_keeps_its_own_in_order(consumer: Consumer) -> None:
    hot = 3 * alignment.HOT
    keys = [b"hot"] * hot + [b"behind"]
    consumer.write(SHOP, *range(hot + 1), chunk=hot + 1, keys=keys)
    consumer.write(FRAUD, *range(hot, hot + 10), keys=[b"other"] * 10)
    aligned = Aligned(consumer, [SHOP, FRAUD])

    batches = [await aligned.take(1, 1000) for _ in range(4)]

    assert [len(batch) for batch in batches] == [alignment.HOT + 10, alignment.HOT, alignment.HOT + 1, 0]
    shop = [record.offset for batch in batches for record in batch if record.topic == "shop"]
    assert shop == list(range(hot + 1))
    assert [record.topic for record in batches[0]][-10:] == ["fraud"] * 10


async def test_records_without_a_key_are_of_no_order(consumer: Consumer) -> None:
    consumer.write(SHOP, *range(2 * alignment.HOT), chunk=1000)

    assert len(await Aligned(consumer, [SHOP, FRAUD]).take(1, 1000)) == 2 * alignment.HOT


async def test_a_backlog_waits_for_nobody(consumer: Consumer) -> None:
    pace = Pace(3600)
    await pace.wait()
    consumer.write(SHOP, *range(alignment.SMALL))

    async with asyncio.timeout(5):
        assert len(await Aligned(consumer, [SHOP, FRAUD], pace).take(1, 500)) == alignment.SMALL


def _time(told: tuple[str, int]) -> int:
    return told[1]


async def test_what_is_in_hand_is_bounded_in_bytes_however_small_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alignment, "MEMORY", 10_000)
    consumer = Consumer()
    consumer.write(SHOP, *range(300))
    large = [Record("shop", n, n, None, bytes(1_000)) for n in range(300)]
    consumer.chunks[SHOP] = deque([large])
    aligned = Aligned(consumer, [SHOP])

    sizes: list[int] = []
    while sum(sizes) < 300:
        sizes.append(len(await aligned.take(0, 1_000)))

    assert max(sizes) == 10
    assert len(sizes) == 30
