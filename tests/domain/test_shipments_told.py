"""Shipments as told: no news names a shipment that it isn't about, and an old number doesn't come back."""

from dataclasses import replace

import pytest

from domain import desk, events, facts
from domain.decision import Outcome
from tests.domain.story import WAYS, Story, brought_to
from tests.domain.world import line, received


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

    again = replace(received(first, "handed-over-again", story.now()), occurred_at=at)

    assert story.hub.take(story.id, again)[0].outcome is Outcome.LATE
    assert story.shipment().tracking_number == "T-NEW"
