"""Pieces on real servers: given back once, counted by receipts, and paid back where they were paid."""

import json
from datetime import UTC, datetime

import pytest

from contracts import commands
from contracts.carriers import CarrierDelivered
from contracts.commands import ApproveRefund, CreateReturn
from contracts.message import Message, Money
from contracts.payments import PaymentCaptured
from contracts.shop import Outcome, ReceivedLine, ReturnLine, ReturnRequested
from contracts.warehouse import ReturnReceived
from domain.deciding.identity import derive, rma_code
from domain.orders.money.capture import capture_id
from tests.integration.messages import answers, approve, send
from tests.stage import Stage, by_type
from verification import Verification, verify

pytestmark = pytest.mark.integration
SHOP = "/shops/lille"
ONE = (ReturnLine(line=1, quantity=1),)
PIECE = (ReceivedLine(line=1, quantity=1),)
MOMENT = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


async def told(stage: Stage, kind: str, topic: str = "order.events") -> list[dict[str, object]]:
    """Return what was said under a type, in the order in which it was said."""
    return [json.loads(record.value or b"{}") for record in by_type(await stage.records(topic)).get(kind, [])]


async def delivered(stage: Stage) -> None:
    """Have an order of two pieces delivered and paid."""
    stage.start_hub()
    await approve(stage, "o-1")
    await send(stage, "o-1", "T-1")
    await stage.until_state("o-1", "sent")
    amount = Money(amount=4500, currency="EUR")
    taken = PaymentCaptured(request_id=capture_id("o-1"), payment_id="pay-o-1", amount=amount)
    await stage.say("payment.events", taken, "o-1")
    await arrive(stage, "o-1", "T-1")


async def arrive(stage: Stage, order_id: str, tracking: str) -> None:
    await stage.say("carrier.events", CarrierDelivered(tracking_number=tracking), order_id)
    await stage.until_state(order_id, "delivered")


async def command(stage: Stage, message: Message, event_id: str) -> None:
    await stage.say("hub.commands", message, "o-1", source="/tools/desk", token=stage.token(), event_id=event_id)


async def comes_back(stage: Stage, order_id: str, event_id: str, outcome: Outcome) -> str:
    """Have a customer send one piece back, and return the code of the return."""
    wanted = ReturnRequested(lines=ONE, outcome=outcome)
    await stage.say("shop.events", wanted, order_id, source=SHOP, event_id=event_id)
    code = rma_code(order_id, SHOP, event_id)
    await stage.say("warehouse.events", ReturnReceived(rma_code=code, lines=PIECE), order_id)
    return code


@pytest.mark.rule("R-21")
async def test_pieces_that_were_credited_are_not_exchanged(stage: Stage) -> None:
    await delivered(stage)
    both = (commands.LineQuantity(line=1, quantity=2),)
    await command(stage, commands.RequestRefund(lines=both, reason="scratched"), "credit")
    await command(stage, ApproveRefund(refund_id=derive("o-1", "refund", "/tools/desk", "credit")), "approve")

    await command(stage, CreateReturn(lines=ONE, outcome=Outcome.EXCHANGE), "exchange")
    await stage.until_read()

    said = {each["command"]: each["code"] for each in await answers(stage, "o-1")}
    assert said == {"credit": "", "approve": "", "exchange": "amount_exceeds"}
    assert await told(stage, "exchange.created.v1") == []


@pytest.mark.rule("R-20", "R-22", "A-81")
async def test_returns_and_receipts_of_one_moment_all_count(stage: Stage) -> None:
    await delivered(stage)
    for name in ("b", "a"):
        await stage.say("shop.events", ReturnRequested(lines=ONE), "o-1", source=SHOP, event_id=name, at=MOMENT)
    for name in ("b", "a"):
        code = rma_code("o-1", SHOP, name)
        for event_id in (f"{name}-2", f"{name}-1"):
            receipt = ReturnReceived(rma_code=code, lines=PIECE, receipt_id="GR-1")
            await stage.say("warehouse.events", receipt, "o-1", event_id=event_id, at=MOMENT)
    await stage.until_read()

    wanted = [each["amount"] for each in await told(stage, "refund.requested.v1")]
    assert wanted == [{"amount": 2000, "currency": "EUR"}] * 2
    assert await told(stage, "alert.raised.v1") == []


@pytest.mark.rule("X-20", "F-40")
async def test_the_money_of_a_replacement_is_found_where_it_was_paid(stage: Stage) -> None:
    await delivered(stage)
    code = await comes_back(stage, "o-1", "first", Outcome.EXCHANGE)
    replacement = derive("o-1", "exchange", code)
    await stage.until_state(replacement, "availability_requested")
    await send(stage, replacement, "T-2")
    await arrive(stage, replacement, "T-2")

    await comes_back(stage, replacement, "second", Outcome.REFUND)
    await stage.until_rows("SELECT 1 FROM journal WHERE type = 'replacement.answered.v1' AND outcome = 'applied'")
    await stage.until_read()

    (asked,) = await told(stage, "refund.requested.v1", "payment.requests")
    assert (asked["payment_id"], asked["amount"]) == ("pay-o-1", {"amount": 2000, "currency": "EUR"})
    assert await told(stage, "alert.raised.v1") == []
    report = await verify(Verification(stage.kafka, stage.settings.database_url(), stage.settings.shards))
    assert report.ok, report
