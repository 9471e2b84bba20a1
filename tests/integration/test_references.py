"""Records that name a parcel and no order: they wait, in order, until the number is known or their time is over."""

import pytest

from contracts.carriers import CarrierCollected, CarrierDelivered, CarrierInTransit
from tests.integration.messages import approve, header, journal, named, send
from tests.stage import Stage

pytestmark = pytest.mark.integration

SCANS = [("carrier.collected", CarrierCollected), ("carrier.in_transit", CarrierInTransit)]
KINDS = ("carrier.collected", "carrier.in_transit", "carrier.delivered")
WAITING = "SELECT 1 FROM set_aside WHERE kind = 'waiting' AND closed_batch IS NULL"


async def scan(stage: Stage, kind: type[CarrierCollected | CarrierInTransit | CarrierDelivered], number: str) -> None:
    await stage.say("carrier.events", kind(tracking_number=number), f"ref:{number}")


async def scans(stage: Stage, order: str) -> list[str]:
    return [kind for kind, _ in await journal(stage, order) if kind in KINDS]


@pytest.mark.parametrize("shard", [0, 1], ids=["in the shard of the order", "in another shard"])
async def test_scans_wait_for_their_number_and_a_later_one_does_not_overtake_them(stage: Stage, shard: int) -> None:
    order = named(0)[0]
    number = named(shard, "ref:T")[0].removeprefix("ref:")
    stage.start_hub()
    await approve(stage, order)
    await stage.until_state(order, "availability_requested")
    await scan(stage, CarrierCollected, number)
    await scan(stage, CarrierInTransit, number)
    await stage.until_rows(WAITING, 2)
    await stage.stop_hubs()

    await send(stage, order, number)
    await scan(stage, CarrierDelivered, number)
    stage.start_hub()
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'carrier.delivered.v1'")
    await stage.until_read()

    assert await stage.rows(WAITING) == []
    assert await scans(stage, order) == list(KINDS)
    assert await stage.state(order) == "delivered"
    assert await stage.records("carrier.events.dlt") == []


async def test_a_number_that_nobody_explains_in_time_is_a_dead_letter_and_what_waited_longest_goes_first(
    stage: Stage,
) -> None:
    stage.start_hub(stage.settings.model_copy(update={"policy": {"parked": "PT1S"}}))

    await scan(stage, CarrierCollected, "T-none")
    await scan(stage, CarrierInTransit, "T-none")
    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'dead_letter'", 2)
    await stage.until_read()

    letters = await stage.records("carrier.events.dlt")
    assert [header(letter, "hub_failure_code") for letter in letters] == ["reference_unknown"] * 2
    assert [header(r, "ce_type").removesuffix(".v1") for r in letters] == [kind for kind, _ in SCANS]
    assert await stage.rows(WAITING) == []
    closed = await stage.rows("SELECT closed_as FROM set_aside WHERE kind = 'waiting'")
    assert [row["closed_as"] for row in closed] == ["dead_letter"] * 2


async def test_a_scan_that_comes_twice_while_it_waits_is_applied_once(stage: Stage) -> None:
    order = named(0)[0]
    stage.start_hub()
    await approve(stage, order)
    for _ in range(2):
        await stage.say("carrier.events", CarrierInTransit(tracking_number="T-1"), "ref:T-1", event_id="scan-1")
    await stage.until_rows(WAITING, 2)

    await send(stage, order, "T-1")
    await stage.until_state(order, "sent")

    async def nothing_waits() -> bool:
        return not await stage.rows(WAITING)

    await stage.until(nothing_waits, "nothing waits")
    await stage.until_read()
    assert await scans(stage, order) == ["carrier.in_transit"]
