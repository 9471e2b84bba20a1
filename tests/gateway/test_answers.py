"""What a provider's answers mean, as tables: refusals, doubts, and answers that are not about the call."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calls.exchange import LONGEST_WAIT, Reply
from adapters.calls.retry_after import seconds_of
from adapters.payments import answers
from adapters.payments.answers import Disputed, NotDone, NotFinal, Nothing, Settled, Unknown
from adapters.payments.calls import Call
from contracts.message import Message
from contracts.payments import PaymentRefused
from tests.gateway.till import authorization, capture, refund, void

AUTHORIZE = Call.of("o-1", authorization("a-1"))
RAISE = Call.of("o-1", authorization("a-2", 5000, payment_id="pi_1"))
CAPTURE = Call.of("o-1", capture("c-1", "pi_1"))
VOID = Call.of("o-1", void("v-1", "pi_1"))
REFUND = Call.of("o-1", refund("r-1", "pi_1"))
CALLS = [AUTHORIZE, RAISE, CAPTURE, VOID, REFUND]


def intent(status: str = "requires_capture", **more: Any) -> dict[str, Any]:
    body = {"id": "pi_1", "object": "payment_intent", "amount": 4500, "amount_received": 0, "currency": "eur"}
    return {**body, "status": status, "metadata": {"request_id": "a-1"}, **more}


def refunded(status: str = "succeeded", **more: Any) -> dict[str, Any]:
    body = {"id": "re_1", "object": "refund", "amount": 1000, "currency": "eur", "status": status}
    return {**body, "payment_intent": "pi_1", "metadata": {"request_id": "r-1"}, **more}


def error(kind: str = "invalid_request_error", code: str = "some_code", **more: Any) -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, **more}}


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(500, error("api_error")), "answered 500: some_code"),
        (Reply(502, None), "answered 502"),
        (Reply(302, None), "answered 302"),
        (Reply(204, None), "answered 204"),
        (Reply(404, "<html>"), "answered 404"),
        (Reply(400, {"error": "no object"}), "answered 400"),
        (Reply(409, error(code="idempotency_key_in_use")), "answered 409: idempotency_key_in_use"),
        (Reply(400, error("idempotency_error")), "answered 400: some_code"),
        (Reply(200, None), "the answer is not about this call"),
        (Reply(200, []), "the answer is not about this call"),
        (Reply(200, intent(metadata={"request_id": "another"})), "the answer is not about this call"),
        (Reply(200, intent(metadata=None)), "the answer is not about this call"),
        (Reply(200, intent(metadata=7)), "the answer is not about this call"),
        (Reply(200, intent("a_new_word")), "the payment is a_new_word"),
        (Reply(200, intent(amount="4500 EUR")), "the provider's payment_intent can't be read: Refused"),
        (Reply(200, intent(currency=None)), "the provider's payment_intent can't be read: Refused"),
        (Reply(200, intent(), key="another key"), "the answer carries another call's key"),
        (Reply(402, error("card_error"), key="another key"), "the answer carries another call's key"),
    ],
)
def test_what_is_neither_done_nor_refused_is_in_doubt(reply: Reply, why: str) -> None:
    assert answers.told(AUTHORIZE, reply) == Unknown(why)


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_refusal_of_the_caller_is_no_refusal_of_the_payment(status: int) -> None:
    verdict = answers.told(CAPTURE, Reply(status, error("some_error"), retry_after=7.0))

    assert verdict == NotDone(f"answered {status}: some_code", 7.0)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (error("card_error", "card_declined", decline_code="lost_card"), "lost_card"),
        (error("card_error", "card_declined"), "card_declined"),
        ({"error": {"type": "card_error"}}, "card_error"),
    ],
)
def test_a_refusal_has_the_most_exact_word_there_is(body: dict[str, Any], reason: str) -> None:
    verdict = answers.told(AUTHORIZE, Reply(402, body, key=AUTHORIZE.key))

    assert verdict == Settled(PaymentRefused(request_id="a-1", reason=reason), None)


@pytest.mark.parametrize(
    ("call", "body", "name"),
    [
        (AUTHORIZE, intent(), "payment.authorized"),
        (AUTHORIZE, intent("succeeded"), "payment.authorized"),
        (AUTHORIZE, intent("requires_action"), "payment.refused"),
        (AUTHORIZE, intent("canceled"), "payment.refused"),
        (RAISE, intent(amount=5000), "payment.authorized"),
        (CAPTURE, intent("succeeded", amount_received=4500), "payment.captured"),
        (CAPTURE, intent("canceled"), "payment.refused"),
        (VOID, intent("canceled"), "payment.voided"),
        (VOID, intent("succeeded"), "payment.refused"),
        (REFUND, refunded(), "refund.executed"),
        (REFUND, refunded("failed", failure_reason="lost_or_stolen_card"), "refund.failed"),
        (REFUND, refunded("canceled"), "refund.failed"),
    ],
)
def test_what_the_provider_has_says_the_same_told_or_asked_for(call: Call, body: dict[str, Any], name: str) -> None:
    told = answers.told(call, Reply(200, body))

    assert isinstance(told, Settled)
    assert told.answer.name == name
    assert answers.found(call, Reply(200, body)) == told
    assert answers.found(call, Reply(200, {"object": "list", "data": [intent(id="pi_9", metadata={}), body]})) == told


@pytest.mark.parametrize(
    ("call", "reply"),
    [
        (AUTHORIZE, Reply(200, {"object": "search_result", "data": []})),
        (AUTHORIZE, Reply(200, {"object": "search_result", "data": [intent(metadata={"request_id": "a-2"})]})),
        (RAISE, Reply(200, intent(amount=4500))),
        (CAPTURE, Reply(200, intent())),
        (CAPTURE, Reply(404, error(code="resource_missing"))),
        (VOID, Reply(200, intent())),
        (REFUND, Reply(200, {"object": "list", "data": [refunded(metadata={"request_id": "r-2"})]})),
    ],
)
def test_a_provider_that_has_it_otherwise_knows_nothing_of_the_call(call: Call, reply: Reply) -> None:
    assert answers.found(call, reply) == Nothing()


def test_a_question_that_is_answered_badly_leaves_the_doubt() -> None:
    for reply in (Reply(500, None), Reply(200, "x"), Reply(200, {"object": "list"}), Reply(200, intent(id="pi_9"))):
        assert isinstance(answers.found(CAPTURE, reply), Unknown), reply


def test_a_search_that_the_provider_does_not_know_leaves_the_doubt() -> None:
    assert isinstance(answers.found(AUTHORIZE, Reply(404, error(code="url_unknown"))), Unknown)


def test_a_payment_that_has_moved_on_is_looked_at_before_the_refusal_is_believed() -> None:
    verdict = answers.told(CAPTURE, Reply(400, error(code="payment_intent_unexpected_state")))

    assert isinstance(verdict, Disputed)
    assert isinstance(verdict.otherwise.answer, PaymentRefused)


def test_a_refund_under_way_is_not_final() -> None:
    assert answers.told(REFUND, Reply(200, refunded("pending"))) == NotFinal("re_1", "the refund is pending")


NAMES = st.sampled_from(["id", "object", "status", "amount", "metadata", "error", "data"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
    max_leaves=12,
)
KINDS = st.sampled_from(["payment_intent", "refund", "list", "search_result"])
THINGS = st.fixed_dictionaries(
    {"object": KINDS, "id": st.just("pi_2") | JSON, "status": JSON, "metadata": JSON, "data": JSON, "currency": JSON}
)


@given(st.sampled_from(CALLS), st.sampled_from([200, 400, 402, 404, 409, 429, 500]), JSON | THINGS)
def test_no_answer_whatever_is_in_it_moves_money_in_the_hubs_books_but_the_calls_own(
    call: Call, status: int, body: Any
) -> None:
    for verdict in (answers.told(call, Reply(status, body)), answers.found(call, Reply(status, body))):
        assert not isinstance(verdict, Settled) or _refuses(verdict.answer), body


def _refuses(message: Message) -> bool:
    return message.name in ("payment.refused", "refund.failed")


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("3", 3.0),
        (" 0 ", 0.0),
        ("999999", LONGEST_WAIT),
        ("Wed, 25 Nov 2026 10:00:30 GMT", 30.0),
        ("Wed, 25 Nov 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_the_time_to_come_back_is_a_number_or_a_date(told: str | None, seconds: float | None) -> None:
    assert seconds_of(told, datetime(2026, 11, 25, 10, tzinfo=UTC), LONGEST_WAIT) == seconds


def test_a_key_is_the_requests_own_and_the_same_for_ever() -> None:
    again = Call.stored("o-1", AUTHORIZE.message.type(), AUTHORIZE.message.encoded())

    assert again.key == AUTHORIZE.key == "6e19680e-9d25-5f97-b0b7-db9d119f796c"
    assert len({call.key for call in CALLS}) == len(CALLS)
    assert dict(again.form) == dict(AUTHORIZE.form)


def test_what_a_payment_is_called_can_not_leave_its_place_in_the_path() -> None:
    assert Call.of("o-1", capture("c-1", "../x?y#z")).path == "/v1/payment_intents/..%2Fx%3Fy%23z/capture"
