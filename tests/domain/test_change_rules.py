"""Changing and cancelling an order: by whom, until when, and what is told of it."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Decision, Outcome
from domain.orders import events, facts, requests
from domain.orders.order import Order, State
from domain.orders.view.actions import allowed
from domain.orders.view.projection import status_of
from tests.domain.story import LINES, WAYS, Story, brought_to
from tests.domain.world import ELSEWHERE, code_of, hint_of, line, names, received, somebody, two_parcels

AGENT = somebody("orders.manage", name="boss")
"""Who takes drafts down in these stories, with the right to manage orders and no other."""
WISH = facts.CancelOrder(reason="customer_choice")
DIRECT = ("payment_pending", "risk_review", "risk_follow_up", "approved", "availability_requested", "processing")
REFUSED = {
    **dict.fromkeys(("confirmed", "picking"), "gate_confirmed"),
    **dict.fromkeys(("shipping", "sent", "delivered", "completed"), "packed"),
    **dict.fromkeys(("cancelled", "voided"), "gate"),
}
"""Where cancelling is no more possible, and the code that says so (b.0)."""


@pytest.mark.parametrize("state", DIRECT)
@pytest.mark.rule("PEL-10", "OSM-34")
def test_an_agent_cancels_an_order_for_the_customers_wish(state: str) -> None:
    story = brought_to(state)
    decision = story.command(WISH, AGENT)

    assert story.order.state is State.CANCELLED
    (event,) = (each for each in decision.events if isinstance(each, events.OrderCancelled))
    assert event.reason == "customer_choice"


@pytest.mark.parametrize(("state", "code"), REFUSED.items())
@pytest.mark.rule("PEL-10")
def test_an_agent_cancels_only_as_far_as_the_stricter_systems_let_her(state: str, code: str) -> None:
    story = brought_to(state)

    assert code_of(story.command(WISH, AGENT)) == code
    assert story.order.state == state


@pytest.mark.rule("OSM-34")
def test_the_customers_own_wish_to_cancel_is_told_as_the_same_reason() -> None:
    decision = brought_to("availability_requested").tell(facts.CancellationRequested())

    (event,) = (each for each in decision.events if isinstance(each, events.OrderCancelled))
    assert event.reason == "customer_choice"


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.rule("PEL-20")
def test_the_ticketing_tool_cancels_by_the_same_command_with_the_same_limits(state: str) -> None:
    usual, ticketing = brought_to(state), brought_to(state)
    one = cancelled_from(usual, "/clients/console")
    other = cancelled_from(ticketing, "/clients/ticketing")

    assert one.outcome is (Outcome.APPLIED if state in (*DIRECT, "draft") else Outcome.REFUSED)
    assert (other.outcome, code_of(other), names(other)) == (one.outcome, code_of(one), names(one))
    assert ticketing.order == usual.order


def cancelled_from(story: Story, client: str) -> Decision[Order]:
    """Have a client say that the order is to be cancelled."""
    return story.hub.take(story.id, received(WISH, "wish", story.now(), AGENT, client))[0]


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.rule("EP-08")
def test_an_order_offers_to_be_cancelled_exactly_while_it_can_be(state: str) -> None:
    story = brought_to(state)
    offered = "order.cancel" in {action.command for action in allowed(story.order, AGENT)}

    assert offered is (state in (*DIRECT, "draft"))
    assert offered is (code_of(story.command(WISH, AGENT)) is None)


@pytest.mark.rule("A-07", "OSM-18")
def test_an_order_ends_as_cancelled_and_a_draft_as_voided() -> None:
    order, draft = brought_to("processing"), brought_to("draft")
    cancelled, voided = order.command(WISH), draft.command(WISH)

    assert (status_of(order.order).status, status_of(draft.order).status) == ("cancelled", "voided")
    assert "OrderCancelled" in names(cancelled)
    assert "OrderVoided" in names(voided)
    assert not {"OrderVoided"} & names(cancelled)
    assert not {"OrderCancelled"} & names(voided)
    assert code_of(brought_to("processing").command(desk.VoidOrder())) == "gate"


@pytest.mark.parametrize("state", ["confirmed", "picking"])
@pytest.mark.rule("A-05")
def test_the_warehouses_yes_to_a_recall_reopens_the_order_for_an_ordinary_cancellation(state: str) -> None:
    story = brought_to(state)
    refused = story.command(WISH, AGENT)
    recall = story.command(desk.RecallOrder("modify", reason="wrong size"))
    asked = story.asked(requests.RecallRequested)
    before = story.order.state
    accepted = story.tell(story.recall_accepted())

    assert "order.recall" in hint_of(refused)
    assert asked is not None
    assert (asked.shipment_id, "OrderReopened" in names(recall), before) == (story.shipment().id, False, state)
    assert "OrderReopened" in names(accepted)
    assert accepted.after.state is State.PROCESSING
    assert code_of(story.command(WISH, AGENT)) is None
    assert story.order.state is State.CANCELLED


@pytest.mark.rule("A-05")
def test_a_recall_for_cancellation_cancels_by_itself_with_the_warehouses_yes_and_not_with_its_no() -> None:
    for answer, state in (("recall_accepted", "cancelled"), ("recall_refused", "confirmed")):
        story = brought_to("confirmed")
        story.command(desk.RecallOrder("cancel", reason="customer_choice"))
        decision = story.tell(getattr(story, answer)())

        assert story.order.state == state
        assert ("OrderReopened" in names(decision)) is (state == "cancelled")


EDITS = {
    "lines": desk.ModifyOrder(change=(desk.LineQuantity(1, 1),)),
    "carrier": desk.ModifyOrder(carrier="swift"),
    "fee": desk.ModifyOrder(shipping_discount_pct=50),
    "price": desk.ChangePrice((desk.PriceCut(1, 10),), reason="late"),
    "address": desk.ChangeAddress(address=ELSEWHERE),
}
each_edit = pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)


@each_edit
@pytest.mark.rule("A-13")
def test_lines_carrier_fee_price_and_address_have_the_same_limit(edit: facts.Command) -> None:
    taken = {state for state in WAYS if code_of(brought_to(state, lines=LINES).command(edit)) is None}
    closed = {state for state in WAYS if code_of(brought_to(state, lines=LINES).command(edit)) == "gate_confirmed"}

    assert taken == {"draft", *DIRECT}
    assert closed == {"confirmed", "picking", "shipping", "sent", "delivered", "completed"}


TOTALS = {
    "more pieces": (desk.ModifyOrder(change=(desk.LineQuantity(1, 3),)), 10_500, 13_000),
    "a line more": (desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),)), 10_500, 11_200),
    "a line less": (desk.ModifyOrder(remove=(2,)), 10_500, 5_500),
    "half the fee": (desk.ModifyOrder(shipping_discount_pct=50), 10_500, 10_250),
    "a cheaper line": (desk.ChangePrice((desk.PriceCut(1, 10),), reason="late"), 10_500, 10_000),
}


@pytest.mark.parametrize("state", ["draft", "availability_requested"])
@pytest.mark.parametrize(("edit", "before", "after"), TOTALS.values(), ids=TOTALS)
@pytest.mark.rule("OMC-03")
def test_after_a_change_the_price_is_worked_out_again_and_both_totals_are_told(
    state: str, edit: facts.Command, before: int, after: int
) -> None:
    story = brought_to(state, lines=LINES)
    decision = story.command(edit)

    (event,) = (each for each in decision.events if isinstance(each, events.OrderRepriced))
    assert (event.before.amount, event.after.amount) == (before, after)
    assert story.order.total == after


@pytest.mark.rule("OMC-03")
def test_both_totals_are_told_when_a_price_comes_back_or_a_shipment_is_cancelled() -> None:
    story = brought_to("availability_requested", lines=two_parcels())
    story.command(desk.ChangePrice((desk.PriceCut(1, 10),), reason="late"))
    reset = story.command(desk.ResetPrice((1,), reason="mistake"))
    shorter = story.command(desk.CancelShipment(story.shipment(1).id, reason="customer_choice"))

    totals = [
        (each.before.amount, each.after.amount)
        for decision in (reset, shorter)
        for each in decision.events
        if isinstance(each, events.OrderRepriced)
    ]
    assert totals == [(10_000, 10_500), (10_500, 5_500)]


@pytest.mark.rule("OMC-04")
def test_an_order_is_found_by_its_number_and_can_be_changed() -> None:
    story = brought_to("availability_requested")
    numbers = [
        (reference.kind, reference.party, reference.value)
        for decision in story.hub.decisions
        for reference in decision.references
    ]
    story.command(desk.ModifyOrder(change=(desk.LineQuantity(1, 5),)), AGENT)

    assert ("number", "lille", "N-1") in numbers
    assert [each.quantity for each in story.order.lines] == [5]


@pytest.mark.rule("OMC-02")
@pytest.mark.parametrize("state", ["sent", "delivered", "completed"])
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(facts.CancelOrder(reason="customer_choice"), id="cancel"),
        pytest.param(desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),)), id="add"),
        pytest.param(desk.ModifyOrder(remove=(1,)), id="remove"),
        pytest.param(desk.ModifyOrder(carrier="swift"), id="carrier"),
        pytest.param(desk.ChangePrice((desk.PriceCut(1, 10),), reason="late"), id="price"),
    ],
)
def test_nothing_is_cancelled_or_changed_once_the_goods_have_left(state: str, command: facts.Command) -> None:
    story = brought_to(state, lines=(line(1, 2), line(2, 2)))
    before = story.order

    assert code_of(story.command(command)) in ("gate_confirmed", "packed")
    assert story.order is before


@pytest.mark.rule("OMC-02")
def test_a_parcel_that_has_left_goes_on_when_the_rest_of_its_order_is_cancelled() -> None:
    story = brought_to("availability_requested", lines=two_parcels())
    story.tell(story.available(0))
    for step in (story.picking, story.packed, story.handed_over):
        story.tell(step(0))
    story.command(facts.CancelOrder(reason="customer_choice"))

    assert [str(each.state) for each in story.order.shipments] == ["sent", "cancelled"]
    assert story.order.state is State.SENT


@pytest.mark.rule("O-26", "OSM-42")
def test_a_quantity_that_is_changed_and_changed_back_costs_what_it_did() -> None:
    story = brought_to(
        "processing", lines=(facts.OrderLine(line=1, sku="a-1-M", quantity=3, unit_price=400, discount=200),)
    )

    prices = []
    for quantity in (1, 3):
        story.command(desk.ModifyOrder(change=(desk.LineQuantity(1, quantity),)))
        prices.append(story.order.lines[0].price)

    assert prices == [333, 1000]
