"""The service desk on real servers: commands in, events and requests out, deadlines on a clock that is moved."""

import json
from datetime import timedelta

import pytest

from contracts import commands
from contracts.commands import ApproveOrder, CancelOrder
from contracts.message import Message, Money
from contracts.payments import ChequeReceived
from contracts.shop import PaymentMethod
from contracts.warehouse import RecallAccepted
from contracts.wire import Record
from domain.deciding.identity import derive
from hub.settings import ClockSettings
from tests.integration.messages import CLEAR, approve, available, handed_over, placed
from tests.stage import Stage, by_type

pytestmark = pytest.mark.integration


async def command(stage: Stage, message: Message, order: str = "o-1", *, scopes: tuple[str, ...] = ()) -> None:
    await stage.say("hub.commands", message, order, source="/tools/desk", token=stage.token(*scopes))


async def refusals(stage: Stage) -> list[str]:
    """Return the codes of all refusals, in the order in which they were told."""
    told = by_type(await stage.records("order.events")).get("command.rejected.v1", [])
    return [str(body(record)["code"]) for record in told]


def body(record: Record) -> dict[str, object]:
    return dict(json.loads(record.value or b"{}"))


async def test_a_confirmed_order_is_recalled_and_cancelled(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.say("availability.events", available("o-1"), "o-1")
    await stage.until_state("o-1", "confirmed")

    await command(stage, CancelOrder(reason="customer_choice"))
    await command(stage, commands.RecallOrder(intent="cancel", reason="customer_choice"))
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%\"recall\"%'")
    await stage.say("warehouse.events", RecallAccepted(shipment_id=derive("o-1", "shipment", 1)), "o-1")
    await stage.until_state("o-1", "cancelled")
    await stage.until_read()

    assert await refusals(stage) == ["gate_confirmed"]
    requests = by_type(await stage.records("warehouse.requests", "payment.requests"))
    assert [len(requests[kind]) for kind in ("recall.requested.v1", "shipment.cancelled.v1")] == [1, 1]
    assert len(requests["payment.void_requested.v1"]) == 1
    assert {"order.reopened.v1", "order.cancelled.v1"} <= set(await stage.types("o-1"))


async def test_a_cheque_is_checked_authorised_and_validated(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(payment_method=PaymentMethod.CHEQUE), "o-1")
    await stage.say("fraud.events", CLEAR, "o-1")
    await stage.say("payment.events", ChequeReceived(amount=Money(amount=4500, currency="EUR")), "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%cheque_received%'")

    await command(stage, commands.ValidateCheque())
    await command(stage, commands.CheckCheque(signed=True, amount=True, billing_address=True, customer_name=True))
    await command(stage, commands.AuthorizeCheque(), scopes=("orders.manage",))
    await command(stage, commands.AuthorizeCheque())
    await command(stage, commands.ValidateCheque())
    await stage.until_state("o-1", "availability_requested")
    await stage.until_read()

    assert await refusals(stage) == ["gate", "scope"]


async def test_a_free_copy_is_made_by_message_and_approved(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.say("availability.events", available("o-1"), "o-1")
    await stage.say("warehouse.events", handed_over("o-1", "T-1"), "o-1")
    await stage.until_state("o-1", "sent")

    await command(stage, commands.CreateZeroOrder(reason="lost in transit"))
    rows = await stage.until_rows("SELECT order_id, document FROM orders WHERE state = 'draft'")
    await command(stage, ApproveOrder(reason="lost in transit"), str(rows[0]["order_id"]))
    await stage.until_state(str(rows[0]["order_id"]), "availability_requested")
    await stage.until_read()

    mails = by_type(await stage.records("notification.requests"))["email.requested.v1"]
    assert "new_order_no" in [body(mail)["template"] for mail in mails]


async def test_deadlines_of_days_come_when_the_clock_is_moved(stage: Stage) -> None:
    stage.start_hub()
    await approve(stage, "o-1")
    await stage.until_state("o-1", "availability_requested")
    await command(stage, commands.LockOrder())
    await stage.until_rows("SELECT 1 FROM timers WHERE kind = 'lock'")
    await stage.stop_hubs()

    stage.start_hub(stage.settings.model_copy(update={"clock": ClockSettings(ahead=timedelta(hours=13))}))
    await stage.until_rows("SELECT 1 FROM orders WHERE document::text LIKE '%availability_late%'")
    await stage.until_read()

    unlocked = by_type(await stage.records("order.events"))["order.unlocked.v1"]
    assert [(body(event)["owner"], body(event)["how"]) for event in unlocked] == [("ann", "expired")]
