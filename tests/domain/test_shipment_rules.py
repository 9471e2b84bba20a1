"""Shipments, rule by rule: planned with the order, taken through the warehouse, handed over, brought to the address."""

from collections.abc import Callable

import pytest

from contracts import commands as desk
from domain.deciding.decision import Decision
from domain.deciding.money import Money
from domain.orders import events, facts, requests
from domain.orders.facts import Fact
from domain.orders.order import Order
from tests.domain.story import Story, brought_to
from tests.domain.world import ADDRESS, code_of, hint_of, two_parcels

rule = pytest.mark.rule
GUIDE = facts.OrderLine(line=3, sku="guide", quantity=1, unit_price=900, kind="digital")


@rule("S-01")
def test_an_order_with_goods_gets_a_planned_shipment_per_warehouse() -> None:
    story = Story(lines=(*two_parcels(), GUIDE))

    story.place()

    assert [(each.state, each.lines) for each in story.order.shipments] == [("planned", (1,)), ("planned", (2,))]
    assert "S-01" in story.hub.decisions[-1].rules


@rule("S-01")
def test_an_order_without_goods_gets_no_shipment() -> None:
    story = Story(lines=(GUIDE,))

    story.place()

    assert story.order.shipments == ()
    assert "S-01" not in story.hub.decisions[-1].rules


STEPS = [
    pytest.param("confirmed", Story.picking, "picking", "picking", marks=rule("OSM-13")),
    pytest.param("picking", Story.packed, "packed", "shipping", marks=rule("OSM-14", "A-06")),
    pytest.param("shipping", Story.handed_over, "sent", "sent", marks=rule("OSM-15")),
    pytest.param("shipping", lambda story: facts.CarrierCollected("T-0"), "sent", "sent", marks=rule("OSM-15")),
    pytest.param("sent", Story.delivered, "delivered", "delivered", marks=rule("OSM-16")),
]


@pytest.mark.parametrize(("before", "news", "shipment", "order"), STEPS)
def test_what_happens_to_the_goods_is_said_of_the_shipment_and_of_the_order(
    before: str, news: Callable[[Story], Fact], shipment: str, order: str
) -> None:
    story = brought_to(before)

    decision = story.tell(news(story))

    assert (story.shipment().state, story.order.state) == (shipment, order)
    (moved,) = [event for event in decision.events if isinstance(event, events.ShipmentChanged)]
    assert (moved.shipment_id, moved.state, moved.inferred) == (story.shipment().id, shipment, False)


@rule("A-06", "OSM-14")
def test_an_order_is_shipping_only_when_the_last_parcel_is_packed() -> None:
    story = brought_to("picking", lines=two_parcels())

    story.tell(story.packed(0))
    first = (story.shipment(0).state, story.order.state)
    story.tell(story.packed(1))

    assert first == ("packed", "picking")
    assert (story.shipment(1).state, story.order.state) == ("packed", "shipping")


@rule("OSM-54")
def test_an_order_with_a_wrong_delivery_offer_is_set_right_while_the_warehouse_corrects_the_item() -> None:
    story = brought_to("availability_requested")

    story.command(desk.CorrectItem("shirt-1", reason="weighs 2 kg, not 20"))
    story.command(desk.ModifyOrder(carrier="letter", shipping_discount_pct=100))

    asked = story.asked(requests.ItemCorrectionRequested)
    assert asked is not None
    assert (asked.model, asked.reason) == ("shirt-1", "weighs 2 kg, not 20")
    assert (story.order.carrier, story.order.shipping_fee, story.order.total) == ("letter", 0, 5000)


def part_sent() -> Story:
    """An order of two parcels: the first is sent, the second isn't there yet."""
    story = brought_to("availability_requested", lines=two_parcels())
    for news in (story.available, story.picking, story.packed, story.handed_over):
        story.tell(news(0))
    return story


@rule("OSM-46", "OSM-48")
def test_a_new_address_for_all_leaves_the_parcel_that_is_set_aside_where_it_goes() -> None:
    story = brought_to("availability_requested", lines=two_parcels())
    story.tell(story.available(0))
    elsewhere = facts.Address(street="9 Low Road", city="Ghent", postcode="9000", country="BE")

    story.command(desk.ChangeAddress(address=elsewhere))
    story.tell(story.available(1))

    contact = story.order.contact
    assert contact is not None
    assert [contact.address_of(each.id) for each in story.order.shipments] == [ADDRESS, elsewhere]
    released = story.asked(requests.ShipmentRelease, shipment_id=story.shipment(1).id)
    assert released is not None
    assert released.address == elsewhere


@rule("O-34", "A-30")
def test_a_difficulty_of_one_parcel_is_shown_though_another_is_still_to_be_had() -> None:
    story = part_sent()

    story.tell(facts.CarrierException("T-0", code="damaged"))

    assert (story.order.state, [alert.name for alert in story.order.alerts]) == ("availability_requested", ["carrier"])


@rule("O-40", "A-30")
def test_a_cancelled_parcel_that_leaves_all_the_same_is_shown_while_the_order_goes_on() -> None:
    story = brought_to("availability_requested", lines=two_parcels())
    story.command(desk.CancelShipment(story.shipment(1).id, reason="customer_choice"))

    decision = story.tell(story.handed_over(1))

    assert "O-40" in decision.rules
    assert [alert.name for alert in story.order.alerts] == ["shipped_after_cancel"]
    assert story.tell(story.picking(1)).outcome == "late"


@rule("O-39", "S-13")
def test_a_late_word_of_the_stopped_goods_does_not_move_those_asked_for_since() -> None:
    story = brought_to("confirmed")
    picked_at = story.now()
    story.command(desk.RecallOrder("modify", reason="another size"))
    story.tell(story.recall_accepted())
    story.command(desk.ModifyOrder(carrier="letter"))
    story.tell(story.available())
    before = story.shipment().state

    decision = story.tell(story.picking(), at=picked_at)

    assert (decision.outcome, before, story.shipment().state) == ("late", "released", "released")


@rule("S-02")
def test_a_split_says_where_or_how_the_new_shipment_goes_and_tells_the_total_again() -> None:
    story = brought_to("processing")

    refused = story.command(desk.SplitShipment((desk.LineQuantity(1, 1),)))
    decision = story.command(desk.SplitShipment((desk.LineQuantity(1, 1),), method="express"))

    assert (code_of(refused), hint_of(refused)) == ("gate", "name its address or its method")
    assert [(each.before, each.after) for each in repriced(decision)] == [(Money(5500, "EUR"), Money(5500, "EUR"))]


def repriced(decision: Decision[Order]) -> list[events.OrderRepriced]:
    return [event for event in decision.events if isinstance(event, events.OrderRepriced)]


@rule("S-12")
def test_the_new_total_is_told_when_a_part_cancel_takes_parcels_out() -> None:
    story = brought_to("availability_requested", lines=two_parcels())
    story.tell(story.available(0))

    decision = story.command(facts.CancelOrder(reason="customer_choice"))

    assert [(each.before.amount, each.after.amount) for each in repriced(decision)] == [(10500, 5500)]


@rule("S-12", "S-13")
def test_the_new_total_is_told_when_a_recall_takes_a_parcel_out() -> None:
    story = brought_to("confirmed", lines=two_parcels())
    story.command(desk.RecallOrder("cancel", story.shipment(1).id, reason="customer_choice"))

    decision = story.tell(story.recall_accepted(1))

    assert [(each.before.amount, each.after.amount) for each in repriced(decision)] == [(10500, 5500)]


@rule("S-12")
def test_a_recall_of_the_only_parcel_cancels_the_order_for_its_own_reason() -> None:
    story = brought_to("confirmed")
    story.command(desk.RecallOrder("cancel", story.shipment().id, reason="customer_choice"))

    decision = story.tell(story.recall_accepted())

    assert events.OrderCancelled("customer_choice") in decision.events
