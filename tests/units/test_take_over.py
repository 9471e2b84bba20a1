"""Taking over a shard: what is missing leaves once, in order, and an accident stops the shard instead."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic_core import to_json

from adapters.errors import LostShard, ShardAccident, UnknownOutcome
from adapters.kafka.log import FOREIGN
from adapters.kafka.records import digest
from adapters.memory.log import MemoryEmission, MemoryLog
from adapters.memory.tables import MemoryStore
from adapters.memory.unit import MemoryUnit
from adapters.rows.batch import Batch
from adapters.rows.positions import Place, PositionRow
from adapters.rows.set_aside import AsideKind
from consumers.shard.ports import Emission, Log, Unit
from consumers.shard.takeover import Standing, places_of, take_over
from contracts.partitioning import home
from contracts.topics import INBOUND
from contracts.wire import Outgoing
from domain.aggregates import KINDS
from domain.orders import documents
from domain.orders.order import Order, State
from tests.units.rows import aside, decided, journal, message, order

SHOP: Place = ("shop.events", 0)
FRAUD: Place = ("fraud.events", 0)
OUTBOUND: list[Place] = [("order.events", 1), ("order.status", 1), ("hub.internal", 1)]


class Statuses:
    """Says an order's seq, nothing else."""

    def status(self, kind: object, value: Order, seq: int) -> Outgoing:
        return message(f"{value.id}:{seq}:status", value.id, "order.status")

    def signed(self, message: Outgoing) -> Outgoing:
        return message


@dataclass
class Hub:
    """A shard's store and log, and processes that take it."""

    store: MemoryStore = field(default_factory=lambda: MemoryStore.of(1))
    log: MemoryLog = field(default_factory=MemoryLog)

    def process(self) -> tuple[MemoryUnit, MemoryEmission]:
        return MemoryUnit(self.store, 0), MemoryEmission(self.log, 0)

    async def take_over(
        self, *, unit: Unit | None = None, emission: Emission | None = None, log: Log | None = None
    ) -> Any:
        fresh_unit, fresh_emission = self.process()
        parts = (unit or fresh_unit, emission or fresh_emission, log or self.log)
        return await take_over(*parts, Statuses(), KINDS, [SHOP, FRAUD], OUTBOUND)

    def published(self) -> list[str]:
        """The ids that lie in the log, without the orders' states."""
        records = self.log.records("order.events", "hub.internal", "carrier.events.dlt")
        return [(each.header("ce_id") or b"").decode() for each in records]

    def states(self) -> list[str]:
        return [(each.header("ce_id") or b"").decode() for each in self.log.records("order.status")]


def placed(seq: int, *event_ids: str, position: int, order_id: str = "o-1") -> Batch:
    """The batch that read one record of the shop's topic."""
    batch = decided(seq, *event_ids, subject=order_id)
    document = documents.order_document(Order(id=order_id, state=State.PAYMENT_PENDING))
    batch.documents = [order(seq, subject=order_id, document=_json(document))]
    mark = digest(b"o-1", f"{position - 1}".encode())
    batch.positions = [PositionRow(*SHOP, position, position - 1, mark)]
    return batch


def _json(document: object) -> str:
    return to_json(document).decode()


@pytest.fixture
async def hub() -> Hub:
    """A hub that read and published its first batch; two more records wait."""
    hub = Hub()
    for number in range(3):
        hub.log.append(*SHOP, b"o-1", f"{number}".encode())
    unit, emission = hub.process()
    await hub.take_over(unit=unit, emission=emission)
    await unit.persist(placed(1, "m-1", position=1), 0)
    await emission.emit([message("m-1")], {SHOP: 1, FRAUD: 0}, 1)
    return hub


async def stored(hub: Hub, *batches: Batch) -> tuple[MemoryUnit, MemoryEmission]:
    """A process that stored these batches and was stopped before it published one."""
    unit, emission = hub.process()
    await hub.take_over(unit=unit, emission=emission)
    for batch in batches:
        await unit.persist(batch, 1)
    return unit, emission


# -- where it goes on ------------------------------------------------------------------------------------------------


async def test_a_shard_that_was_never_read_starts_where_its_partitions_start() -> None:
    hub = Hub()
    hub.log.append(*SHOP, None, b"0")
    hub.log.remove(SHOP, 1)

    standing = await hub.take_over()

    assert standing == Standing(batch=0, positions={SHOP: 1, FRAUD: 0}, paused=set(), published=0)
    assert hub.published() == hub.states() == []


async def test_a_shard_goes_on_after_what_it_stored(hub: Hub) -> None:
    unit, _ = hub.process()
    await unit.positions.pause(*FRAUD, "too much of it could not be read")

    standing = await hub.take_over()

    assert standing == Standing(batch=1, positions={SHOP: 1, FRAUD: 0}, paused={FRAUD}, published=0)
    assert hub.published() == ["m-1"]


async def test_a_start_is_remembered_though_retention_moves_it_later(hub: Hub) -> None:
    hub.log.append(*FRAUD, None, b"0")
    hub.log.remove(FRAUD, 1)

    with pytest.raises(ShardAccident, match=r"fraud\.events/0 starts at 1"):
        await hub.take_over()


# -- what is missing leaves ------------------------------------------------------------------------------------------


async def test_what_was_stored_and_not_published_leaves_once_and_in_order(hub: Hub) -> None:
    second = placed(2, "m-2", "m-3", position=2)
    second.set_aside = [aside(AsideKind.DEAD_LETTER, 9, message=message("d-1", topic="carrier.events.dlt"))]
    await stored(hub, second, placed(3, "m-4", position=3))

    standing = await hub.take_over()

    assert (standing.batch, standing.positions[SHOP], standing.published) == (3, 3, 4)
    assert hub.published() == ["d-1", "m-1", "m-2", "m-3", "m-4"]
    assert hub.log.offsets[SHOP] == (3, 3)
    assert (await hub.take_over()).published == 0
    assert hub.published() == ["d-1", "m-1", "m-2", "m-3", "m-4"]


async def test_the_last_state_of_each_order_in_the_gap_is_told_again(hub: Hub) -> None:
    shell = Batch(4, journal=[journal(1, subject="o-3", outcome="parked")])
    shell.documents = [order(1, subject="o-3", document=_json(documents.order_document(Order.shell("o-3"))))]
    second, third = placed(2, position=2), placed(3, position=3)

    await stored(hub, second, third, shell)
    await hub.take_over()

    assert hub.states() == ["o-1:3:status"]


class Breaking(MemoryEmission):
    """Ends after so many transactions."""

    left: int = 1

    async def emit(self, messages: Sequence[Outgoing], positions: Any, batch: int) -> None:
        if self.left == 0:
            raise UnknownOutcome("Kafka", "ended by the test")
        self.left -= 1
        await super().emit(messages, positions, batch)


@pytest.mark.parametrize("forgotten", [False, True])
async def test_a_take_over_that_breaks_off_between_batches_goes_on_after_them(hub: Hub, forgotten: bool) -> None:
    await stored(hub, placed(2, "m-2", position=2), placed(3, "m-3", position=3))
    if forgotten:
        hub.log.offsets.clear()

    with pytest.raises(UnknownOutcome):
        await hub.take_over(emission=Breaking(hub.log, 0))

    assert hub.published() == ["m-1", "m-2"]
    assert hub.log.offsets.get(SHOP, (1, 0))[0] == 1  # the position is committed with the last batch only
    assert (await hub.take_over()).published == 1
    assert hub.published() == ["m-1", "m-2", "m-3"]


# -- the old owner ---------------------------------------------------------------------------------------------------


class Meddling(MemoryLog):
    """While the new owner asks for offsets, the old one still tries to publish and to store."""

    async def committed(self, places: Sequence[Place]) -> dict[Place, tuple[int, int]]:
        found = await super().committed(places)
        with pytest.raises(UnknownOutcome):
            await self.old[1].emit([message("m-2")], {SHOP: 2, FRAUD: 0}, 2)
        with pytest.raises(LostShard):
            await self.old[0].persist(placed(3, "m-3", position=3), 1)
        return found

    old: tuple[MemoryUnit, MemoryEmission]


async def test_the_old_owner_is_fenced_before_the_offsets_are_read(hub: Hub) -> None:
    log = Meddling(offsets=hub.log.offsets, epochs=hub.log.epochs)
    log._records, log._starts = hub.log._records, hub.log._starts  # the same broker
    log.old = await stored(hub, placed(2, "m-2", position=2))
    hub.log = log

    await hub.take_over()

    assert hub.published() == ["m-1", "m-2"]


# -- the group's offsets are gone ------------------------------------------------------------------------------------


async def test_without_offsets_what_lies_in_the_log_is_not_published_again(hub: Hub) -> None:
    _, emission = await stored(hub, placed(2, "m-2", position=2), placed(3, "m-3", position=3))
    await emission.emit([message("m-2")], {SHOP: 2, FRAUD: 0}, 2)
    hub.log.offsets.clear()

    assert (await hub.take_over()).published == 1

    assert hub.published() == ["m-1", "m-2", "m-3"]
    assert hub.log.offsets == {SHOP: (3, 3), FRAUD: (0, 3)}


async def test_without_offsets_a_batch_that_published_nothing_hides_none_before_it(hub: Hub) -> None:
    await stored(hub, placed(2, "m-2", position=2), placed(3, position=3))
    hub.log.offsets.clear()

    assert (await hub.take_over()).published == 1

    assert hub.published() == ["m-1", "m-2"]


async def test_without_offsets_and_without_a_gap_only_the_offsets_are_written(hub: Hub) -> None:
    unit, _ = await stored(hub)
    await unit.shard.note_emitted(1)
    hub.log.offsets.clear()

    assert (await hub.take_over()).published == 0

    assert hub.published() == ["m-1"]
    assert hub.log.offsets == {SHOP: (1, 1), FRAUD: (0, 1)}


async def test_without_offsets_a_batch_with_a_dead_letter_is_not_published_again(hub: Hub) -> None:
    second = placed(2, "m-2", position=2)
    letter = message("d-1", topic="carrier.events.dlt")
    second.set_aside = [aside(AsideKind.DEAD_LETTER, 9, message=letter)]
    _, emission = await stored(hub, second)
    await emission.emit([message("m-2"), letter], {SHOP: 2, FRAUD: 0}, 2)
    hub.log.offsets.clear()

    await hub.take_over()

    assert hub.published() == ["d-1", "m-1", "m-2"]


async def test_without_offsets_a_batch_is_found_in_whatever_partition_its_keys_lie() -> None:
    hub = Hub(log=MemoryLog(partitions=4))
    order_id = next(f"o-{n}" for n in range(9) if home(f"o-{n}", 4))
    unit, emission = hub.process()
    for number in range(2):
        hub.log.append(*SHOP, order_id.encode(), f"{number}".encode())
    wide = [(topic, 4) for topic, _ in OUTBOUND]
    await take_over(unit, emission, hub.log, Statuses(), KINDS, [SHOP, FRAUD], wide)
    batch = placed(1, "m-1", position=1, order_id=order_id)
    batch.positions = [PositionRow(*SHOP, 1, 0, digest(order_id.encode(), b"0"))]
    await unit.persist(batch, 0)
    await emission.emit([message("m-1", order_id)], {SHOP: 1, FRAUD: 0}, 1)
    hub.log.offsets.clear()

    standing = await take_over(*hub.process(), hub.log, Statuses(), KINDS, [SHOP, FRAUD], wide)

    assert (standing.batch, standing.published) == (1, 0)
    assert hub.published() == ["m-1"]


# -- accidents -------------------------------------------------------------------------------------------------------


async def test_a_topic_that_ends_before_the_position_stops_the_shard(hub: Hub) -> None:
    hub.log.recreate(SHOP)

    with pytest.raises(ShardAccident, match=r"shop\.events/0 ends at 0 but was read to 1") as accident:
        await hub.take_over()

    assert accident.value.todo


async def test_records_that_retention_removed_unread_stop_the_shard(hub: Hub) -> None:
    hub.log.remove(SHOP, 2)

    with pytest.raises(ShardAccident, match=r"shop\.events/0 starts at 2 but was read only to 1"):
        await hub.take_over()


async def test_records_that_retention_removed_after_they_were_read_are_no_accident(hub: Hub) -> None:
    hub.log.remove(SHOP, 1)

    assert (await hub.take_over()).positions[SHOP] == 1


async def test_an_older_copy_of_the_database_stops_the_shard(hub: Hub) -> None:
    hub.log.offsets[SHOP] = (2, 2)

    with pytest.raises(ShardAccident, match=r"shop\.events/0 was published to 2 but stored only to 1"):
        await hub.take_over()


async def test_another_record_at_the_last_offset_stops_the_shard(hub: Hub) -> None:
    hub.log.recreate(SHOP)
    hub.log.append(*SHOP, b"o-7", b"another hub's record")

    with pytest.raises(ShardAccident, match=r"shop\.events/0 has another record at 0"):
        await hub.take_over()


async def test_a_stopped_shard_stays_stopped_and_says_why(hub: Hub) -> None:
    unit, _ = await stored(hub, placed(2, "m-2", position=2))
    await unit.shard.stop("retention removed records")

    with pytest.raises(ShardAccident, match=r"retention removed records") as accident:
        await hub.take_over()

    assert "hub shard resume 0" in accident.value.todo
    assert hub.published() == ["m-1"]


async def test_an_older_copy_of_the_database_is_known_by_the_batch_too(hub: Hub) -> None:
    hub.log.offsets |= {SHOP: (1, 2), FRAUD: (0, 2)}  # batch 2 fired a timer: no position moved

    with pytest.raises(ShardAccident):
        await hub.take_over()


async def test_offsets_that_somebody_else_wrote_stop_the_shard(hub: Hub) -> None:
    hub.log.offsets |= {SHOP: (1, FOREIGN), FRAUD: (0, FOREIGN)}

    with pytest.raises(ShardAccident, match="set by somebody else"):
        await hub.take_over()

    assert hub.published() == ["m-1"]


@pytest.mark.parametrize("copied", [True, False], ids=["with its mark copied", "with its mark not copied"])
@pytest.mark.parametrize("told", [0, 1, 2])
async def test_offsets_that_are_older_than_what_was_published_publish_nothing_again(
    hub: Hub, copied: bool, told: int
) -> None:
    """A broker may answer from before it had loaded all of its group."""
    unit, emission = await stored(hub, placed(2, "m-2", position=2), placed(3, "m-3", position=3))
    await emission.emit([message("m-2")], {SHOP: 1, FRAUD: 0}, 2)
    await emission.emit([message("m-3")], {SHOP: 3, FRAUD: 0}, 3)
    await unit.shard.note_emitted(3 if copied else 2)
    hub.log.offsets |= {SHOP: (told, told), FRAUD: (0, told)}

    standing = await hub.take_over()

    assert (standing.batch, standing.positions[SHOP], standing.published) == (3, 3, 0)
    assert hub.published() == ["m-1", "m-2", "m-3"]
    assert hub.log.offsets == {SHOP: (3, 3), FRAUD: (0, 3)}


# -- places ----------------------------------------------------------------------------------------------------------


def test_a_shard_reads_its_partition_of_every_inbound_topic_and_those_beyond_the_shard_count() -> None:
    partitions = {topic.name: 2 for topic in INBOUND} | {"shop.events": 5}

    mine, others = places_of(0, 2, partitions), places_of(1, 2, partitions)

    assert [place for place in mine if place[0] == "shop.events"] == [("shop.events", n) for n in (0, 2, 4)]
    assert {topic for topic, _ in mine} == {topic.name for topic in INBOUND}
    assert len(mine) + len(others) == sum(partitions.values())
    assert not set(mine) & set(others)
