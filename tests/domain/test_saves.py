"""Saves: an edit of several parts is one decision; all of it is done, or nothing."""

import pytest

from contracts import commands as desk
from domain import rights
from domain.deciding.decision import Outcome
from domain.orders import events, facts, requests
from tests.domain.story import Story, brought_to
from tests.domain.world import ELSEWHERE, line, money, somebody

rule = pytest.mark.rule
HAT = desk.NewLine(sku="hat-1", quantity=1, unit_price=700)
EVERYTHING = desk.EditOrder(
    lines=desk.EditedLines(add=(HAT,), change=(desk.LineQuantity(2, 1),)),
    prices=desk.EditedPrices(cut=(desk.PriceCut(1, 10),)),
    shipping_discount_pct=100,
    carrier="swift",
    addresses=(desk.EditedAddress(address=ELSEWHERE, kind="billing"),),
    splits=(desk.EditedSplit((desk.LineQuantity(1, 1),), ELSEWHERE, "express"),),
    contact=desk.EditedContact(phone="+33612345678"),
)

TOO_MANY = desk.EditedSplit((desk.LineQuantity(1, 9),), ELSEWHERE)


def story() -> Story:
    return brought_to("availability_requested", lines=(line(1, 2), line(2, 2)))


@rule("O-26")
def test_a_save_of_everything_is_one_decision_with_one_version_and_one_new_total() -> None:
    told = story()
    before = told.order

    decision = told.command(EVERYTHING)

    after = decision.after
    assert decision.outcome is Outcome.APPLIED, decision.refusal
    assert after.version == before.version + 1
    assert after.total == 2 * 2250 + 2500 + 700
    assert (after.carrier, len(after.live_shipments)) == ("swift", 2)
    assert after.contact is not None
    assert (after.contact.customer.phone, after.contact.billing_address) == ("+33612345678", ELSEWHERE)
    repriced = [each for each in decision.events if isinstance(each, events.OrderRepriced)]
    assert repriced[-1].after == money(after.total)


@rule("O-26")
@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (desk.EditOrder(desk.EditedLines(add=(HAT,)), desk.EditedPrices(cut=(desk.PriceCut(9, 10),))), "gate"),
        (desk.EditOrder(desk.EditedLines(add=(HAT,)), splits=(TOO_MANY,)), "amount_exceeds"),
        (desk.EditOrder(), "gate"),
    ],
)
def test_a_save_of_which_one_part_can_not_be_done_does_nothing(wrong: desk.EditOrder, code: str) -> None:
    told = story()
    before = told.order

    decision = told.command(wrong)

    assert decision.refusal is not None
    assert (decision.refusal.code, decision.after) == (code, before)
    assert decision.requests == ()


@rule("O-26")
def test_a_line_that_is_added_and_paid_for_by_a_cut_asks_for_no_money_more() -> None:
    told = brought_to("availability_requested", lines=(line(1, 2),))
    asked = len([each for _, each in told.hub.asked if isinstance(each, requests.AuthorizationRequested)])

    told.command(
        desk.EditOrder(
            desk.EditedLines(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=500),)),
            desk.EditedPrices(cut=(desk.PriceCut(1, 10),)),
        )
    )

    assert told.order.total == 5500
    assert len([each for _, each in told.hub.asked if isinstance(each, requests.AuthorizationRequested)]) == asked


@rule("O-26")
@pytest.mark.parametrize("state", ["confirmed", "sent", "completed", "cancelled"])
def test_a_save_is_refused_where_each_of_its_parts_would_be(state: str) -> None:
    told = brought_to(state)

    alone = told.command(desk.ModifyOrder(add=(HAT,)))
    saved = told.command(desk.EditOrder(desk.EditedLines(add=(HAT,))))

    assert saved.refusal == alone.refusal


@rule("EP-36")
@pytest.mark.parametrize(
    ("scopes", "edit", "allowed"),
    [
        ((rights.MANAGE,), EVERYTHING, False),
        ((rights.SPLIT,), EVERYTHING, False),
        ((rights.MANAGE, rights.SPLIT), EVERYTHING, True),
        ((rights.SPLIT,), desk.EditOrder(splits=EVERYTHING.splits), True),
        ((rights.MANAGE,), desk.EditOrder(carrier="swift"), True),
    ],
)
def test_a_save_needs_the_scopes_of_its_parts(scopes: tuple[str, ...], edit: desk.EditOrder, allowed: bool) -> None:
    decision = story().command(edit, somebody(*scopes, name="ann"))

    assert (decision.refusal is None) is allowed
    if decision.refusal is not None:
        assert decision.refusal.code == "scope"


@rule("K-04")
def test_a_save_ends_the_lock_of_who_saves() -> None:
    told = story()
    ann = somebody(rights.MANAGE, name="ann")
    told.command(desk.LockOrder(), ann)

    decision = told.command(desk.EditOrder(carrier="swift"), ann)

    assert decision.outcome is Outcome.APPLIED
    assert decision.after.lock is None
    assert told.command(facts.CancelOrder(reason="customer_choice")).outcome is Outcome.APPLIED
