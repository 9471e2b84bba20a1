"""Shipments as told: no news names a shipment that it isn't about, and an old number doesn't come back."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from tests.domain.story import WAYS, Story, brought_to
from tests.domain.world import line, received, two_parcels


@pytest.mark.rule("S-14")
def test_what_needs_no_shipment_is_not_told_of_the_cancelled_one() -> None:
    story = Story(lines=(line(1, kind="digital"), line(2)))
    WAYS["payment_pending"](story)
    gone = story.shipment().id
    story.command(desk.CancelShipment(gone, reason="customer_choice"))
    story.score()
    story.pay()

    told = [e for d in story.hub.decisions for e in d.events if isinstance(e, events.ShipmentChanged)]
    assert story.order.state == "completed"
    assert [(each.shipment_id == gone, each.state) for each in told] == [(True, "cancelled"), (False, "not_required")]


@pytest.mark.rule("O-39")
def test_a_repeated_handover_does_not_bring_the_first_number_back() -> None:
    story = brought_to("shipping")
    first, at = story.handed_over(), story.now()
    story.tell(first, at=at)
    story.tell(facts.ShipmentHandedOver(story.shipment().id, "colibri", "T-NEW"))

    again = changed(received(first, "handed-over-again", story.now()), occurred_at=at)

    assert story.hub.take(story.id, again)[0].outcome is Outcome.LATE
    assert story.shipment().tracking_number == "T-NEW"


@pytest.mark.rule("O-30", "H-08")
def test_an_order_follows_its_last_parcel_also_when_a_hold_is_on_while_the_others_are_cancelled() -> None:
    story = brought_to("availability_requested", lines=two_parcels())
    story.command(desk.SuspendOrder(reason="odd"))
    story.tell(story.available(1))
    for fact in (story.picking(1), story.packed(1), story.handed_over(1), story.delivered(1)):
        story.tell(fact)

    story.command(desk.CancelShipment(story.shipment().id, reason="customer_choice"))

    assert story.order.state == "delivered"
    assert story.order.payment.capture_asked


@pytest.mark.rule("O-34")
def test_trouble_with_a_parcel_is_told_also_while_the_other_one_waits_for_stock() -> None:
    story = brought_to("availability_requested", lines=two_parcels())
    for fact in (story.available(), story.picking(), story.packed(), story.handed_over()):
        story.tell(fact)
    assert story.order.state == "availability_requested"

    story.tell(facts.CarrierException("T-0", code="address_unknown"))

    assert "carrier" in [alert.name for alert in story.order.alerts]


@pytest.mark.rule("O-15")
def test_a_customer_who_is_asked_again_gets_another_email() -> None:
    story = brought_to("risk_follow_up")
    story.tell(facts.CustomerAnswered("which order?"))
    story.command(facts.FollowUpOrder())

    emails = [each for _, each in story.hub.asked if isinstance(each, requests.EmailRequested)]
    assert len({each.request_id for each in emails if each.template == "follow_up"}) == 2
