"""Facts and commands that cross each other, on real servers: what ends where, and what everybody is told."""

import json

import pytest

from contracts import commands
from contracts.availability import AvailabilityReported, LineAvailability, ReportedLine
from contracts.carriers import CarrierDelivered
from contracts.commands import CancelOrder, ConfirmReturn, CreateFlash, CreateReturn, SendFlash
from contracts.flash_reorders import FlashFulfilled, FulfilledLine
from contracts.fraud import FraudScored, Verdict
from contracts.message import Message, Money
from contracts.payments import ChequeReceived, PaymentCaptured
from contracts.shop import Outcome, PaymentMethod, ReceivedLine, ReturnLine
from contracts.values import changed
from contracts.warehouse import ParcelPacked, PickingStarted, RecallAccepted, ReturnReceived
from contracts.wire import Record
from domain.deciding.identity import derive, rma_code
from domain.orders.goods.availability import request_id
from domain.orders.money.capture import capture_id
from tests.integration.messages import CLEAR, approve, authorized, available, handed_over, placed, send
from tests.stage import Stage, by_type

pytestmark = pytest.mark.integration
SHIPMENT = derive("o-1", "shipment", 1)
DESK = "/tools/desk"


async def command(stage: Stage, message: Message, order: str = "o-1", *, event_id: str | None = None) -> None:
    await stage.say("hub.commands", message, order, source=DESK, token=stage.token(), event_id=event_id)


def body(record: Record) -> dict[str, object]:
    return dict(json.loads(record.value or b"{}"))


async def told(stage: Stage, kind: str, *topics: str) -> list[dict[str, object]]:
    """Return what was said under a type, in the order in which it was said."""
    return [body(record) for record in by_type(await stage.records(*(topics or ("order.events",)))).get(kind, [])]


async def paid_and_delivered(stage: Stage) -> None:
    await approve(stage, "o-1")
    await send(stage, "o-1", "T-1")
    await stage.until_state("o-1", "sent")
    taken = PaymentCaptured(
        request_id=capture_id("o-1"), payment_id="pay-o-1", amount=Money(amount=4500, currency="EUR")
    )
    await stage.say("payment.events", taken, "o-1")
    await stage.say("carrier.events", CarrierDelivered(tracking_number="T-1"), "o-1")
    await stage.until_state("o-1", "delivered")


async def test_a_parcel_under_a_code_that_was_never_given_is_told_of_at_once(stage: Stage) -> None:
    stage.start_hub()
    await paid_and_delivered(stage)

    await stage.say(
        "warehouse.events",
        ReturnReceived(rma_code="RMA-NOBODY", lines=(ReceivedLine(line=1, quantity=2),)),
        "o-1",
    )

    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%unannounced_return%'")
    await stage.until_read()
    assert [alert["alert"] for alert in await told(stage, "alert.raised.v1")] == ["unannounced_return"]
    assert await told(stage, "refund.requested.v1", "payment.requests") == []


async def test_a_doubt_that_comes_while_the_goods_are_packed_does_not_stop_what_is_gone(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.say("availability.events", available("o-1"), "o-1")
    await stage.say("warehouse.events", PickingStarted(shipment_id=SHIPMENT), "o-1")
    await stage.until_state("o-1", "picking")

    await stage.say("fraud.events", FraudScored(verdict=Verdict.REVIEW), "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%suspended%'")
    await stage.say("warehouse.events", ParcelPacked(shipment_id=SHIPMENT), "o-1")
    await stage.until_state("o-1", "shipping")
    await stage.say("warehouse.events", RecallAccepted(shipment_id=SHIPMENT), "o-1")
    await stage.until_read()

    assert [asked["intent"] for asked in await told(stage, "recall.requested.v1", "warehouse.requests")] == ["hold"]
    alerts = {alert["alert"] for alert in await told(stage, "alert.raised.v1")}
    assert alerts == {"fraud", "recall_refused", "recall_contradicted"}
    assert await stage.state("o-1") == "shipping"
    assert await told(stage, "order.reopened.v1") == []


async def test_a_parcel_packed_while_its_recall_is_asked_wins_and_the_agent_is_told(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.say("availability.events", available("o-1"), "o-1")
    await stage.until_state("o-1", "confirmed")

    await command(stage, commands.RecallOrder(intent="cancel", reason="customer_choice"), event_id="recall-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%\"recall\"%'")
    await stage.say("warehouse.events", ParcelPacked(shipment_id=SHIPMENT), "o-1")
    await stage.until_state("o-1", "shipping")
    await command(stage, CancelOrder(reason="customer_choice"), event_id="cancel-1")
    await command(stage, CancelOrder(reason="customer_choice"), event_id="cancel-1")
    await stage.until_read()

    refused = await told(stage, "command.rejected.v1")
    assert [(each["command_id"], each["code"]) for each in refused][:2] == [
        ("recall-1", "packed"),
        ("cancel-1", "packed"),
    ]
    assert {each["code"] for each in refused} == {"packed"}
    assert all(each["hint"] for each in refused)


async def test_missing_goods_are_searched_by_hand_and_asked_for_again(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    missing = ReportedLine(line=1, status=LineAvailability.ANOMALY, stock=9)
    first = AvailabilityReported(request_id=request_id("o-1", SHIPMENT, 1), shipment_id=SHIPMENT, lines=(missing,))
    await stage.say("availability.events", first, "o-1")
    await stage.until_state("o-1", "processing")
    flash = derive("o-1", "flash", 1)

    await command(stage, CreateFlash(lines=(FulfilledLine(line=1, quantity=2),)))
    await command(stage, SendFlash(flash_id=flash))
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%\"sent\"%'")
    found = FlashFulfilled(flash_id=flash, lines=(FulfilledLine(line=1, quantity=2),))
    await stage.say("flash-reorder.events", found, "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%\"fulfilled\"%'")
    again = changed(available("o-1"), request_id=request_id("o-1", SHIPMENT, 2))
    await stage.say("availability.events", again, "o-1")
    await stage.until_state("o-1", "confirmed")
    await stage.until_read()

    assert [each["flash_id"] for each in await told(stage, "flash.requested.v1", "flash-reorder.requests")] == [flash]
    asked = await told(stage, "availability.requested.v1", "availability.requests")
    assert [each["round"] for each in asked] == [1, 2]
    assert len(await told(stage, "shipment.release.v1", "warehouse.requests")) == 1


async def test_a_cheque_that_comes_after_its_time_is_sent_back(stage: Stage) -> None:
    stage.start_hub(stage.settings.model_copy(update={"policy": {"cheque_days": "PT1S"}}))
    await stage.say("shop.events", placed(payment_method=PaymentMethod.CHEQUE), "o-1")
    await stage.say("fraud.events", CLEAR, "o-1")
    await stage.until_state("o-1", "cancelled")

    await stage.say("payment.events", ChequeReceived(amount=Money(amount=4500, currency="EUR")), "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%cheque_to_return%'")
    await stage.until_read()

    assert [each["reason"] for each in await told(stage, "order.cancelled.v1")] == ["payment_not_received"]
    assert await told(stage, "refund.requested.v1", "payment.requests") == []
    assert await stage.state("o-1") == "cancelled"


async def test_a_return_and_two_wishes_for_money_never_give_back_more_than_was_taken(stage: Stage) -> None:
    stage.start_hub()
    await paid_and_delivered(stage)
    code = rma_code("o-1", DESK, "return-1")
    await command(stage, CreateReturn(lines=(ReturnLine(line=1, quantity=2),)), event_id="return-1")
    await command(stage, ConfirmReturn(rma_code=code))
    await command(stage, commands.RequestRefund(lines=(commands.LineQuantity(line=1, quantity=1),), reason="scratched"))
    await command(stage, commands.RequestRefund(kind="goodwill", amount=600, reason="late"))
    await stage.until_read()

    came = ReturnReceived(rma_code=code, lines=(ReceivedLine(line=1, quantity=2),))
    await stage.say("warehouse.events", came, "o-1", event_id="parcel-1")
    await stage.say("warehouse.events", came, "o-1", event_id="parcel-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%\"validated\"%'")
    await stage.until_read()

    assert [each["code"] for each in await told(stage, "command.rejected.v1")] == ["amount_exceeds"]
    wanted = [each["amount"] for each in await told(stage, "refund.requested.v1")]
    assert wanted == [{"amount": 600, "currency": "EUR"}, {"amount": 3900, "currency": "EUR"}]


async def test_an_exchange_whose_parcel_comes_too_late_is_over_and_the_parcel_a_persons_matter(stage: Stage) -> None:
    stage.start_hub(stage.settings.model_copy(update={"policy": {"return_expiry": "PT2S"}}))
    await paid_and_delivered(stage)
    code = rma_code("o-1", DESK, "return-1")
    back = ReturnLine(line=1, quantity=1, exchange_sku="shirt-L")
    await command(stage, CreateReturn(lines=(back,), outcome=Outcome.EXCHANGE), event_id="return-1")
    await command(stage, ConfirmReturn(rma_code=code))
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%\"expired\"%'")

    await stage.say("warehouse.events", ReturnReceived(rma_code=code, lines=(ReceivedLine(line=1, quantity=1),)), "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%unannounced_return%'")
    rows = await stage.until_rows("SELECT order_id FROM orders WHERE state = 'cancelled'")
    await stage.until_read()

    assert len(rows) == 1
    assert [each["exchange_id"] for each in await told(stage, "exchange.cancelled.v1")] == [rows[0]["order_id"]]
    assert await told(stage, "exchange.released.v1") == []
    assert await told(stage, "refund.requested.v1", "payment.requests") == []


async def test_a_carrier_that_is_faster_than_the_warehouse_takes_the_money_once(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("carrier.events", CarrierDelivered(tracking_number="T-1", shipment_id=SHIPMENT), "o-1")
    await stage.say("warehouse.events", handed_over("o-1", "T-1"), "o-1")
    await stage.say("availability.events", available("o-1"), "o-1")
    await stage.say("fraud.events", CLEAR, "o-1")
    await stage.say("payment.events", authorized("o-1"), "o-1")
    await stage.say("shop.events", placed(), "o-1")
    await stage.until_state("o-1", "delivered")
    await stage.say("warehouse.events", PickingStarted(shipment_id=SHIPMENT), "o-1")
    await stage.until_read()

    assert len(await told(stage, "payment.capture_requested.v1", "payment.requests")) == 1
    mails = [each["template"] for each in await told(stage, "email.requested.v1", "notification.requests")]
    assert sorted(str(each) for each in mails) == ["recorded", "shipped", "validated"]
    assert await stage.state("o-1") == "delivered"
