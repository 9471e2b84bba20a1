"""Limits of what may go wrong: which records pause their partition, and when that stops the shard."""

from collections.abc import Sequence
from typing import Any

import pytest

from adapters.errors import ShardAccident
from adapters.kafka.connection import KafkaConnection
from adapters.memory.log import MemoryLog
from adapters.memory.tables import MemoryStore
from adapters.memory.unit import MemoryUnit
from adapters.rows.positions import Place, PositionRow
from consumers import fraud
from consumers.shard.cursor import Cursor
from consumers.shard.limits import Limits
from consumers.shard.reading import Read
from contracts.wire import Record

PLACES: Sequence[Place] = [(topic, 0) for topic in ("shop.events", "fraud.events", "carrier.events")]
LIMITS = Limits(unreadable_in_a_row=5, unreadable_window=20, unreadable_share=0.5, paused_topics=3)


class Consumer:
    """The part of a consumer that a cursor needs, which remembers what is paused."""

    def __init__(self) -> None:
        self.paused: set[Any] = set()

    async def getmany(self) -> dict[Any, Any]:
        return {}

    def seek(self, partition: Any, offset: int) -> None: ...

    def pause(self, partition: Any) -> None:
        self.paused.add(partition)

    def resume(self, partition: Any) -> None:
        self.paused.discard(partition)


@pytest.fixture
async def unit() -> MemoryUnit:
    unit = MemoryUnit(MemoryStore.of(1), 0)
    await unit.take()
    await unit.positions.write_starts([PositionRow(topic, partition, 0) for topic, partition in PLACES])
    return unit


@pytest.fixture
def cursor() -> Cursor:
    found = Cursor(0, KafkaConnection("nowhere:1"), MemoryLog(), PLACES, LIMITS)
    found.reset(dict.fromkeys(PLACES, 0), set())
    found.follow(Consumer())
    return found


def reads(word: str, topic: str = "fraud.events") -> list[Read]:
    """Records of a partition: `x` can't be read, `.` can."""
    return [
        Read(
            Record(topic, 0, offset, b"", (), b"", 0),
            fraud.inbound,
            fault=("data_invalid", "no verdict") if letter == "x" else None,
        )
        for offset, letter in enumerate(word)
    ]


@pytest.mark.parametrize(
    ("word", "paused"),
    [("xxxx", False), ("xxxx.xxxx", False), ("xxxxx", True), ("x." * 9, False), ("x." * 10, True), ("x.." * 7, False)],
)
async def test_unreadable_records_pause_their_partition_past_a_limit(
    unit: MemoryUnit, cursor: Cursor, word: str, paused: bool
) -> None:
    await cursor.limit_poison(unit.positions, reads(word))

    assert (await unit.positions.paused() == {("fraud.events", 0)}) is paused


async def test_a_resumed_partition_is_counted_anew(unit: MemoryUnit, cursor: Cursor) -> None:
    await cursor.limit_poison(unit.positions, reads("xxxxx"))
    cursor.follow_pauses(set())

    await cursor.limit_poison(unit.positions, reads("xxxx"))

    assert cursor._consumer.paused == set()


async def test_many_topics_that_break_at_once_stop_the_shard(unit: MemoryUnit, cursor: Cursor) -> None:
    await cursor.limit_poison(unit.positions, reads("xxxxx", "shop.events"))
    await cursor.limit_poison(unit.positions, reads("xxxxx", "fraud.events"))

    with pytest.raises(ShardAccident, match="can't be read all at once") as accident:
        await cursor.limit_poison(unit.positions, reads("xxxxx", "carrier.events"))
    assert accident.value.what.startswith("carrier.events, fraud.events, shop.events")


async def test_a_partition_that_an_operator_paused_is_no_sign_of_a_bad_deploy(unit: MemoryUnit, cursor: Cursor) -> None:
    cursor.follow_pauses({("shop.events", 0), ("fraud.events", 0)})

    await cursor.limit_poison(unit.positions, reads("xxxxx", "carrier.events"))

    assert ("carrier.events", 0) in await unit.positions.paused()
