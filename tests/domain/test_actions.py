"""What may be done now: the list that agents see agrees with what the hub then takes and refuses."""

from dataclasses import replace

import pytest

from consumers.commands import inbound
from contracts import commands as desk
from domain.deciding.decision import Policy
from domain.deciding.received import Actor
from domain.deciding.values import changed
from domain.orders import facts
from domain.orders.view.actions import allowed
from tests.domain.story import ROWS, Cell, Story, brought_to, cells
from tests.domain.world import ADA, ADDRESS, BOSS, CUSTOMER, Hub, code_of, line, somebody

NAMES = {fact: fact.name for fact in inbound.facts}


def offered(story: Story, actor: Actor) -> set[str]:
    return {action.command for action in allowed(story.order, actor)}


def told(cell: Cell) -> tuple[Story, facts.Command, str]:
    row = ROWS[cell.row]
    story = row.story(cell.state)
    command = row.command(story)
    return story, command, NAMES[type(command)]


@pytest.mark.parametrize("cell", [pytest.param(cell, id=f"{cell.row}, {cell.state}") for cell in cells()])
@pytest.mark.rule("EP-07", "OMC-36")
def test_what_is_taken_was_offered(cell: Cell) -> None:
    story, command, name = told(cell)
    before = offered(story, BOSS)

    code = code_of(story.command(command))

    assert code is not None or name in before or name == "order.submit"


@pytest.mark.parametrize("cell", [pytest.param(cell, id=f"{cell.row}, {cell.state}") for cell in cells()])
@pytest.mark.rule("EP-07", "EP-25", "K-03")
def test_what_a_lock_forbids_is_not_offered(cell: Cell) -> None:
    story, command, name = told(cell)
    if code_of(story.command(desk.LockOrder(), ADA)) is not None:
        return
    before = offered(story, BOSS)

    code = code_of(story.command(command))

    assert (code == "locked_by") <= (name not in before)
    assert code is not None or name in before


@pytest.mark.rule("K-05")
def test_only_who_may_force_it_is_offered_to_unlock_anothers_order() -> None:
    story = brought_to("processing")
    story.command(desk.LockOrder(), ADA)

    assert "order.unlock" in offered(story, changed(ADA, scopes=frozenset({"orders.manage"})))
    assert "order.unlock" in offered(story, somebody("orders.unlock"))
    assert "order.unlock" not in offered(story, somebody("orders.manage"))


@pytest.mark.rule("K-04", "EP-27")
def test_a_saved_edit_ends_its_agents_lock_but_not_that_of_a_draft() -> None:
    live, draft = brought_to("processing"), brought_to("draft")
    live.command(desk.LockOrder(), ADA)

    saved = live.command(desk.ModifyOrder(carrier="swift"), ADA)
    draft.command(desk.ModifyOrder(carrier="swift"))

    assert [type(event).__name__ for event in saved.events][-2:] == ["OrderUnlocked", "CommandAccepted"]
    assert live.order.lock is None
    assert draft.order.lock is not None


@pytest.mark.parametrize(
    "command",
    [facts.ConfirmReturn("RMA-1"), facts.CancelReturn("RMA-1"), facts.SendFlash("f"), facts.CancelFlash("f")],
)
@pytest.mark.rule("K-03")
def test_no_edit_passes_another_agents_lock(command: facts.Command) -> None:
    story = brought_to("processing")
    story.command(desk.LockOrder(), ADA)

    assert code_of(story.command(command)) == "locked_by"


@pytest.mark.rule("OMC-13")
def test_handing_a_call_over_needs_its_scope() -> None:
    story = brought_to("draft")

    assert code_of(
        story.command(desk.TransferCall("bea"), changed(BOSS, scopes=BOSS.scopes - {"orders.transfer"}))
    ) == ("scope")


@pytest.mark.rule("EP-03")
def test_a_draft_is_not_submitted_for_another_store() -> None:
    story = brought_to("draft")
    command = ROWS["submit"].command(story)
    assert isinstance(command, facts.SubmitOrder)

    assert code_of(story.command(changed(command, store="paris"))) == "scope"
    assert code_of(story.command(command)) is None


@pytest.mark.rule("PEL-06")
def test_goods_for_nowhere_are_not_approved() -> None:
    story, clerk = Story(), somebody("orders.manage")
    story.command(
        desk.DraftOrder(
            number="N-1",
            store="lille",
            currency="EUR",
            customer=CUSTOMER,
            shipping_address=None,
            lines=(line(1, 2),),
            kind="support",
        ),
        clerk,
    )

    refused = code_of(story.command(facts.ApproveOrder(reason="broken"), clerk))
    story.command(desk.ChangeAddress(address=ADDRESS), clerk)

    assert refused == "gate"
    assert code_of(story.command(facts.ApproveOrder(reason="broken"), clerk)) is None


@pytest.mark.rule("OSM-71")
def test_who_asked_for_a_refund_may_take_it_back_before_the_yes() -> None:
    story = brought_to("delivered")
    clerk = somebody("orders.manage")
    story.command(desk.RequestRefund("items", (desk.LineQuantity(1, 1),), reason="scratched"), clerk)

    assert code_of(story.command(facts.CancelRefund(story.order.refunds[0].id), clerk)) is None


@pytest.mark.rule("H-03")
def test_logistics_looks_at_an_exchange_order_too() -> None:
    story = brought_to("delivered")
    story.hub.policy = replace(story.hub.policy, logistics_pieces=1)
    back = (facts.ReturnLine(1, 1, exchange_sku="shirt-1-L"),)
    story.command(facts.CreateReturn(back, "exchange"))
    story.command(facts.ConfirmReturn(story.order.returns[0].code))
    story.hub.drain_internal()
    exchange = story.other(story.order.exchanges[0].order_id)

    assert set(exchange.order.holds) == {"exchange", "logistics"}


@pytest.mark.rule("H-05")
def test_a_release_that_names_no_hold_means_logistics_where_it_is_the_only_one() -> None:
    held = Story(Hub(Policy(logistics_pieces=1)))
    held.place()
    held.score()
    held.pay()

    assert held.order.holds == ("logistics",)
    assert code_of(held.command(desk.ReleaseHold(), somebody("orders.manage"))) == "scope"
    assert code_of(held.command(desk.ReleaseHold(), somebody("orders.logistics_release"))) is None


@pytest.mark.rule("H-01")
def test_goods_recalled_to_be_held_stay_when_another_hold_goes() -> None:
    story = brought_to("confirmed")
    story.command(desk.FlagAlert("odd"))
    story.command(desk.RecallOrder("hold", reason="wait"))
    story.tell(story.recall_accepted())

    assert set(story.order.holds) == {"alert", "csr"}
    assert not story.command(desk.ClearAlert("odd", reason="seen")).requests


@pytest.mark.rule("OMC-14")
def test_a_voided_call_is_told() -> None:
    decision = brought_to("draft").command(desk.VoidCall())

    assert {"CallVoided", "OrderVoided"} <= {type(event).__name__ for event in decision.events}


@pytest.mark.rule("H-11", "EP-09")
def test_a_held_exchange_order_takes_more_holds() -> None:
    story = brought_to("delivered")
    story.command(facts.CreateReturn((facts.ReturnLine(1, 1, exchange_sku="shirt-1-L"),), "exchange"))
    story.command(facts.ConfirmReturn(story.order.returns[0].code))
    story.hub.drain_internal()
    exchange = story.other(story.order.exchanges[0].order_id)

    assert code_of(exchange.command(desk.HoldOrder(reason="a question"))) is None
    assert set(exchange.order.holds) == {"exchange", "csr"}
