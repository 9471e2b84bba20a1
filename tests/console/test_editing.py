"""What an edit page's fields come to, without a server."""

from typing import Any

import pytest

from hub.console import editing
from hub.console.fields import FieldIsWrong
from hub.console.stale import compared, snapshot

ADDRESS = {"street": "1 rue Basse", "city": "Lille", "postcode": "59800", "country": "FR"}


def money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def order(**changed: Any) -> dict[str, Any]:
    line = {"line": 1, "quantity": 3, "state": "requested", "discount_percent": 0.0, "shipment_id": "s-1"}
    held = {
        "carrier": "colis",
        "currency": "EUR",
        "state": "approved",
        "holds": [],
        "payment": None,
        "lines": [line, {**line, "line": 2, "state": "cancelled"}],
        "shipments": [{"shipment_id": "s-1", "state": "planned", "lines": [1]}],
        "totals": {"total": money(900), "shipping": money(250), "shipping_before": money(500)},
        "contact": {"customer": {"id": "c-1", "name": "Zoe"}, "shipping_address": ADDRESS, "own_addresses": []},
        "actions": [],
    }
    return held | changed


def test_a_page_that_nobody_touched_changes_nothing() -> None:
    seen = editing.fields(order())

    assert seen["shipping_off"] == "50"
    assert "line.2.quantity" not in seen
    assert editing.edit(seen, seen, "EUR").is_empty


def test_only_what_was_changed_is_sent() -> None:
    seen = editing.fields(order())
    given = {**seen, "line.1.quantity": "2", "line.1.off": "10", "shipping_off": "", "contact.name": "Zoe V"}

    body = editing.edit(given, seen, "EUR").body

    assert body == {
        "lines": {"change": [{"line": 1, "quantity": 2}]},
        "prices": {"cut": [{"line": 1, "percent": 10}]},
        "shipping_discount_pct": 0,
        "contact": {"name": "Zoe V"},
    }


def test_what_is_taken_out_is_not_changed_as_well() -> None:
    seen = editing.fields(order())
    given = {**seen, "line.1.remove": "yes", "line.1.off": "10", "line.1.quantity": "1", "line.1.to": "a"}

    assert editing.edit(given, seen, "EUR").body == {"lines": {"remove": [1]}}


def test_boxes_that_nothing_moves_to_are_not_made() -> None:
    seen = editing.fields(order())
    street = {"box.b.street": "2 rue Haute", "box.b.city": "Lille", "box.b.country": "fr", "box.a.method": "swift"}

    assert editing.edit({**seen, **street, "line.1.move": "1"}, seen, "EUR").is_empty
    moved = editing.edit({**seen, **street, "line.1.to": "b"}, seen, "EUR").body
    assert moved["splits"] == [
        {
            "lines": [{"line": 1, "quantity": 3}],
            "address": {"street": "2 rue Haute", "city": "Lille", "country": "FR"},
        }
    ]


def test_an_address_goes_whole_and_faults_find_their_field() -> None:
    seen = editing.fields(order())
    edit = editing.edit({**seen, "shipping.street": "2 rue Haute", "ship.s-1.street": "x"}, seen, "EUR")

    assert edit.body["addresses"][0] == {"kind": "shipping", "address": ADDRESS | {"street": "2 rue Haute"}}
    assert edit.body["addresses"][1]["shipment_id"] == "s-1"
    assert edit.field_of("/addresses/1/address/city") == "ship.s-1.city"
    assert edit.field_of("/carrier") == "carrier"


def test_a_line_that_is_added_is_read_as_people_write_it() -> None:
    seen = editing.fields(order())
    given = {**seen, "add.1.sku": " HAT-1 ", "add.1.quantity": "2", "add.1.unit_price": "9,90", "add.2.quantity": "1"}

    added = editing.edit(given, seen, "EUR").body["lines"]["add"]

    assert added == [{"sku": "HAT-1", "quantity": 2, "unit_price": 990}]
    with pytest.raises(FieldIsWrong):
        editing.edit({**given, "add.1.quantity": "two"}, seen, "EUR")


@pytest.mark.parametrize(
    ("wanted", "now", "keeps"),
    [
        ({"line.1.quantity": "2"}, {"carrier": "swift"}, True),
        ({"carrier": "own"}, {"carrier": "swift"}, False),
        ({"line.1.quantity": "2"}, {"lines": []}, False),
        ({"line.1.remove": "yes"}, {"lines": []}, False),
        ({"add.1.sku": "HAT-1"}, {"carrier": "swift"}, True),
    ],
)
def test_a_change_is_kept_if_nobody_has_changed_the_same(
    wanted: dict[str, str], now: dict[str, Any], keeps: bool
) -> None:
    seen = snapshot(order())

    found = compared(seen, order(**now), wanted, [], "ann")

    assert found.keeps is keeps
    assert {row.name for row in found.rows} >= set(wanted)


def test_who_ended_the_lock_by_force_is_named_but_not_oneself() -> None:
    entries = [{"what": "order.unlock.v1", "who": "ann"}, {"what": "order.unlock.v1", "who": "bea"}]

    assert compared({}, order(), {}, entries, "ann").forced == "bea"
    assert compared({}, order(), {}, entries[:1], "ann").forced is None
