"""Recalls: what the warehouse has can be changed again only when it says so."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Decision, Known, Outcome
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.decide import receive
from domain.orders.goods.availability import request_id
from domain.orders.order import Order, RecallState, ShipmentState, State
from tests.domain.story import brought_to
from tests.domain.world import ORDER, START, alerts, due, line, names, received, reported, two_parcels, when


def recalled(intent: str = "cancel", state: State = State.CONFIRMED) -> Order:
    return when(
        brought_to(state, lines=(line(),)).order, desk.RecallOrder(intent, reason="the customer changed his mind")
    ).after


def accepted(order: Order) -> Decision[Order]:
    return when(order, facts.RecallAccepted(order.shipments[0].id))


def refused(order: Order) -> Decision[Order]:
    return when(order, facts.RecallRefused(order.shipments[0].id))


@pytest.mark.rule("O-22", "OSM-37")
@pytest.mark.parametrize("state", [State.CONFIRMED, State.PICKING])
def test_a_recall_asks_the_warehouse_and_holds_the_order(state: State) -> None:
    decision = when(brought_to(state).order, desk.RecallOrder("cancel", reason="wish"))

    assert "O-22" in decision.rules
    assert (decision.after.state, decision.after.holds) == (state, ("recall",))
    asked = [r for r in decision.requests if isinstance(r, requests.RecallRequested)]
    assert [(r.shipment_id, r.intent) for r in asked] == [(decision.after.shipments[0].id, "cancel")]
    assert any(timer.kind == "recall" for timer in decision.after.timers)


@pytest.mark.rule("O-24", "O-27", "S-13", "OSM-39")
def test_a_stopped_order_that_was_to_be_cancelled_is_cancelled_by_itself() -> None:
    decision = accepted(recalled())

    assert {"O-24", "S-13", "O-27"} <= set(decision.rules)
    assert decision.after.state is State.CANCELLED
    assert decision.after.holds == ()
    assert {"OrderReopened", "OrderCancelled", "VoidRequested", "ShipmentCancelled"} <= names(decision)


@pytest.mark.rule("O-24", "H-07")
def test_a_stopped_order_that_was_to_be_held_is_asked_for_again_once_it_is_released() -> None:
    held = accepted(recalled("hold"))
    released = when(held.after, desk.ReleaseHold(), days=2)

    assert (held.after.state, held.after.holds) == (State.PROCESSING, ("csr",))
    assert "AvailabilityRequested" not in names(held)
    assert released.after.state is State.AVAILABILITY_REQUESTED
    assert [r.round for r in released.requests if isinstance(r, requests.AvailabilityRequested)] == [2]


@pytest.mark.rule("O-24", "O-26")
def test_a_stopped_order_that_was_to_be_modified_is_asked_for_again_after_the_edit() -> None:
    stopped = accepted(recalled("modify"))
    edited = when(stopped.after, desk.ModifyOrder(change=(desk.LineQuantity(1, 2),)), days=2)
    confirmed = when(edited.after, reported(edited.after), days=3)

    assert (stopped.after.state, stopped.after.holds) == (State.PROCESSING, ())
    assert "AvailabilityRequested" not in names(stopped)
    assert edited.after.state is State.AVAILABILITY_REQUESTED
    assert {"AvailabilityRequested", "AuthorizationRequested"} <= names(edited)
    assert confirmed.after.state is State.CONFIRMED


@pytest.mark.rule("O-23", "OSM-38")
def test_a_refused_recall_is_told_to_who_asked_for_it() -> None:
    decision = refused(recalled())

    assert "O-23" in decision.rules
    assert (decision.after.state, decision.after.holds) == (State.CONFIRMED, ())
    rejected = next(e for e in decision.events if isinstance(e, events.CommandRejected))
    assert (rejected.command_id, rejected.code) == ("now", "packed")
    assert alerts(decision) == {"recall_refused"}


@pytest.mark.rule("O-23")
def test_a_parcel_packed_during_a_recall_is_its_refusal() -> None:
    order = recalled(state=State.PICKING)
    decision = when(order, facts.ParcelPacked(order.shipments[0].id))

    assert "O-23" in decision.rules
    assert (decision.after.state, decision.after.holds) == (State.SHIPPING, ())
    assert decision.after.recalls[0].state is RecallState.REFUSED


@pytest.mark.rule("H-07")
def test_a_warehouse_that_does_not_answer_has_refused_until_it_says_otherwise() -> None:
    silent = due(recalled(), "recall")
    afterwards = accepted(silent.after)

    assert "H-07" in silent.rules
    assert (silent.after.holds, alerts(silent)) == ((), {"recall_refused"})
    assert afterwards.after.state is State.CANCELLED


@pytest.mark.rule("O-39")
def test_facts_about_goods_that_were_stopped_change_nothing() -> None:
    order = accepted(recalled("modify")).after
    early = changed(received(facts.PickingStarted(order.shipments[0].id), "old"), occurred_at=START)

    assert receive(order, early, Known())[-1].outcome is Outcome.LATE
    assert when(order, reported(order), days=3).outcome is Outcome.LATE


@pytest.mark.rule("A-04")
def test_a_second_recall_of_the_same_goods_and_one_of_goods_not_there_are_refused() -> None:
    twice = when(recalled(), desk.RecallOrder("cancel", reason="again"))
    early = when(brought_to(State.AVAILABILITY_REQUESTED).order, desk.RecallOrder("cancel", reason="wish"))
    packed = when(brought_to(State.SHIPPING).order, desk.RecallOrder("cancel", reason="wish"))
    silent = when(brought_to(State.CONFIRMED).order, desk.RecallOrder("cancel"))

    codes = [decision.refusal.code for decision in (twice, early, packed, silent) if decision.refusal]
    assert codes == ["duplicate", "gate", "packed", "reason_required"]


@pytest.mark.rule("O-41", "O-22")
def test_an_order_doubted_after_it_was_confirmed_is_suspended_and_called_back() -> None:
    decision = when(brought_to(State.CONFIRMED).order, facts.FraudScored("review"))
    stopped = accepted(decision.after)

    assert "O-41" in decision.rules
    assert (decision.after.state, set(decision.after.holds)) == (State.CONFIRMED, {"suspended", "recall"})
    assert {"OrderSuspended", "RecallRequested"} <= names(decision)
    assert alerts(decision) == {"fraud"}
    assert (stopped.after.state, stopped.after.holds) == (State.PROCESSING, ("suspended",))


@pytest.mark.rule("O-41", "H-02")
def test_an_order_doubted_before_it_was_confirmed_is_only_suspended() -> None:
    decision = when(brought_to(State.AVAILABILITY_REQUESTED).order, facts.FraudScored("review"))
    confirmed = when(decision.after, reported(decision.after))

    assert decision.after.holds == ("suspended",)
    assert "RecallRequested" not in names(decision)
    assert confirmed.after.state is State.CONFIRMED
    assert "ShipmentRelease" not in names(confirmed)


@pytest.mark.rule("O-30", "H-08")
def test_goods_picked_in_spite_of_a_hold_are_called_back() -> None:
    held = when(brought_to(State.AVAILABILITY_REQUESTED).order, desk.HoldOrder(reason="wait")).after
    confirmed = when(held, reported(held)).after
    picked = when(confirmed, facts.PickingStarted(confirmed.shipments[0].id))

    assert "O-30" in picked.rules
    assert picked.after.state is State.PICKING
    assert set(picked.after.holds) == {"csr", "recall"}
    assert alerts(picked) == {"picked_while_held"}
    assert picked.after.shipments[0].state is ShipmentState.PICKING


@pytest.mark.rule("S-13", "S-12")
def test_one_shipment_of_two_is_called_back_and_cancelled_alone() -> None:
    first, second = two_confirmed().shipments
    order = when(two_confirmed(), desk.RecallOrder("cancel", first.id, reason="wish")).after
    decision = when(order, facts.RecallAccepted(first.id))

    assert [s.state for s in decision.after.shipments] == [ShipmentState.CANCELLED, ShipmentState.RELEASED]
    assert decision.after.state is State.CONFIRMED
    assert decision.after.total == order.line(second.lines[0]).price + order.shipping_fee  # type: ignore[union-attr]


def two_confirmed() -> Order:
    """An order in two shipments that the warehouse has both confirmed."""
    order = brought_to("availability_requested", lines=(line(1, 1, 1000), line(2, 1, 700))).order
    order = when(order, desk.SplitShipment((desk.LineQuantity(2, 1),), method="express")).after
    for shipment in order.shipments:
        lines = tuple(facts.ReportedLine(number, "available") for number in shipment.lines)
        asked = request_id(ORDER, shipment.id, shipment.round)
        order = when(order, facts.AvailabilityReported(request_id=asked, shipment_id=shipment.id, lines=lines)).after
    assert order.state is State.CONFIRMED
    return order


@pytest.mark.rule("S-13", "O-23")
def test_of_two_shipments_to_be_cancelled_the_packed_one_goes_on_alone() -> None:
    order = when(two_confirmed(), desk.RecallOrder("cancel", reason="wish")).after
    first, second = order.shipments
    packed = when(order, facts.ParcelPacked(second.id)).after
    decision = when(packed, facts.RecallAccepted(first.id))

    assert [s.state for s in decision.after.shipments] == [ShipmentState.CANCELLED, ShipmentState.PACKED]
    assert (decision.after.state, decision.after.holds) == (State.SHIPPING, ())
    assert "OrderCancelled" not in names(decision)


@pytest.mark.rule("O-39")
def test_an_old_answer_said_again_does_not_answer_a_later_recall() -> None:
    story = brought_to("confirmed")
    story.command(desk.RecallOrder("modify", reason="wish"))
    first = story.asked(requests.RecallRequested)
    assert first is not None
    old = facts.RecallAccepted(first.shipment_id, first.request_id)
    story.tell(old)
    story.command(desk.ModifyOrder(carrier="swift"))
    story.tell(story.available())
    story.command(desk.RecallOrder("cancel", reason="wish"))

    again = story.tell(old)

    assert again.outcome is Outcome.LATE
    assert (story.order.state, story.order.holds) == (State.CONFIRMED, ("recall",))


@pytest.mark.rule("O-23", "A-30")
def test_a_parcel_that_was_stopped_does_not_silence_the_one_that_was_not() -> None:
    story = brought_to("confirmed", lines=two_parcels())
    story.command(desk.RecallOrder("cancel", reason="wish"))
    story.tell(story.recall_refused(0))

    story.tell(story.recall_accepted(1))

    assert [str(each.state) for each in story.order.shipments] == ["released", "cancelled"]
    assert [alert.name for alert in story.order.alerts] == ["recall_refused"]


@pytest.mark.rule("O-24", "A-30")
def test_the_alert_of_a_refused_parcel_ends_when_it_is_stopped_after_all() -> None:
    story = brought_to("confirmed", lines=two_parcels())
    story.command(desk.RecallOrder("modify", reason="wish"))
    story.tell(story.recall_refused(0))
    story.tell(story.recall_accepted(1))

    story.command(desk.RecallOrder("modify", story.shipment(0).id, reason="wish"))
    story.tell(story.recall_accepted(0))

    assert story.order.alerts == ()


@pytest.mark.rule("H-07")
def test_the_deadline_of_one_recall_leaves_the_other_one_open() -> None:
    story = brought_to("confirmed", lines=two_parcels())
    story.command(desk.RecallOrder("cancel", story.shipment(0).id, reason="wish"))
    story.command(desk.RecallOrder("cancel", story.shipment(1).id, reason="wish"))
    (_, timer) = (each for each in story.order.timers if each.kind == "recall")

    story.tell(facts.TimerDue(timer.id, timer.kind, timer.due_at), at=timer.due_at)

    assert timer.subject == story.shipment(1).id
    assert [str(each.state) for each in story.order.recalls] == ["open", "unanswered"]
    assert (story.order.holds, "recall" in story.timers) == (("recall",), True)


@pytest.mark.rule("O-79")
def test_an_answer_that_contradicts_the_one_before_is_shown_with_its_shipment() -> None:
    story = brought_to("confirmed")
    story.command(desk.RecallOrder("modify", reason="wish"))
    story.tell(story.recall_accepted())

    decision = story.tell(story.recall_refused())

    raised = [each for each in decision.events if isinstance(each, events.AlertRaised)]
    assert [(each.alert, each.text) for each in raised] == [("recall_contradicted", story.shipment().id)]
    assert "O-79" in decision.rules


@pytest.mark.rule("O-23")
def test_a_recall_that_was_refused_is_settled_and_one_that_is_open_is_not() -> None:
    story = brought_to("confirmed", lines=two_parcels())
    story.command(desk.RecallOrder("modify", reason="wish"))

    story.tell(story.recall_refused(0))

    assert [each.settled for each in story.order.recalls] == [True, False]
