"""The gate matrix: every command in every state of an order, by the cells written down in data/gates.csv."""

from collections.abc import Callable

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome
from domain.deciding.values import changed
from domain.orders import events, facts
from tests.domain.story import HOLDS, LINES, NEVER, NOT_APPLICABLE, ROWS, Cell, Story, brought_to, cells
from tests.domain.world import BOSS, code_of, detail_of, hint_of, somebody, standing, two_parcels, without


def params(*, special: bool = False) -> list[object]:
    """The cells as parameters, each marked with the rules of its row where they have something to say."""
    chosen = [cell for cell in cells() if cell.cell == "S" or not special]
    return [pytest.param(c, id=f"{c.row}, {c.state}", marks=marks(c)) for c in chosen]


def marks(cell: Cell) -> list[pytest.MarkDecorator]:
    return [] if cell.cell == NOT_APPLICABLE else [pytest.mark.rule(*cell.ids)]


def test_the_matrix_names_every_row_and_state() -> None:
    assert {cell.row for cell in cells()} == set(ROWS)
    assert len(list(cells())) == len(ROWS) * 15 - len(NEVER)


@pytest.mark.parametrize("cell", params())
def test_a_command_is_taken_or_refused_as_its_cell_says(cell: Cell) -> None:
    row = ROWS[cell.row]
    story = row.story(cell.state)
    before = story.order

    decision = story.command(row.command(story))

    if cell.allowed:
        assert (decision.outcome, code_of(decision)) == (Outcome.APPLIED, None)
        assert any(isinstance(event, events.CommandAccepted) for event in decision.events)
        assert cell.cell != "void" or story.order.state == "voided"
        return
    assert (decision.outcome, code_of(decision)) == (Outcome.REFUSED, cell.code)
    assert cell.cell == NOT_APPLICABLE or any(state in detail_of(decision) for state in cell.column)
    assert [type(event) for event in decision.events] == [events.CommandRejected]
    assert not decision.requests
    assert story.order is before
    if cell.cell == "R":
        assert "recall" in hint_of(decision)


@pytest.mark.parametrize("cell", params(special=True))
def test_a_special_cell_needs_its_scope(cell: Cell) -> None:
    row = ROWS[cell.row]
    story = row.story(cell.state)

    denied = story.command(row.command(story), without(cell.scope))
    taken = story.command(row.command(story))

    assert (code_of(denied), code_of(taken)) == ("scope", None)


@pytest.mark.rule("OSM-52")
def test_from_confirmed_on_a_price_change_is_told_to_refund_after_shipping() -> None:
    story = brought_to("confirmed", lines=LINES)

    decision = story.command(desk.ChangePrice((desk.PriceCut(1, 10),), reason="late"))

    assert "refund" in hint_of(decision)
    assert "after shipping" in hint_of(decision)


@pytest.mark.parametrize("state", ["payment_pending", "shipping"])
@pytest.mark.rule("A-03")
def test_nothing_is_given_back_out_of_goodwill_before_money_is_taken(state: str) -> None:
    story = brought_to(state, lines=LINES)

    decision = story.command(desk.RequestRefund("goodwill", amount=100, reason="late"))

    assert code_of(decision) == "gate"
    assert not story.order.refunds


ONE = (desk.LineQuantity(1, 1),)
NEEDS_A_REASON = [
    pytest.param("availability_requested", facts.CancelOrder(), marks=pytest.mark.rule("OSM-32", "O-27")),
    pytest.param("availability_requested", desk.HoldOrder(), marks=pytest.mark.rule("H-01")),
    pytest.param("availability_requested", desk.SuspendOrder(), marks=pytest.mark.rule("H-02")),
    pytest.param("confirmed", desk.RecallOrder(), marks=pytest.mark.rule("O-22")),
    pytest.param("delivered", desk.RequestRefund("items", ONE), marks=pytest.mark.rule("F-01")),
    pytest.param("delivered", desk.RequestRefund("goodwill", amount=100), marks=pytest.mark.rule("F-02")),
    pytest.param("delivered", desk.CreateZeroOrder(), marks=pytest.mark.rule("OSM-76")),
]


@pytest.mark.parametrize(("state", "command"), NEEDS_A_REASON)
def test_a_command_that_needs_its_reason_is_refused_without(state: str, command: facts.Command) -> None:
    story = brought_to(state, lines=LINES)

    without_reason = story.command(command)
    before = standing(story.order)
    with_reason = story.command(changed(command, reason="customer_choice"))

    assert (code_of(without_reason), code_of(with_reason)) == ("reason_required", None)
    assert with_reason.to_others or standing(story.order) != before


@pytest.mark.rule("OSM-33", "A-11")
def test_out_of_stock_is_no_reason_to_cancel_an_order_of_several_lines() -> None:
    several, single = brought_to("processing", lines=LINES), brought_to("processing")

    refused = several.command(facts.CancelOrder(reason="single_line_out_of_stock"))
    cancelled = single.command(facts.CancelOrder(reason="single_line_out_of_stock"))

    assert (refused.outcome, cancelled.outcome) == (Outcome.REFUSED, Outcome.APPLIED)


@pytest.mark.parametrize("name", sorted(set(ROWS) - {"submit"}))
def test_a_command_for_an_order_that_nobody_placed_is_unknown(name: str) -> None:
    row = ROWS[name]
    command = row.command(row.story("delivered"))

    assert code_of(Story().command(command)) == "unknown_order"


def needs(make: str | Callable[[], Story], command: facts.Command, scope: str, *ids: str) -> object:
    return pytest.param(make, command, scope, id=scope, marks=pytest.mark.rule(*ids))


def _locked() -> Story:
    story = brought_to("availability_requested")
    story.command(desk.LockOrder(), somebody("orders.manage", name="ann"))
    return story


RETURN = facts.CreateReturn((facts.ReturnLine(1, 1),))
GOODWILL = desk.RequestRefund("goodwill", amount=100, reason="late")
SCOPES = [
    needs("availability_requested", desk.HoldOrder(reason="a question"), "orders.manage", "EP-03"),
    needs("risk_review", facts.CancelOrder(reason="fraud_proven"), "fraud.review", "O-18"),
    needs(_locked, desk.UnlockOrder(force=True), "orders.unlock", "EP-30", "K-05"),
    needs("delivered", RETURN, "return.create", "EP-38", "R-01"),
    needs("delivered", GOODWILL, "refund.create", "EP-54", "F-02"),
    needs("confirmed", desk.RecallOrder(reason="wish"), "orders.recall", "O-22"),
    needs(HOLDS["logistics"], desk.ReleaseHold("logistics", reason="go"), "orders.logistics_release", "PEL-31", "H-05"),
]


@pytest.mark.parametrize(("make", "command", "scope"), SCOPES)
def test_a_command_needs_its_scope(make: str | Callable[[], Story], command: facts.Command, scope: str) -> None:
    story = brought_to(make, lines=LINES) if isinstance(make, str) else make()

    denied = story.command(command, without(scope))
    taken = story.command(command)

    assert (code_of(denied), code_of(taken)) == ("scope", None)


@pytest.mark.rule("EP-02", "EP-03")
def test_a_command_needs_a_right_on_the_store_of_the_order() -> None:
    story = brought_to("availability_requested")
    elsewhere = changed(BOSS, stores=frozenset({"paris"}))

    assert code_of(story.command(desk.HoldOrder(reason="a question"), elsewhere)) == "scope"
    assert code_of(story.command(desk.HoldOrder(reason="a question"), somebody("orders.manage"))) is None


@pytest.mark.rule("A-11", "OSM-33")
def test_a_missing_single_line_is_no_reason_to_stop_a_parcel_of_several() -> None:
    reason = "single_line_out_of_stock"
    asked = brought_to("processing", lines=two_parcels())
    given = brought_to("confirmed", lines=two_parcels())

    parcel = asked.command(desk.CancelShipment(asked.shipment(0).id, reason=reason))
    recall = given.command(desk.RecallOrder("cancel", reason=reason))
    asked.command(desk.ModifyOrder(remove=(1,)))
    alone = asked.command(facts.CancelOrder(reason=reason))

    assert [code_of(each) for each in (parcel, recall, alone)] == ["gate", "gate", None]
