"""Who is meant, on real servers: numbers in one form, ids with one content, orders that nobody has placed."""

import json

import pytest

from contracts.carriers import CarrierCollected, CarrierDelivered, CarrierInTransit
from contracts.commands import ClearAlert
from contracts.message import Money
from contracts.payments import PaymentCaptured
from contracts.shop import OrderPlaced, ReceivedLine
from contracts.warehouse import PickingStarted, ReturnReceived
from domain.deciding.identity import derive
from tests.integration.messages import approve, header, journal, named, placed, send
from tests.stage import Stage

pytestmark = pytest.mark.integration

HERE, THERE = named(0)[0], named(1)[0]
PAIRS = [(HERE, THERE), (THERE, HERE), (named(0)[0], named(0, count=2)[1])]
IDS = ["in two shards", "in two shards, the other way", "in one shard"]


async def alerts(stage: Stage, order: str) -> list[str]:
    (row,) = await stage.rows("SELECT document FROM orders WHERE order_id = :o", o=order)
    document = row["document"] if isinstance(row["document"], dict) else json.loads(row["document"])
    return [each["name"] for each in document.get("alerts", ())]


async def until_alert(stage: Stage, order: str, name: str) -> None:
    async def there() -> bool:
        rows = await stage.rows("SELECT 1 FROM orders WHERE order_id = :o", o=order)
        return bool(rows) and name in await alerts(stage, order)

    await stage.until(there, f"{order} has the alert {name}")


async def asked(stage: Stage, order: str) -> list[str]:
    """What was asked of the payment service for an order."""
    records = await stage.records("payment.requests")
    return [header(each, "ce_type") for each in records if each.key == order.encode()]


async def letters(stage: Stage, topic: str) -> list[str]:
    return [header(letter, "hub_failure_code") for letter in await stage.records(f"{topic}.dlt")]


# -- one id, two orders ------------------------------------------------------------------------------------------------

ANOTHER = [
    (placed("N-1"), "/shops/parts"),
    (placed("N-1", store="paris"), "/partners/test"),
    (placed("N-2"), "/partners/test"),
]


@pytest.mark.rule("O-62")
@pytest.mark.parametrize(("another", "source"), ANOTHER, ids=["another source", "another store", "other content"])
async def test_an_id_of_another_source_store_or_content_is_a_dead_letter_and_an_alert(
    stage: Stage, another: OrderPlaced, source: str
) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed("N-1"), HERE)
    await stage.say("shop.events", placed("N-1"), HERE, event_id="the same again")
    await stage.say("shop.events", another, HERE, source=source)

    await until_alert(stage, HERE, "contradicted")
    assert await letters(stage, "shop.events") == ["id_reused"]
    assert [outcome for kind, outcome in await journal(stage, HERE) if kind == "order.placed"] == ["applied", "late"]


@pytest.mark.rule("O-62")
async def test_an_event_id_with_two_contents_is_a_dead_letter_and_an_alert(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed("N-1"), HERE)
    for city in ("Lille", "Lyon"):
        await stage.say("carrier.events", CarrierInTransit("T-1", location=city), HERE, event_id="scan-1")

    await until_alert(stage, HERE, "contradicted")
    assert await letters(stage, "carrier.events") == ["id_reused"]


# -- one number, two orders --------------------------------------------------------------------------------------------


@pytest.mark.rule("O-61")
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=IDS)
async def test_the_second_order_of_a_number_waits_for_a_person(stage: Stage, first: str, second: str) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed("N-7"), first)
    await stage.until_state(first, "payment_pending")

    await stage.say("shop.events", placed("n-7"), second)
    await until_alert(stage, second, "number_taken")

    assert await alerts(stage, first) == []
    assert await asked(stage, second) == []
    cleared = ClearAlert(alert="number_taken", reason="two orders indeed")
    await stage.say("hub.commands", cleared, second, token=stage.token())

    async def asked_at_last() -> bool:
        return bool(await asked(stage, second))

    await stage.until(asked_at_last, "the money of the second order is asked for")


@pytest.mark.rule("O-61")
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=IDS)
async def test_of_two_orders_that_come_at_once_with_one_number_one_is_held(
    stage: Stage, first: str, second: str
) -> None:
    for order in (first, second):
        await stage.say("shop.events", placed("N-7"), order)
    stage.start_hub()
    await stage.until_state(first, "payment_pending")
    await stage.until_state(second, "payment_pending")

    async def one_is_held() -> bool:
        told = [*await alerts(stage, first), *await alerts(stage, second)]
        return told.count("number_taken") == 1

    await stage.until(one_is_held, "one of the two is held")
    await stage.until_read()
    assert await one_is_held()


async def test_orders_of_two_stores_may_have_one_number(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed("N-7"), HERE)
    await stage.say("shop.events", placed("N-7", store="paris"), THERE)
    await stage.until_state(HERE, "payment_pending")
    await stage.until_state(THERE, "payment_pending")
    await stage.until_read()

    assert [await alerts(stage, order) for order in (HERE, THERE)] == [[], []]


# -- tracking numbers --------------------------------------------------------------------------------------------------


@pytest.mark.rule("S-23")
@pytest.mark.parametrize(("first", "second"), PAIRS, ids=IDS)
async def test_a_scan_finds_the_parcel_that_is_on_its_way(stage: Stage, first: str, second: str) -> None:
    stage.start_hub()
    for order in (first, second):
        await approve(stage, order)
        await stage.until_state(order, "availability_requested")
    await send(stage, first, "RR1FR")
    await stage.until_state(first, "sent")
    await stage.say("carrier.events", CarrierDelivered("RR1FR"), "ref:RR1FR")
    await stage.until_state(first, "delivered")

    await send(stage, second, "rr1-fr")
    await stage.until_state(second, "sent")
    await stage.say("carrier.events", CarrierDelivered("RR1FR"), "ref:RR1FR")
    await stage.until_state(second, "delivered")

    await stage.until_read()
    scans = [kind for kind, _ in await journal(stage, first) if kind.startswith("carrier.")]
    assert scans == ["carrier.delivered"]
    assert await letters(stage, "carrier.events") == []


@pytest.mark.rule("S-23")
async def test_of_two_parcels_on_their_way_with_one_number_a_person_is_told(stage: Stage) -> None:
    stage.start_hub()
    for order in (HERE, THERE):
        await approve(stage, order)
        await stage.until_state(order, "availability_requested")
        await send(stage, order, "RR1FR")
        await stage.until_state(order, "sent")

    await until_alert(stage, THERE, "tracking_taken")
    assert await alerts(stage, HERE) == []


@pytest.mark.rule("A-86")
@pytest.mark.parametrize("key", ["1Z999AA1", "1z-999-aa1", "ref:1Z999AA1", "ref:tracking:1z999aa1"])
async def test_a_scan_is_found_by_its_number_as_key(stage: Stage, key: str) -> None:
    stage.start_hub()
    await approve(stage, HERE)
    await stage.until_state(HERE, "availability_requested")
    await stage.say("carrier.events", CarrierCollected("1z999aa1"), None, key=key.encode())
    await send(stage, HERE, "1Z999AA1")
    await stage.say("carrier.events", CarrierDelivered("1z-999aa1"), None, key=key.encode())

    await stage.until_state(HERE, "delivered")
    assert await letters(stage, "carrier.events") == []
    assert [row["order_id"] for row in await stage.rows("SELECT order_id FROM orders")] == [HERE]


@pytest.mark.rule("A-86")
async def test_a_number_that_nobody_knows_is_no_order_of_that_name(stage: Stage) -> None:
    stage.start_hub(stage.settings.model_copy(update={"policy": {"parked": "PT1S"}}))
    await stage.say("carrier.events", CarrierInTransit("1Z999AA1"), None, key=b"1Z999AA1")
    received = ReturnReceived("RMA-ABCDE12345", (ReceivedLine(1, 1),))
    await stage.say("warehouse.events", received, "rma-abcde12345")

    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'dead_letter'", 2)
    assert await letters(stage, "carrier.events") == ["reference_unknown"]
    assert await letters(stage, "warehouse.events") == ["reference_unknown"]
    assert await stage.rows("SELECT 1 FROM orders") == []


@pytest.mark.rule("A-86")
@pytest.mark.parametrize("name", ["shipment", "ref:shipment", "ref:number"])
async def test_a_warehouse_that_knows_no_order_ids_is_understood(stage: Stage, name: str) -> None:
    stage.start_hub()
    await approve(stage, THERE)
    await stage.until_state(THERE, "availability_requested")
    shipment = derive(THERE, "shipment", 1)
    keys = {"shipment": shipment, "ref:shipment": f"ref:{shipment}", "ref:number": f"ref:number:lille:n-{THERE}"}
    await stage.say("warehouse.events", PickingStarted(shipment), None, key=keys[name].encode())

    async def known() -> bool:
        return ("picking.started", "parked") in await journal(stage, THERE)

    await stage.until(known, "the order knows of its picking")


@pytest.mark.rule("A-86")
async def test_a_payment_service_that_knows_no_order_ids_is_understood(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, THERE)
    await stage.until_state(THERE, "availability_requested")
    captured = PaymentCaptured("none", f"pay-{THERE}", Money(amount=4500, currency="EUR"))
    await stage.say("payment.events", captured, None, key=f"pay-{THERE}".encode())

    async def known() -> bool:
        return "payment.captured" in [kind for kind, _ in await journal(stage, THERE)]

    await stage.until(known, "the order knows of the capture")
