"""Each mischief of a provider alone: what the gateway makes of it, and that no money moves twice."""

import pytest

from simulators.payment_provider import Trick
from tests.gateway.till import Till, authorization, capture, refund, void

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

IN_DOUBT = [
    Trick.TIMEOUT_AFTER,
    Trick.TIMEOUT_BEFORE,
    Trick.ERROR_AFTER,
    Trick.ERROR_BEFORE,
    Trick.GARBAGE,
    Trick.RESET,
    Trick.REDIRECT,
]
NOT_DONE = {Trick.TIMEOUT_BEFORE, Trick.ERROR_BEFORE, Trick.REDIRECT}


@pytest.mark.parametrize("trick", IN_DOUBT)
async def test_what_is_in_doubt_is_asked_before_it_is_sent_again(at: Till, trick: Trick) -> None:
    order = f"doubt-{trick}"
    at.plan(f"a-{order}", trick)
    asked = at.counts["questions"]

    await at.request(authorization(f"a-{order}"), order)
    told = await at.answer(f"a-{order}")

    (intent,) = at.intents(order)
    amount = {"amount": 4500, "currency": "EUR"}
    assert told == (
        "payment.authorized",
        {"request_id": f"a-{order}", "payment_id": intent["id"], "amount": amount},
    )
    row = await at.row(f"a-{order}")
    assert (row["doubts"], at.counts["questions"] - asked) == (1, 1)
    assert row["attempts"] == at.sent(f"a-{order}") == (2 if trick in NOT_DONE else 1)
    assert at.counts["followed"] == 0


@pytest.mark.parametrize("trick", [Trick.TIMEOUT_AFTER, Trick.ERROR_AFTER, Trick.RESET])
async def test_a_provider_whose_search_lags_gets_it_again_under_the_same_key_and_does_nothing(
    at: Till, trick: Trick
) -> None:
    order = f"lag-{trick}"
    at.plan(f"a-{order}", trick)
    replayed = at.provider.books.replayed

    with at.provider_being(search_lag=60):
        await at.request(authorization(f"a-{order}"), order)
        name, _ = await at.answer(f"a-{order}")

    assert name == "payment.authorized"
    assert len(at.intents(order)) == 1
    assert (at.sent(f"a-{order}"), at.provider.books.replayed - replayed) == (2, 1)


async def test_an_answer_that_comes_late_and_twice_is_one_answer(at: Till) -> None:
    with at.provider_being(doubled=1.0):
        payment = await at.authorized("twice")
        await at.request(capture("c-twice", payment), "twice")
        await at.request(refund("r-twice", payment), "twice")
        await at.answer("r-twice")

    told = [name for name, _ in await at.answers("twice")]
    assert told == ["payment.authorized", "payment.captured", "refund.executed"]
    assert [at.sent(request) for request in ("a-twice", "c-twice", "r-twice")] == [1, 1, 1]
    assert at.counts["doubled"] == 3


async def test_a_throttled_call_was_not_made_and_comes_back_when_the_provider_says(at: Till) -> None:
    at.plan("a-full", Trick.THROTTLED, Trick.THROTTLED)
    asked = at.counts["questions"]

    await at.request(authorization("a-full"), "full")
    await at.answer("a-full")

    row = await at.row("a-full")
    assert (row["attempts"], row["doubts"], at.counts["questions"] - asked) == (3, 0, 0)
    # Two seconds were asked for; where a date says it, without its fraction.
    assert (row["known_at"] - row["received_at"]).total_seconds() >= 1.0


async def test_a_declined_card_is_a_refusal_with_its_reason(at: Till) -> None:
    with at.provider_being(declines=1.0):
        await at.request(authorization("a-poor"), "poor")
        told = await at.answer("a-poor")

    refused = {"request_id": "a-poor", "operation": "authorization", "reason": "insufficient_funds"}
    assert told == ("payment.refused", refused)
    assert at.sent("a-poor") == 1


async def test_a_declined_card_is_a_refusal_also_when_its_answer_is_lost(at: Till) -> None:
    at.plan("a-unheard", Trick.TIMEOUT_AFTER)

    with at.provider_being(declines=1.0):
        await at.request(authorization("a-unheard"), "unheard")
        name, told = await at.answer("a-unheard")

    assert (name, told["reason"]) == ("payment.refused", "insufficient_funds")
    assert at.sent("a-unheard") == 1


@pytest.mark.parametrize("trick", [None, *IN_DOUBT])
async def test_money_is_taken_and_given_back_once_whatever_is_in_doubt(at: Till, trick: Trick | None) -> None:
    order = f"whole-{trick}"
    payment = await at.authorized(order)
    requests = {
        f"more-{order}": authorization(f"more-{order}", 5000, payment_id=payment),
        f"c-{order}": capture(f"c-{order}", payment, 4000),
        f"r-{order}": refund(f"r-{order}", payment, 1500),
    }
    for request_id, request in requests.items():
        at.plan(request_id, trick)
        await at.request(request, order)
    await at.answer(f"r-{order}")

    told = [(name, answer["amount"]["amount"]) for name, answer in await at.answers(order)]
    assert told == [
        ("payment.authorized", 4500),
        ("payment.authorized", 5000),
        ("payment.captured", 4000),
        ("refund.executed", 1500),
    ]
    (intent,) = at.intents(order)
    assert (intent["captures"], intent["amount_received"]) == (1, 4000)
    assert [entry["amount"] for entry in at.refunds(payment)] == [1500]


@pytest.mark.parametrize("trick", [None, Trick.TIMEOUT_AFTER, Trick.ERROR_BEFORE])
async def test_reserved_money_is_set_free_once(at: Till, trick: Trick | None) -> None:
    order = f"free-{trick}"
    payment = await at.authorized(order)
    at.plan(f"v-{order}", trick)

    await at.request(void(f"v-{order}", payment), order)
    told = await at.answer(f"v-{order}")

    amount = {"amount": 4500, "currency": "EUR"}
    assert told == ("payment.voided", {"request_id": f"v-{order}", "payment_id": payment, "amount": amount})
    assert at.provider.books.intents[payment]["status"] == "canceled"


async def test_a_refund_that_the_bank_works_on_is_told_when_it_is_through(at: Till) -> None:
    payment = await at.authorized("slow")
    await at.request(capture("c-slow", payment), "slow")

    with at.provider_being(refunds_pending=1.0, pending_seconds=4.0):
        await at.request(refund("r-slow", payment), "slow")
        await at.until_state("r-slow", "pending")
        assert [name for name, _ in await at.answers("slow")] == ["payment.authorized", "payment.captured"]
        name, _ = await at.answer("r-slow")

    assert name == "refund.executed"
    assert at.sent("r-slow") == 1


async def test_a_refund_that_the_bank_refuses_may_be_tried_again(at: Till) -> None:
    payment = await at.authorized("bounced")
    await at.request(capture("c-bounced", payment), "bounced")

    with at.provider_being(refund_failures=1.0):
        await at.request(refund("r-bounced", payment), "bounced")
        name, told = await at.answer("r-bounced")

    assert (name, told["reason"], told["retryable"]) == ("refund.failed", "insufficient_funds", True)


async def test_what_the_provider_can_not_do_is_refused_for_good(at: Till) -> None:
    payment = await at.authorized("never")
    await at.request(capture("c-never", payment), "never")
    await at.request(refund("r-never", payment, 4501), "never")
    await at.request(void("v-never", payment), "never")
    await at.request(capture("c-unknown", "pi_unknown"), "unknown")

    await at.answer("v-never")
    await at.answer("c-unknown")
    told = [(name, answer.get("reason"), answer.get("retryable")) for name, answer in await at.answers("never")]
    assert told[2:] == [
        ("refund.failed", "charge_already_refunded", False),
        ("payment.refused", "already_captured", None),
    ]
    assert [answer["reason"] for _, answer in await at.answers("unknown")] == ["resource_missing"]


async def test_questions_that_are_not_answered_are_asked_again(at: Till) -> None:
    at.plan("a-mute", Trick.TIMEOUT_AFTER)

    with at.provider_being(questions=1.0):
        await at.request(authorization("a-mute"), "mute")
        await at.until_doubted("a-mute", 3)
    name, told = await at.answer("a-mute")

    assert (name, told["amount"]) == ("payment.authorized", {"amount": 4500, "currency": "EUR"})
    assert at.sent("a-mute") == 1
