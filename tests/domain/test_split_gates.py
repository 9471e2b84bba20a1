"""The gate matrix read for one shipment of several, and for an order that waits for a return."""

import pytest

from contracts import commands as desk
from domain.orders import facts
from tests.domain.story import ROWS, Story, brought_to, held_exchange
from tests.domain.world import ELSEWHERE, ORDER, code_of, two_parcels


def split_in_two(first: str, second: str) -> Story:
    """An order of two parcels, the first and the second as far as this."""
    story = brought_to("availability_requested", lines=two_parcels())
    steps = (story.available, story.picking, story.packed, story.handed_over)
    for index, state in enumerate((first, second)):
        for step in steps[: FAR.index(state) + 1 if state in FAR else 0]:
            story.tell(step(index))
    return story


FAR = ["confirmed", "picking", "shipping", "sent"]


@pytest.mark.parametrize("far", FAR)
@pytest.mark.rule("EP-14", "S-12", "A-30")
def test_the_column_of_one_shipment_counts_for_its_own_cancelling(far: str) -> None:
    code = {"confirmed": "gate_confirmed", "picking": "gate_confirmed"}.get(far, "packed")
    story = split_in_two(far, "availability_requested")

    ahead = story.command(desk.CancelShipment(story.shipment(0).id, reason="customer_choice"))
    behind = story.command(desk.CancelShipment(story.shipment(1).id, reason="customer_choice"))

    assert (code_of(ahead), code_of(behind)) == (code, None)
    assert story.shipment(1).state == "cancelled"
    assert story.order.state == far


@pytest.mark.parametrize("far", FAR)
@pytest.mark.rule("A-30", "OSM-49")
def test_the_column_of_the_shipment_counts_for_the_price_of_its_lines(far: str) -> None:
    story = split_in_two(far, "availability_requested")

    ahead = story.command(desk.ChangePrice((desk.PriceCut(1, 10),), reason="late"))
    behind = story.command(desk.ChangePrice((desk.PriceCut(2, 10),), reason="late"))

    assert (code_of(ahead), code_of(behind)) == ("gate_confirmed", None)


@pytest.mark.parametrize("far", FAR)
@pytest.mark.rule("A-30", "EP-13")
def test_the_column_of_the_shipment_counts_for_its_own_address(far: str) -> None:
    story = split_in_two(far, "availability_requested")

    ahead = story.command(desk.ChangeAddress(address=ELSEWHERE, shipment_id=story.shipment(0).id))
    behind = story.command(desk.ChangeAddress(address=ELSEWHERE, shipment_id=story.shipment(1).id))

    assert (code_of(ahead), code_of(behind)) == ("gate_confirmed", None)


@pytest.mark.rule("A-30", "OSM-81")
def test_a_sent_parcel_can_come_back_while_the_other_one_waits() -> None:
    story = split_in_two("sent", "availability_requested")

    sent = story.command(facts.CreateReturn((facts.ReturnLine(1, 1),)))
    waiting = story.command(facts.CreateReturn((facts.ReturnLine(2, 1),)))
    both = story.command(facts.CreateReturn((facts.ReturnLine(1, 1), facts.ReturnLine(2, 1))))

    assert (code_of(sent), code_of(waiting), code_of(both)) == (None, "not_shipped", "not_shipped")


@pytest.mark.parametrize("far", FAR)
@pytest.mark.rule("A-30")
def test_cancelling_the_whole_cancels_only_what_still_passes(far: str) -> None:
    story = split_in_two(far, "availability_requested")

    decision = story.command(facts.CancelOrder(reason="customer_choice"))

    assert code_of(decision) is None
    assert story.shipment(1).state == "cancelled"
    assert story.shipment(0).state != "cancelled"
    assert story.order.state == far


@pytest.mark.rule("EP-14", "OSM-36")
def test_cancelling_the_whole_is_refused_when_no_parcel_passes() -> None:
    story = split_in_two("confirmed", "sent")

    decision = story.command(facts.CancelOrder(reason="customer_choice"))

    assert code_of(decision) == "gate_confirmed"


@pytest.mark.rule("O-27")
def test_cancelling_the_whole_ends_the_order_while_every_parcel_passes() -> None:
    story = brought_to("availability_requested", lines=two_parcels())

    story.command(facts.CancelOrder(reason="customer_choice"))

    assert story.order.state == "cancelled"
    assert {str(each.state) for each in story.order.shipments} == {"cancelled"}


@pytest.mark.rule("S-12")
def test_cancelling_the_last_parcel_cancels_the_order() -> None:
    story = brought_to("availability_requested", lines=two_parcels())

    for index in (0, 1):
        story.command(desk.CancelShipment(story.shipment(index).id, reason="customer_choice"))

    assert story.order.state == "cancelled"


@pytest.mark.parametrize(
    "name",
    [
        "add a line",
        "change the carrier",
        "change a price",
        "change the delivery address",
        "split a shipment",
        "cancel the order",
        "cancel a shipment",
    ],
)
@pytest.mark.rule("A-15")
def test_an_exchange_order_is_edited_and_cancelled_only_through_its_return(name: str) -> None:
    story = held_exchange()

    decision = story.command(ROWS[name].command(story))

    assert code_of(decision) == "held"


@pytest.mark.rule("H-06")
def test_only_the_return_takes_the_hold_of_an_exchange_off() -> None:
    story = held_exchange()
    origin = story.other(ORDER)

    by_hand = story.command(desk.ReleaseHold("exchange", reason="please"))
    before = story.order.holds
    origin.tell(facts.ReturnReceived(origin.order.returns[0].code, (facts.ReceivedLine(1, 2),), validated=True))
    story.hub.drain_internal()

    assert code_of(by_hand) == "held"
    assert (before, story.order.holds) == (("exchange",), ())
