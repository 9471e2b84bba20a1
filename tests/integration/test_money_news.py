"""News of money on real servers: nobody asked for it, and it is in the books all the same."""

import json

import pytest

from contracts.availability import AvailabilityReported, LineAvailability, ReportedLine
from contracts.commands import CancelOrder, NotePayment, WriteOffPayment
from contracts.message import Message, Money
from contracts.payments import Operation, PaymentAuthorized, PaymentCaptured, PaymentRefused, PaymentVoided
from domain.deciding.identity import derive
from domain.orders.goods.availability import request_id
from domain.orders.money.authorisation import authorization_id
from domain.orders.money.capture import capture_id
from tests.integration.messages import approve, send
from tests.stage import Stage, by_type

pytestmark = pytest.mark.integration
EUR = Money(amount=4500, currency="EUR")
SHIPMENT = derive("o-1", "shipment", 1)


async def command(stage: Stage, message: Message) -> None:
    await stage.say("hub.commands", message, "o-1", source="/tools/desk", token=stage.token())


async def asked(stage: Stage, kind: str, topic: str = "payment.requests") -> list[dict[str, object]]:
    """Return what the hub asked of a partner under a type."""
    return [dict(json.loads(r.value or b"{}")) for r in by_type(await stage.records(topic)).get(kind, [])]


async def test_money_taken_in_the_console_after_the_cancellation_goes_back(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await command(stage, CancelOrder(reason="customer_choice"))
    await stage.until_state("o-1", "cancelled")

    taken = PaymentCaptured(request_id="dashboard-1", payment_id="pay-o-1", amount=EUR)
    await stage.say("payment.events", taken, "o-1")
    await stage.say("payment.events", taken, "o-1")
    await stage.until_read()

    back = await asked(stage, "refund.requested.v1")
    assert [(each["payment_id"], each["amount"]) for each in back] == [("pay-o-1", {"amount": 4500, "currency": "EUR"})]
    rows = await stage.until_rows("SELECT transitions FROM journal WHERE order_id = 'o-1' AND outcome = 'late'")
    assert [list(row["transitions"]) for row in rows] == [["repeated: this amount of this request is in the books"]]


async def test_no_goods_leave_for_a_reservation_that_the_bank_let_go(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await stage.say("payment.events", PaymentVoided(request_id="bank", payment_id="pay-o-1", amount=EUR), "o-1")
    there = AvailabilityReported(
        request_id=request_id("o-1", SHIPMENT, 1),
        shipment_id=SHIPMENT,
        lines=(ReportedLine(line=1, status=LineAvailability.AVAILABLE),),
    )
    await stage.say("availability.events", there, "o-1")
    await stage.until_state("o-1", "confirmed")
    await stage.until_read()

    assert await asked(stage, "shipment.release.v1", "warehouse.requests") == []
    assert [each.get("attempt", 1) for each in await asked(stage, "payment.authorization_requested.v1")] == [1, 2]
    again = PaymentAuthorized(request_id=authorization_id("o-1", 2), payment_id="pay-2", amount=EUR)
    await stage.say("payment.events", again, "o-1")
    await stage.until_read()
    assert len(await asked(stage, "shipment.release.v1", "warehouse.requests")) == 1


async def test_a_capture_that_fails_is_noted_or_written_off_by_hand(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await send(stage, "o-1", "T-1")
    await stage.until_state("o-1", "sent")
    no = PaymentRefused(request_id=capture_id("o-1"), operation=Operation.CAPTURE)
    await stage.say("payment.events", no, "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%capture_failed%'")

    await command(stage, NotePayment(operation="capture", amount=4000, reference="console-7", reason="by hand"))
    await command(stage, WriteOffPayment(reason="the rest is not worth it"))
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%written_off%'")
    await stage.until_read()

    (row,) = await stage.until_rows("SELECT document->'payment' AS payment FROM orders WHERE order_id = 'o-1'")
    payment = json.loads(row["payment"]) if isinstance(row["payment"], str) else row["payment"]
    assert (payment["captured"], payment["written_off"]) == (4000, 500)
