"""A witness: what two owners in a row died of is set aside; one that was killed by chance accuses nobody."""

from collections.abc import Sequence

import pytest

from adapters.memory.tables import MemoryStore
from adapters.memory.unit import MemoryUnit
from adapters.rows.quarantine import Queue
from consumers.shard.witness import CAREFUL_RECORDS, DEATHS, Witness
from contracts.wire import Record

ONE_SHARD = 1


def record(offset: int) -> Record:
    return Record("shop.events", 0, offset, b"o-1", (), b"{}", 1)


async def owner(store: MemoryStore) -> Witness:
    """A new owner of the shard, whose last one ended without a word."""
    unit = MemoryUnit(store, 0)
    await unit.take()
    witness = Witness(unit.shard)
    await witness.open()
    return witness


async def after_deaths(store: MemoryStore, number: int = DEATHS) -> Witness:
    for _ in range(number):
        await owner(store)
    return await owner(store)


async def read(witness: Witness, offsets: Sequence[int]) -> list[int]:
    """Read records one by one until the process dies of the last; return those that were let through."""
    return [offset for offset in offsets if await witness.reading(record(offset))]


async def test_owners_are_careful_only_after_some_have_died() -> None:
    store = MemoryStore.of(ONE_SHARD)

    assert not (await after_deaths(store, DEATHS - 1)).careful
    assert (await owner(store)).careful


async def test_what_two_owners_in_a_row_died_of_is_set_aside_and_nothing_else() -> None:
    store = MemoryStore.of(ONE_SHARD)

    assert await read(await after_deaths(store), [1, 2, 3]) == [1, 2, 3]
    assert await read(await owner(store), [1, 2, 3]) == [1, 2, 3]
    assert await read(await owner(store), [1, 2, 3, 4]) == [1, 2, 4]


async def test_an_owner_that_is_killed_by_chance_accuses_nobody() -> None:
    store = MemoryStore.of(ONE_SHARD)

    for ends in (3, 2, 4, 1):
        offsets = range(1, ends + 1)
        assert await read(await after_deaths(store, DEATHS), offsets) == list(offsets)


async def test_an_order_whose_row_kills_is_left_alone_by_records_and_by_operators_alike() -> None:
    store = MemoryStore.of(ONE_SHARD)
    for _ in range(2):
        await (await after_deaths(store)).finishing("o-1")

    last = await owner(store)

    assert not await last.doing(Queue("o-1", (), True, 0))
    assert await last.doing(Queue("o-2", (), True, 0))


async def test_being_careful_ends_with_a_batch_and_leaves_nothing_behind() -> None:
    store = MemoryStore.of(ONE_SHARD)
    witness = await after_deaths(store)
    for offset in range(CAREFUL_RECORDS):
        await witness.reading(record(offset))
    assert witness.careful

    await witness.done()
    witness.begin()

    assert not witness.careful
    assert (await witness.shard.opened())[1] is None


@pytest.mark.parametrize("times", [1, DEATHS])
async def test_who_stored_a_batch_or_ended_by_himself_is_followed_by_nobody_careful(times: int) -> None:
    store = MemoryStore.of(ONE_SHARD)
    witness = await after_deaths(store, times)

    await witness.shard.ended_well()

    assert not (await owner(store)).careful
