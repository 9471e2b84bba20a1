"""A shard's Kafka transaction in its two steps: what was prepared is seen when it is committed, and never else."""

import pytest

from adapters.errors import UnknownOutcome
from contracts.wire import Outgoing
from producers.emission import Emission
from tests.integration.messages import assert_once_and_in_order
from tests.integration.troubles import assert_only_that_one_waits, one_refused
from tests.stage import Stage

pytestmark = pytest.mark.integration

POSITION = ("shop.events", 0)


def message(number: int) -> Outgoing:
    return Outgoing("order.events", 0, b"order", (("n", str(number).encode()),), b"{}")


async def seen(stage: Stage) -> list[str]:
    """What a reader of committed records finds."""
    return [(record.header("n") or b"").decode() for record in await stage.records("order.events")]


async def marks(stage: Stage) -> dict[tuple[str, int], tuple[int, int]]:
    return await stage.log.committed([POSITION])


async def test_what_was_prepared_is_seen_once_it_is_committed(stage: Stage) -> None:
    emission = Emission(stage.kafka, 0)
    await emission.start()
    try:
        await emission.prepare([message(1), message(2)], {POSITION: 7}, 1)
        before = await stage.log.ends([("order.events", 0)])  # as far as a reader of committed records comes
        await emission.commit()
    finally:
        await emission.close()

    assert before == {("order.events", 0): 0}
    assert await seen(stage) == ["1", "2"]
    assert await marks(stage) == {POSITION: (7, 1)}


async def test_what_was_abandoned_is_never_seen_and_the_producer_goes_on(stage: Stage) -> None:
    emission = Emission(stage.kafka, 0)
    await emission.start()
    try:
        await emission.prepare([message(1)], {POSITION: 7}, 1)
        await emission.abandon()
        await emission.emit([message(2)], {POSITION: 5}, 1)
    finally:
        await emission.close()

    assert await seen(stage) == ["2"]
    assert await marks(stage) == {POSITION: (5, 1)}


async def test_what_was_prepared_is_ended_by_the_next_owner(stage: Stage) -> None:
    old, new = Emission(stage.kafka, 0), Emission(stage.kafka, 0)
    await old.start()
    try:
        await old.prepare([message(1)], {POSITION: 7}, 1)
        await new.start()
        await new.emit([message(2)], {POSITION: 5}, 1)
        with pytest.raises(UnknownOutcome):
            await old.commit()
        with pytest.raises(UnknownOutcome):
            await old.abandon()
    finally:
        await old.close()
        await new.close()

    assert await seen(stage) == ["2"]
    assert await marks(stage) == {POSITION: (5, 1)}


async def test_a_shard_that_cannot_take_its_messages_back_is_taken_over(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = await one_refused(stage)
    abandon, faults = Emission.abandon, ["once"]

    async def fails(emission: Emission) -> None:
        if faults:
            faults.pop()
            raise UnknownOutcome("Kafka", "the connection broke")
        await abandon(emission)

    monkeypatch.setattr(Emission, "abandon", fails)
    hub = stage.start_hub()
    await stage.until_read()

    assert hub.ownership is not None
    assert hub.ownership.report()["counts"]["failed: take over"] == 1
    await assert_only_that_one_waits(stage, bad, good)
    assert_once_and_in_order(await stage.records())
