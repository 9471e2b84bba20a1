"""Records that name a parcel and no order: they wait, in order, until the number is known or their time is over."""

from collections.abc import Sequence
from typing import Any

import pytest

from consumers.shard.loading import Loader
from consumers.shard.reading import Read
from contracts.carriers import CarrierCollected, CarrierDelivered, CarrierInTransit
from contracts.references import TRACKING, form
from tests.integration.messages import approve, assert_proved, header, journal, named, send
from tests.stage import Stage

pytestmark = pytest.mark.integration

SCANS = [("carrier.collected", CarrierCollected), ("carrier.in_transit", CarrierInTransit)]
KINDS = ("carrier.collected", "carrier.in_transit", "carrier.delivered")
PAST_ROW = "('tracking', :party, :number, :first)"
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


async def test_a_scan_is_decided_for_whoever_has_its_number_when_it_is_stored(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, other = named(0)[0], named(1)[0]
    number = named(0, "ref:T")[0].removeprefix("ref:")
    stage.start_hub()
    for order in (first, other):
        await approve(stage, order)
        await stage.until_state(order, "availability_requested")
    await stage.stop_hubs()
    await send(stage, first, number)
    for _ in range(2):
        await stage.say("carrier.events", CarrierInTransit(tracking_number=number), f"ref:{number}", event_id="scan-1")
    load, taken = Loader.load, list[str]()

    async def load_and_lose(loader: Loader, reads: Sequence[Read]) -> Any:
        found = await load(loader, reads)
        if not taken and any(read.reference is not None for read in reads):
            taken.append(other)
            await send(stage, other, number)
            await stage.until_state(other, "sent")
        return found

    monkeypatch.setattr(Loader, "load", load_and_lose)
    stage.start_hub()
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'carrier.in_transit.v1'")
    await stage.until_read()

    assert taken
    assert [await scans(stage, order) for order in (first, other)] == [[], ["carrier.in_transit"]]
    assert "shipment.handed_over" in [kind for kind, _ in await journal(stage, first)]
    await assert_proved(stage)


async def test_a_scan_that_comes_again_when_its_number_has_gone_to_another_order_is_a_repetition(stage: Stage) -> None:
    first, other = named(0)[0], named(1)[0]
    number = named(0, "ref:T")[0].removeprefix("ref:")
    stage.start_hub()
    for order in (first, other):
        await approve(stage, order)
    await send(stage, first, number)
    await stage.until_state(first, "sent")
    for _ in range(2):
        await stage.say("carrier.events", CarrierInTransit(tracking_number=number), f"ref:{number}", event_id="scan-1")
        await stage.until_rows("SELECT 1 FROM journal WHERE type = 'carrier.in_transit.v1'")
        await stage.until_read()
        await stage.change(
            "UPDATE order_references SET order_id = :other WHERE kind = 'tracking' AND party = 'carrier'", other=other
        )
        past = {"party": f"past {first}", "number": form(TRACKING, number), "first": first}
        await stage.change(f"INSERT INTO order_references VALUES {PAST_ROW} ON CONFLICT DO NOTHING", **past)

    assert [await scans(stage, order) for order in (first, other)] == [["carrier.in_transit"], []]
    await scan(stage, CarrierInTransit, number)
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'carrier.in_transit.v1'", 2)
    assert await scans(stage, other) == ["carrier.in_transit"]
    await assert_proved(stage)
