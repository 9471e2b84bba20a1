"""What comes to no end, what comes twice, what comes in turn, and what isn't the gateway's."""

import asyncio
import json
from io import StringIO

import pytest
from rich.console import Console

from contracts.payments import Tender
from contracts.shop import PaymentMethod
from contracts.wire import Outgoing
from domain.orders.money.authorisation import authorization_id
from hub.cli.gateway import calls_table
from hub.desk import gateway
from hub.wiring import signatures_of
from simulators.payment_provider import Trick
from tests.gateway.till import authorization, capture, refund, till
from tests.integration.messages import authorized, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration


async def test_a_provider_that_is_away_costs_time_and_nothing_else(stage: Stage) -> None:
    async with till(stage) as at:
        away = at.settings.gateway.model_copy(update={"url": "http://127.0.0.1:9", "tries": 2})
        at.start(at.settings.model_copy(update={"gateway": away}))
        await at.request(authorization("a-1"), "o-1")
        row = await at.until_state("a-1", "given_up")
        assert row["last_error"].startswith("not sent: ConnectError")
        await at.stop()

        at.start()
        name, _ = await at.answer("a-1")

    assert name == "payment.authorized"
    assert len(at.intents("o-1")) == 1


async def test_a_call_that_comes_to_no_end_is_shown_asked_on_and_ends_after_all(stage: Stage) -> None:
    async with till(stage, tries=2) as at:
        at.plan("a-1", *[Trick.TIMEOUT_BEFORE] * 4)
        at.start()
        await at.request(authorization("a-1"), "o-1")
        await at.until_state("a-1", "given_up")
        (shown,) = await gateway.open_calls(stage.desk, only_unknown=True)
        assert (shown.order_id, shown.kind, shown.amount) == ("o-1", "authorize", 4500)
        screen = StringIO()
        Console(width=200, file=screen).print(calls_table([shown]))
        assert "given_up" in screen.getvalue()

        name, _ = await at.answer("a-1")

    assert name == "payment.authorized"
    assert (await at.row("a-1"))["doubts"] >= 4
    assert await gateway.open_calls(stage.desk, only_unknown=False) == []


async def test_a_key_that_the_provider_does_not_take_is_no_refusal(stage: Stage) -> None:
    async with till(stage) as at:
        at.provider.accept("another key")
        at.start()
        await at.request(authorization("a-1"), "o-1")
        row = await at.until_tried("a-1", 2)
        assert row["last_error"] == "answered 401: api_key_invalid"
        assert await at.answers("o-1") == []

        at.provider.accept(at.key)
        name, _ = await at.answer("a-1")

    assert name == "payment.authorized"


async def test_a_request_that_comes_again_is_answered_again_with_the_same_id_and_not_called_again(stage: Stage) -> None:
    async with till(stage) as at:
        at.start()
        await at.authorized("o-1")
        await at.request(authorization("a-o-1"), "o-1")

        async def told_twice() -> bool:
            return len(await at.answers("o-1")) == 2

        await stage.until(told_twice, "the answer is told again")

    first, second = await stage.records("payment.events")
    assert first.header("ce_id") == second.header("ce_id") is not None
    assert (first.value, first.headers) == (second.value, second.headers)
    assert at.sent("a-o-1") == 1


async def test_a_request_that_comes_again_with_another_amount_is_not_called(stage: Stage) -> None:
    async with till(stage) as at:
        at.start()
        await at.authorized("o-1")
        await at.request(authorization("a-o-1", 9900), "o-1")
        await at.request(authorization("a-2"), "o-1")
        await at.answer("a-2")

    row = await at.row("a-o-1")
    assert (row["amount"], row["state"], at.sent("a-o-1")) == (4500, "answered", 1)
    assert row["last_error"] == "asked for again with other content, which was ignored"
    assert len(await at.answers("o-1")) == 2


async def test_an_orders_calls_wait_for_each_other_and_other_orders_do_not(stage: Stage) -> None:
    async with till(stage) as at:
        at.start()
        payment = await at.authorized("o-1")
        at.plan("c-1", *[Trick.ERROR_BEFORE] * 4)
        await at.request(capture("c-1", payment), "o-1")
        await at.request(refund("r-1", payment), "o-1")
        await at.authorized("o-2")
        assert (await at.row("r-1"))["attempts"] == 0
        await at.answer("r-1")

    assert [name for name, _ in await at.answers("o-1")][1:] == ["payment.captured", "refund.executed"]


async def test_no_more_calls_are_under_way_at_once_than_the_setting_says(stage: Stage) -> None:
    async with till(stage, concurrency=3) as at:
        with at.provider_being(timeout_before=1.0):
            for number in range(12):
                await at.request(authorization(f"a-{number}"), f"o-{number}")
            at.start()
            seen = set()
            for _ in range(40):
                seen.add(len(at.provider.open))
                await asyncio.sleep(0.02)
        for number in range(12):
            await at.answer(f"a-{number}")

    assert max(seen) == 3


async def test_cheques_and_what_is_paid_by_hand_are_not_the_providers(stage: Stage) -> None:
    async with till(stage) as at:
        at.start()
        await at.request(authorization("a-1", method=PaymentMethod.CHEQUE), "o-1")
        await at.request(refund("r-1", "pi_1", tender=Tender.MANUAL), "o-1")
        await at.until_state("a-1", "not_ours")
        await at.until_state("r-1", "not_ours")

    assert at.counts["calls"] == 0
    assert await at.answers("o-1") == []


async def test_a_new_gateway_does_not_do_again_what_another_partner_has_done(stage: Stage) -> None:
    stage.start_hub()
    await stage.say("shop.events", placed(), "o-1")
    await stage.say("payment.events", authorized("o-1"), "o-1")
    await stage.until_rows("SELECT 1 FROM orders WHERE document->'payment'->>'state' = 'authorised'")
    async with till(stage) as at:
        at.start()
        row = await at.until_state(authorization_id("o-1", 1), "not_ours")

    assert row["last_error"] == "answered before this gateway read it"
    assert at.counts["calls"] == 0


async def test_a_request_that_can_not_be_read_is_shown_and_holds_nobody_up(stage: Stage) -> None:
    async with till(stage) as at:
        unreadable = Outgoing("payment.requests", 0, b"o-1", (), json.dumps({"no": "request"}).encode())
        headers = (await signatures_of(stage.settings, stage.engine)).signed(unreadable).headers
        await stage.write("payment.requests", key=b"o-1", value=unreadable.value, headers=headers)
        at.start()
        await at.authorized("o-1")

    (shown,) = await gateway.open_calls(stage.desk, only_unknown=True)
    assert (shown.order_id, shown.state) == ("o-1", "unreadable")
    assert shown.last_error is not None
    assert shown.last_error.startswith("specversion_unknown")


async def test_two_gateways_share_the_work_and_double_nothing(stage: Stage) -> None:
    async with till(stage) as at:
        for _ in range(2):
            at.start()
        with at.provider_being(timeout_after=0.2, error_after=0.2, doubled=0.2):
            for number in range(30):
                await at.request(authorization(f"a-{number}"), f"o-{number}")
            for number in range(30):
                await at.until_state(f"a-{number}", "answered")

    assert len(at.provider.books.intents) == 30
    ids = [record.header("ce_id") for record in await stage.records("payment.events")]
    assert len(ids) == len(set(ids)) == 30


async def test_words_that_no_store_holds_hold_nobody_up(stage: Stage) -> None:
    async with till(stage) as at:
        at.provider.accept("another key", refusing_with="a word\x00 with a NUL")
        at.start()
        await at.request(authorization("a-1"), "o-1")
        row = await at.until_tried("a-1", 1)

    assert row["last_error"] == "answered 401: a word with a NUL"
