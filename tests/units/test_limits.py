"""Limits of what may go wrong: what is told of records that can't be read, and when that stops the shard."""

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
from consumers.shard import reading
from consumers.shard.cursor import Cursor
from consumers.shard.limits import Limits
from consumers.shard.poison import TooMuch
from consumers.shard.reading import Read, Reader
from consumers.shard.sight import blindness, examples
from consumers.shard.sources import Sources, Strangers
from contracts.decoding import BrokenContract, decode
from contracts.signing import Signatures
from contracts.topics import INBOUND, INTERNAL
from contracts.wire import Record
from hub.wiring import INBOUND_BY_TOPIC

FRAUD: Place = ("fraud.events", 0)
PLACES: Sequence[Place] = [(topic, 0) for topic in ("shop.events", "fraud.events", "carrier.events")]
LIMITS = Limits(unreadable_in_a_row=5, unreadable_window=20, unreadable_share=0.5)


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
def store() -> MemoryStore:
    return MemoryStore.of(1)


@pytest.fixture
async def unit(store: MemoryStore) -> MemoryUnit:
    unit = MemoryUnit(store, 0)
    await unit.take()
    await unit.positions.write_starts([PositionRow(topic, partition, 0) for topic, partition in PLACES])
    return unit


@pytest.fixture
def cursor() -> Cursor:
    found = Cursor(0, KafkaConnection("nowhere:1"), MemoryLog(), PLACES, LIMITS)
    found.reset(dict.fromkeys(PLACES, 0), set())
    found.follow(Consumer())
    return found


READER = Reader(INBOUND_BY_TOPIC, Signatures.of((b"a key for tests only, 32 characters",)))


def reads(word: str, topic: str = "fraud.events", source: str = "/partners/one") -> list[Read]:
    """Records of a source in a partition: `x` can't be read, `.` can."""
    return [
        Read(
            Record(topic, 0, offset, b"", (), b"", 0),
            fraud.inbound,
            fault=("data_invalid", "no verdict") if letter == "x" else None,
            source=source,
        )
        for offset, letter in enumerate(word)
    ]


@pytest.mark.parametrize(
    ("word", "told"),
    [("xxxx", False), ("xxxx.xxxx", False), ("xxxxx", True), ("x." * 9, False), ("x." * 10, True), ("x.." * 7, False)],
)
async def test_a_person_is_told_of_unreadable_records_past_a_limit_and_nobody_is_kept_back(
    store: MemoryStore, unit: MemoryUnit, cursor: Cursor, word: str, told: bool
) -> None:
    await cursor.limit_poison(unit, reads(word), READER)

    assert [note.kind for note in store.attention] == (["unreadable"] if told else [])
    assert not store.paused_sources
    assert await unit.positions.paused() == set()


async def test_a_partition_that_was_resumed_is_counted_anew(
    store: MemoryStore, unit: MemoryUnit, cursor: Cursor
) -> None:
    await cursor.limit_poison(unit, reads("xxxx"), READER)
    cursor.follow_pauses({FRAUD})
    cursor.follow_pauses(set())

    await cursor.limit_poison(unit, reads("xxxx"), READER)

    assert not store.attention


@pytest.mark.parametrize("topics", [["fraud.events"], ["shop.events", "fraud.events", "carrier.events"]])
async def test_records_that_name_nobody_are_told_of_and_stop_nobody(
    store: MemoryStore, unit: MemoryUnit, cursor: Cursor, topics: list[str]
) -> None:
    for topic in topics:
        await cursor.limit_poison(unit, reads("xxxxx", topic, source=""), READER)

    assert await unit.positions.paused() == set()
    (note,) = store.attention
    assert note.kind == "nameless"
    assert (
        note.detail == f"{topics[0]}/0: 5 records in a row that name no source could not be read, the last at offset 4"
    )


async def test_a_hub_that_can_not_tell_any_more_who_wrote_a_record_stops_its_shard(
    unit: MemoryUnit, cursor: Cursor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BrokenContract("specversion_unknown", "the reading of envelopes is broken")

    monkeypatch.setattr(reading, "decode", broken)
    monkeypatch.setattr(reading, "_claimed", lambda record: "")

    with pytest.raises(ShardAccident, match="check the last deploy") as accident:
        await cursor.limit_poison(unit, reads("xxxxx", source=""), READER)
    assert accident.value.what.startswith("fraud.events/0: 5 records in a row that name no source")


async def test_garbage_under_a_name_stops_no_shard_on_however_many_topics(
    store: MemoryStore, unit: MemoryUnit, cursor: Cursor
) -> None:
    for topic in ("shop.events", "fraud.events", "carrier.events"):
        await cursor.limit_poison(unit, reads("xxxxx", topic), READER)

    (note,) = store.attention
    what = "5 records in a row under the name /partners/one could not be read, the last at offset 4"
    assert note.detail == f"shop.events/0: {what}"


async def test_a_hub_that_can_not_read_its_own_examples_stops_its_shard(
    unit: MemoryUnit, cursor: Cursor, monkeypatch: pytest.MonkeyPatch
) -> None:

    def broken(topic: Any, types: Any, key: Any, headers: Any, value: Any) -> Any:
        if ("ce_type", b"fraud.scored.v1") in headers:
            raise BrokenContract("data_invalid", "the reading of verdicts is broken")
        return decode(topic, types, key, headers, value)

    monkeypatch.setattr(reading, "decode", broken)
    await cursor.limit_poison(unit, reads("xxxxx", "shop.events"), READER)

    with pytest.raises(ShardAccident, match="check the last deploy") as accident:
        await cursor.limit_poison(unit, reads("xxxxx"), READER)
    assert accident.value.what.endswith("nor can this hub read its own example of fraud.scored.v1")


async def test_what_the_hub_itself_wrote_and_can_not_read_stops_its_shard(unit: MemoryUnit, cursor: Cursor) -> None:
    with pytest.raises(ShardAccident, match="check the last deploy"):
        await cursor.limit_poison(unit, reads("xxxxx", "hub.internal", "/hub/orders"), READER)


@pytest.mark.parametrize("topic", [topic.name for topic in INBOUND if topic is not INTERNAL])
@pytest.mark.parametrize("unknown", list(Strangers))
def test_a_hub_that_is_well_reads_its_own_examples(topic: str, unknown: Strangers) -> None:
    sources = Sources({topic: ("/elsewhere",)}, unknown)
    reader = Reader(INBOUND_BY_TOPIC, Signatures.of((b"a key for tests only, 32 characters",)), sources=sources)

    assert len(examples(topic)) == len(INBOUND_BY_TOPIC[topic].types)
    assert blindness(reader, TooMuch((topic, 0), "/partners/one", "much")) is None
