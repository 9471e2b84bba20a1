"""Each mischief of a provider alone: what the gateway makes of it, and that no money moves twice."""

import pytest

from producers.simulators.payment_provider import Naughtiness, Trick
from tests.gateway.till import authorization, capture, refund, till, void
from tests.stage import Stage

pytestmark = pytest.mark.integration

IN_DOUBT = {
    Trick.TIMEOUT_AFTER: "TimeoutError",
    Trick.TIMEOUT_BEFORE: "TimeoutError",
    Trick.ERROR_AFTER: "answered 500",
    Trick.ERROR_BEFORE: "answered 500",
    Trick.GARBAGE: "answer is not about this call",
    Trick.RESET: "ReadError",
    Trick.REDIRECT: "answered 307",
}
NOT_DONE = {Trick.TIMEOUT_BEFORE, Trick.ERROR_BEFORE, Trick.REDIRECT}


@pytest.mark.parametrize("trick", IN_DOUBT)
async def test_what_is_in_doubt_is_asked_before_it_is_sent_again(stage: Stage, trick: Trick) -> None:
    async with till(stage, Naughtiness(script=(trick,))) as at:
        at.start()
        await at.request(authorization("a-1"))
        told = await at.answer("a-1")

    (intent,) = at.provider.books.intents.values()
    assert told == (
        "payment.authorized",
        {"request_id": "a-1", "payment_id": intent["id"], "amount": {"amount": 4500, "currency": "EUR"}},
    )
    row = await at.row("a-1")
    assert row["doubts"] == 1
    assert row["attempts"] == at.counts["calls"] == (2 if trick in NOT_DONE else 1)
    assert at.counts["questions"] == 1
    assert at.counts["followed"] == 0


@pytest.mark.parametrize("trick", [Trick.TIMEOUT_AFTER, Trick.ERROR_AFTER, Trick.RESET])
async def test_a_provider_whose_search_lags_gets_it_again_under_the_same_key_and_does_nothing(
    stage: Stage, trick: Trick
) -> None:
    async with till(stage, Naughtiness(script=(trick,), search_lag=60)) as at:
        at.start()
        await at.request(authorization("a-1"))
        name, _ = await at.answer("a-1")

    assert name == "payment.authorized"
    assert len(at.provider.books.intents) == 1
    assert (at.counts["calls"], at.provider.books.replayed) == (2, 1)


async def test_an_answer_that_comes_late_and_twice_is_one_answer(stage: Stage) -> None:
    async with till(stage, Naughtiness(doubled=1.0)) as at:
        at.start()
        payment = await at.authorized()
        await at.request(capture("c-1", payment))
        await at.request(refund("r-1", payment))
        await at.answer("r-1")

    assert [name for name, _ in await at.answers()] == ["payment.authorized", "payment.captured", "refund.executed"]
    assert (at.counts["doubled"], at.counts["calls"]) == (3, 3)


async def test_a_throttled_call_was_not_made_and_comes_back_when_the_provider_says(stage: Stage) -> None:
    async with till(stage, Naughtiness(script=(Trick.THROTTLED, Trick.THROTTLED), retry_after=1)) as at:
        at.start()
        await at.request(authorization("a-1"))
        waiting = await at.until_state("a-1", "received")
        await at.answer("a-1")

    row = await at.row("a-1")
    assert (row["attempts"], row["doubts"], at.counts["questions"]) == (3, 0, 0)
    # A date has whole seconds, so one second may be a little less.
    assert (row["known_at"] - waiting["received_at"]).total_seconds() >= 1.0


async def test_a_declined_card_is_a_refusal_with_its_reason(stage: Stage) -> None:
    async with till(stage, Naughtiness(declines=1.0)) as at:
        at.start()
        await at.request(authorization("a-1"))
        told = await at.answer("a-1")

    assert told == (
        "payment.refused",
        {"request_id": "a-1", "operation": "authorization", "reason": "insufficient_funds"},
    )
    assert at.counts["calls"] == 1


async def test_a_declined_card_is_a_refusal_also_when_its_answer_is_lost(stage: Stage) -> None:
    async with till(stage, Naughtiness(declines=1.0, script=(Trick.TIMEOUT_AFTER,))) as at:
        at.start()
        await at.request(authorization("a-1"))
        name, told = await at.answer("a-1")

    assert (name, told["reason"]) == ("payment.refused", "insufficient_funds")
    assert (at.counts["calls"], at.counts["questions"]) == (1, 1)


@pytest.mark.parametrize("trick", [None, *IN_DOUBT])
async def test_money_is_taken_and_given_back_once_whatever_is_in_doubt(stage: Stage, trick: Trick | None) -> None:
    async with till(stage, Naughtiness(script=(None, trick, trick, trick))) as at:
        at.start()
        payment = await at.authorized()
        await at.request(authorization("a-2", 5000, payment_id=payment))
        await at.request(capture("c-1", payment, 4000))
        await at.request(refund("r-1", payment, 1500))
        await at.answer("r-1")

    told = {told["request_id"]: (name, told["amount"]["amount"]) for name, told in await at.answers()}
    assert told == {
        "a-1": ("payment.authorized", 4500),
        "a-2": ("payment.authorized", 5000),
        "c-1": ("payment.captured", 4000),
        "r-1": ("refund.executed", 1500),
    }
    (intent,) = at.provider.books.intents.values()
    assert (intent["captures"], intent["amount_received"]) == (1, 4000)
    assert [entry["amount"] for entry in at.provider.books.refunds.values()] == [1500]


@pytest.mark.parametrize("trick", [None, Trick.TIMEOUT_AFTER, Trick.ERROR_BEFORE])
async def test_reserved_money_is_set_free_once(stage: Stage, trick: Trick | None) -> None:
    async with till(stage, Naughtiness(script=(None, trick))) as at:
        at.start()
        payment = await at.authorized()
        await at.request(void("v-1", payment))
        told = await at.answer("v-1")

    amount = {"amount": 4500, "currency": "EUR"}
    assert told == ("payment.voided", {"request_id": "v-1", "payment_id": payment, "amount": amount})
    assert at.provider.books.intents[payment]["status"] == "canceled"


async def test_a_refund_that_the_bank_works_on_is_told_when_it_is_through(stage: Stage) -> None:
    async with till(stage, Naughtiness(refunds_pending=1.0, pending_seconds=0.6)) as at:
        at.start()
        payment = await at.authorized()
        await at.request(capture("c-1", payment))
        await at.request(refund("r-1", payment))
        await at.until_state("r-1", "pending")
        assert [name for name, _ in await at.answers()] == ["payment.authorized", "payment.captured"]

        name, _ = await at.answer("r-1")

    assert name == "refund.executed"
    assert (await at.row("r-1"))["attempts"] == 1


async def test_a_refund_that_the_bank_refuses_may_be_tried_again(stage: Stage) -> None:
    async with till(stage, Naughtiness(refund_failures=1.0)) as at:
        at.start()
        payment = await at.authorized()
        await at.request(capture("c-1", payment))
        await at.request(refund("r-1", payment))
        name, told = await at.answer("r-1")

    assert (name, told["reason"], told["retryable"]) == ("refund.failed", "insufficient_funds", True)


async def test_what_the_provider_can_not_do_is_refused_for_good(stage: Stage) -> None:
    async with till(stage, Naughtiness()) as at:
        at.start()
        payment = await at.authorized()
        await at.request(capture("c-1", payment))
        await at.request(refund("r-1", payment, 4501))
        await at.request(void("v-1", payment))
        await at.request(capture("c-9", "pi_unknown"), "o-9")
        await at.answer("v-1")
        await at.answer("c-9")

    told = {told["request_id"]: (name, told.get("reason"), told.get("retryable")) for name, told in await at.answers()}
    assert told["r-1"] == ("refund.failed", "charge_already_refunded", False)
    assert told["v-1"] == ("payment.refused", "already_captured", None)
    assert told["c-9"] == ("payment.refused", "resource_missing", None)


async def test_a_provider_that_is_away_costs_time_and_nothing_else(stage: Stage) -> None:
    async with till(stage, Naughtiness()) as at:
        away = at.settings.gateway.model_copy(update={"url": "http://127.0.0.1:9", "tries": 2})
        at.start(at.settings.model_copy(update={"gateway": away}))
        await at.request(authorization("a-1"))
        row = await at.until_state("a-1", "given_up")
        assert row["last_error"].startswith("not sent: ConnectError")
        await at.stop()

        at.start()
        name, _ = await at.answer("a-1")

    assert name == "payment.authorized"
    assert len(at.provider.books.intents) == 1


async def test_a_call_that_comes_to_no_end_is_shown_asked_on_and_ends_after_all(stage: Stage) -> None:
    script = (Trick.TIMEOUT_BEFORE,) * 4
    async with till(stage, Naughtiness(script=script), tries=2) as at:
        at.start()
        await at.request(authorization("a-1"))
        await at.until_state("a-1", "given_up")
        name, _ = await at.answer("a-1")

    assert name == "payment.authorized"
    assert (await at.row("a-1"))["doubts"] == 4
