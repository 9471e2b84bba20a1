"""Words and fields: every state has its look, every command its form, and what people write is what is sent."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest

from domain.orders import holds
from domain.orders import order as states
from hub.api import acting
from hub.console.acts import Act
from hub.console.fields import Field, FieldIsWrong, body_of, fields_of, minor
from hub.console.words import LOOKS, look
from hub.desk.names import spelling, spelt

ORDER: Mapping[str, Any] = {
    "lines": [{"line": 1, "name": "shirt"}, {"line": 2, "name": "sock"}],
    "shipments": [{"shipment_id": "s-1"}],
    "refunds": [{"refund_id": "f-1"}],
    "returns": [{"rma_code": "R-1"}],
    "flash_reorders": [],
    "payment": {"payments": [{"payment_id": "p-1"}]},
}
ACTS = [act for rows in acting.DESCRIBED.values() for act in rows]
KINDS: dict[str, type[StrEnum]] = {
    "order": states.State,
    "transaction": states.PaymentState,
    "line": states.LineState,
    "shipment": states.ShipmentState,
    "return": states.ReturnState,
    "refund": states.RefundState,
    "flash": states.FlashState,
    "exchange": states.ExchangeState,
    "recall": states.RecallState,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_that_there_is_has_a_look_and_no_look_is_left_over(kind: str) -> None:
    assert set(LOOKS[kind]) - {"beside"} == {state.value for state in KINDS[kind]}


def test_every_hold_has_a_look() -> None:
    assert set(LOOKS["hold"]) == set(holds.KINDS)


@pytest.mark.parametrize("kind", LOOKS)
def test_no_two_states_of_a_kind_have_the_same_word(kind: str) -> None:
    words = [each.word for each in LOOKS[kind].values()]

    assert len(words) == len(set(words))


def test_a_state_that_the_console_does_not_know_yet_is_shown_by_its_name() -> None:
    assert look("order", "half_packed").word == "half packed"


def leaves(fields: tuple[Field, ...]) -> list[Field]:
    return [leaf for each in fields for leaf in (leaves(each.parts) if each.parts else [each])]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: f"{act.method} {act.path}")
def test_every_act_has_a_form_with_all_that_its_body_may_have(act: Act) -> None:
    fields = fields_of(act.schema, ORDER)
    plain = act.schema["anyOf"][0] if "anyOf" in act.schema else act.schema

    members = {name for name, held in plain.get("properties", {}).items() if held.get("const") is not False}
    assert {each.member for each in fields} == members
    assert set(plain.get("required", ())) == {each.member for each in fields if each.required}


def test_a_filled_form_is_the_body_that_it_means() -> None:
    (act,) = acting.DESCRIBED["refund.request"]
    fields = fields_of(act.schema, ORDER)
    given = {
        "kind": "items",
        "lines.2.quantity": "3",
        "shipping": "yes",
        "amount": "12,50",
        "tender": "",
        "reason": " late ",
    }

    assert body_of(fields, given, "EUR") == {
        "kind": "items",
        "lines": [{"line": 2, "quantity": 3}],
        "shipping": True,
        "amount": 1250,
        "reason": "late",
    }


def test_what_is_left_empty_is_left_out() -> None:
    (act,) = acting.DESCRIBED["order.cancel"]

    assert body_of(fields_of(act.schema, ORDER), {"reason": ""}, "EUR") == {}


def test_a_box_that_must_be_answered_says_no_where_it_is_not_ticked() -> None:
    (act,) = acting.DESCRIBED["payment.cheque.check"]

    body = body_of(fields_of(act.schema, ORDER), {"signed": "yes"}, "EUR")

    assert body == {"signed": True, "amount": False, "billing_address": False, "customer_name": False}


def test_a_number_that_is_none_names_its_field() -> None:
    (act,) = acting.DESCRIBED["refund.request"]

    with pytest.raises(FieldIsWrong) as wrong:
        body_of(fields_of(act.schema, ORDER), {"lines.1.quantity": "two"}, "EUR")

    assert wrong.value.name == "lines.1.quantity"


@pytest.mark.parametrize(
    ("written", "currency", "amount"),
    [
        ("12.50", "EUR", 1250),
        ("12,5", "EUR", 1250),
        ("1\u202f200,00", "EUR", 120000),
        ("12", "JPY", 12),
        ("1.234", "KWD", 1234),
    ],
)
def test_amounts_are_read_as_people_write_them(written: str, currency: str, amount: int) -> None:
    assert minor("amount", written, currency) == amount


@pytest.mark.parametrize("written", ["twelve", "12.505", "NaN", "Infinity", "1e99", "--1"])
def test_an_amount_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(FieldIsWrong):
        minor("amount", written, "EUR")


@pytest.mark.parametrize("order", ["o-1", "W 1", "a/b?c=%41", "~abc", "Zoé", "../../v1/ops"])
def test_an_orders_id_stands_in_an_address_whatever_is_in_it(order: str) -> None:
    address = spelling(order)

    assert spelt(address) == order
    assert set(address) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~")
