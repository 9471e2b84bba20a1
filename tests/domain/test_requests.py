"""What the hub asks: every request says whose it is, and tells what the shop said of its articles."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.commands import CreateZeroOrder, LineQuantity, ModifyOrder, NewLine, RequestRefund
from contracts.message import WHOSE, Request
from contracts.status import StatusVerdict
from contracts.topics import OUTBOUND
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.view.projection import status_of
from tests.domain.story import Story, brought_to
from tests.domain.world import (
    BOSS,
    ORDER,
    START,
    Hub,
    Script,
    code_of,
    line,
    placed,
    played,
    received,
    two_parcels,
    when,
)

TO_WAREHOUSES = ("warehouse.requests", "availability.requests")


def named(number: int, warehouse: str | None) -> facts.OrderLine:
    """A line with all that a shop may say of it."""
    return changed(line(number), title=f"Shirt {number}", variant="M, blue", warehouse=warehouse)


@pytest.mark.rule("O-75")
def test_every_request_has_a_field_for_its_store_and_one_to_warehouses_for_the_warehouse() -> None:
    for topic in OUTBOUND:
        for message in topic.messages:
            if issubclass(message, Request):
                wanted = WHOSE if topic.name in TO_WAREHOUSES else WHOSE[:1]
                assert set(wanted) <= set(message.declared.hints), message
                assert all(message.declared.defaults[name] is None for name in wanted)


@pytest.mark.parametrize(
    "script", [Script(returned="all", refusals=2), Script(returned="one", exchange=True), Script(cheque=True)]
)
@pytest.mark.rule("O-75")
def test_whatever_is_asked_names_the_store(script: Script) -> None:
    asked = [request for _, request in played(script).hub.asked]

    assert asked
    assert {getattr(request, "store", None) for request in asked} == {"lille"}


@pytest.mark.rule("O-75")
def test_requests_about_a_shipment_name_the_warehouse_of_its_lines() -> None:
    story = brought_to("delivered", lines=(named(1, "north"), named(2, "south")))
    whose = {shipment.id: shipment.warehouse for shipment in story.order.shipments}
    asked: list[Any] = [request for _, request in story.hub.asked if getattr(request, "shipment_id", None)]

    assert set(whose.values()) == {"north", "south"}
    assert {type(request) for request in asked} >= {requests.AvailabilityRequested, requests.ShipmentRelease}
    assert [(each.shipment_id, each.warehouse) for each in asked] == [
        (each.shipment_id, whose[each.shipment_id]) for each in asked
    ]


@pytest.mark.parametrize(("number", "warehouse"), [(1, "north"), (2, "south"), (3, None)])
@pytest.mark.rule("O-75")
def test_a_return_is_announced_to_the_warehouse_that_its_lines_were_sent_from(
    number: int, warehouse: str | None
) -> None:
    story = brought_to("delivered", lines=(named(1, "north"), named(2, "south")))
    wanted = [facts.ReturnLine(each, 1) for each in ((1, 2) if number == 3 else (number,))]

    story.tell(facts.ReturnRequested(tuple(wanted)))

    announced = story.asked(requests.ReturnAnnounced)
    assert announced is not None
    assert announced.warehouse == warehouse
    assert [(each.title, each.variant) for each in announced.lines][:1] == [
        (f"Shirt {1 if number == 3 else number}", "M, blue")
    ]


@pytest.mark.rule("O-75")
def test_the_warehouse_that_answered_is_the_one_that_is_asked_to_send() -> None:
    story = brought_to("availability_requested")
    question = story.asked(requests.AvailabilityRequested)
    assert question is not None
    assert question.warehouse is None

    lines = tuple(facts.ReportedLine(each.line, "available") for each in question.lines)
    story.tell(
        facts.AvailabilityReported(
            request_id=question.request_id, shipment_id=question.shipment_id, warehouse="east", lines=lines
        )
    )

    release = story.asked(requests.ShipmentRelease)
    assert release is not None
    assert release.warehouse == "east"


@pytest.mark.rule("O-78")
def test_what_the_shop_calls_an_article_goes_to_whoever_looks_for_it() -> None:
    story = brought_to("confirmed", lines=(named(1, None),))

    for kind in (requests.AvailabilityRequested, requests.ShipmentRelease):
        asked: Any = story.asked(kind)
        assert [(each.title, each.variant) for each in asked.lines] == [("Shirt 1", "M, blue")]
    modified = when(
        brought_to("payment_pending").order,
        ModifyOrder(add=(NewLine(sku="hat", quantity=1, unit_price=1, title="Hat", variant="S"),)),
    )
    assert (modified.after.lines[-1].title, modified.after.lines[-1].variant) == ("Hat", "S")


@pytest.mark.rule("O-74", "A-91")
def test_a_shipment_goes_to_an_address_without_a_postcode() -> None:
    hong_kong = facts.Address(street="8 Finance Street", city="Hong Kong", country="HK")
    story = Story()
    story.tell(changed(placed(), shipping_address=hong_kong))
    for step in (story.authorized, lambda: facts.FraudScored("clear"), story.available):
        story.tell(step())

    release = story.asked(requests.ShipmentRelease)
    assert release is not None
    assert (release.address.postcode, release.address.country) == ("-", "HK")
    assert requests.ShipmentRelease.read(release.encoded()).address.city == "Hong Kong"


LONG = "N" * 200


@pytest.mark.rule("A-92")
def test_orders_that_come_of_one_with_a_long_number_have_numbers() -> None:
    hub = Hub()
    hub.orders[ORDER] = changed(brought_to("delivered", lines=two_parcels()).order, number=LONG)
    hub.take(ORDER, received(CreateZeroOrder((LineQuantity(2, 1),), reason="lost"), "z", hub.now(), BOSS))
    hub.take(ORDER, received(facts.ReturnRequested((facts.ReturnLine(1, 1),), "exchange"), "r", hub.now()))
    hub.drain()

    numbers = {order.kind: order.number for order in hub.orders.values()}
    assert {kind: (len(number), number[-4:]) for kind, number in numbers.items() if kind != "regular"} == {
        "zero": (200, "N-Z1"),
        "exchange": (200, "N-X1"),
    }


@pytest.mark.parametrize(
    "edit",
    [
        ModifyOrder(add=(NewLine(sku="gold", quantity=1, unit_price=10**15),)),
        ModifyOrder(change=(LineQuantity(1, 10**6),)),
    ],
)
@pytest.mark.rule("O-71")
def test_no_edit_makes_a_total_that_is_more_than_an_amount_may_be(edit: ModifyOrder) -> None:
    order = brought_to("payment_pending", lines=(line(price=10**12),)).order

    decision = when(order, edit)

    assert code_of(decision) == "amount_exceeds"
    assert decision.after == order


@pytest.mark.rule("O-71")
def test_new_lines_get_numbers_that_a_line_may_have() -> None:
    order = brought_to("payment_pending", lines=(line(1), line(10_000))).order

    added = when(order, ModifyOrder(add=(NewLine(sku="hat", quantity=1, unit_price=1),) * 2)).after

    assert [each.line for each in added.lines] == [1, 10_000, 2, 3]


@pytest.mark.rule("O-78")
def test_when_an_order_was_placed_and_why_it_is_doubted_is_kept_and_shown() -> None:
    story = Story()
    story.tell(changed(placed(), placed_at=START - timedelta(hours=3)))
    story.tell(facts.FraudScored("review", score=87, reasons=("address_mismatch", "new_card")))
    other = Story()
    other.tell(placed(), at=START)

    status = status_of(story.order)
    assert (status.placed_at, other.order.placed_at) == (START - timedelta(hours=3), START)
    assert status.verdict == StatusVerdict(clear=False, score=87, reasons=("address_mismatch", "new_card"))
    assert status_of(other.order).verdict is None


@pytest.mark.rule("O-78")
def test_when_a_refund_was_asked_for_is_kept_and_shown() -> None:
    story = brought_to("delivered")
    asked = story.command(RequestRefund(kind="goodwill", amount=100, reason="scratched"))

    (refund,) = asked.after.refunds
    assert refund.requested_at == asked.after.as_of
    assert [each.requested_at for each in status_of(asked.after).refunds] == [refund.requested_at]


@pytest.mark.rule("O-77")
def test_a_free_copy_is_announced_as_a_draft_that_names_its_origin_and_the_origin_names_it() -> None:
    story = brought_to("delivered")
    asked = story.command(CreateZeroOrder(reason="lost"))
    story.hub.drain()
    (copy_id,) = set(story.hub.orders) - {ORDER}

    told = [event for d in story.hub.decisions if d.after.id == copy_id for event in d.events]
    assert [type(event) for event in told][:1] == [events.OrderDrafted]
    assert not any(isinstance(event, events.OrderCreated) for event in told)
    assert [event.origin_id for event in told if isinstance(event, events.OrderDrafted)] == [ORDER]
    assert events.OrderLinked(copy_id, "zero") in asked.events
