"""Amounts at the provider: told in its units, read in the hub's, and refused where there is no such amount."""

from typing import Any

import pytest

from adapters.calls.exchange import Reply
from adapters.payments.amounts import AmountHasNoForm
from adapters.payments.answers import Settled, Unknown, told
from adapters.payments.calls import Call
from contracts.message import Money
from contracts.payments import PaymentAuthorized
from contracts.values import changed
from tests.gateway.till import authorization, capture, refund


def asked(currency: str, minor: int) -> Call:
    return Call.of("o-1", changed(authorization("a-1"), amount=Money(amount=minor, currency=currency)))


def intent(currency: str, amount: int) -> dict[str, Any]:
    told_ = {"id": "pi_1", "object": "payment_intent", "amount": amount, "currency": currency.lower()}
    return {**told_, "status": "requires_capture", "metadata": {"request_id": "a-1"}}


@pytest.mark.parametrize(
    ("currency", "minor", "provider"),
    [
        ("UGX", 380_000, 38_000_000),
        ("ISK", 5, 500),
        ("MGA", 500, 5),
        ("JPY", 500, 500),
        ("EUR", 1050, 1050),
        ("KWD", 5120, 5120),
        ("XOF", 700, 700),
    ],
)
def test_an_amount_is_told_in_the_providers_units_and_its_answer_read_likewise(
    currency: str, minor: int, provider: int
) -> None:
    call = asked(currency, minor)

    verdict = told(call, Reply(200, intent(currency, provider)))

    assert call.form["amount"] == str(provider)
    assert isinstance(verdict, Settled)
    assert isinstance(verdict.answer, PaymentAuthorized)
    assert verdict.answer.amount == Money(amount=minor, currency=currency)


def test_captures_and_refunds_are_told_in_the_same_units() -> None:
    ugx = Money(amount=380, currency="UGX")
    taken = Call.of("o-1", capture("c-1", "pi_1"))
    given = Call.of("o-1", changed(refund("r-1", "pi_1"), amount=ugx))

    assert taken.form == {"amount_to_capture": "4500"}
    assert given.form["amount"] == "38000"


@pytest.mark.parametrize(("currency", "minor"), [("MGA", 550), ("KWD", 5124)])
def test_an_amount_that_the_provider_does_not_know_has_no_form(currency: str, minor: int) -> None:
    with pytest.raises(AmountHasNoForm, match=f"{minor} {currency}"):
        _ = asked(currency, minor).form


def test_an_answer_that_is_no_whole_number_of_minor_units_is_not_understood() -> None:
    assert isinstance(told(asked("UGX", 380_000), Reply(200, intent("UGX", 38_000_001))), Unknown)
