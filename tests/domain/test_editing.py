"""Edits: what may be changed of an order, and what follows for its money and its goods."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import commands as desk
from domain.deciding.decision import Decision, Known, Outcome, Policy
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.decide import receive
from domain.orders.goods.availability import request_id
from domain.orders.money.balance import balance
from domain.orders.order import LineState, Order, PaymentState, ShipmentState, State
from tests.domain.story import brought_to
from tests.domain.world import (
    ADDRESS,
    BOSS,
    ORDER,
    SEARCHING,
    TWO_LINES,
    alerts,
    due,
    line,
    money,
    names,
    placed,
    received,
    when,
)

HAT = desk.NewLine(sku="hat-1", quantity=1, unit_price=700)
PARIS = facts.Address(street="2 Low Street", city="Paris", postcode="75001", country="FR")


def asked() -> Order:
    return brought_to("availability_requested", lines=TWO_LINES).order


def requested(decision: Decision[Order]) -> requests.AuthorizationRequested:
    return next(r for r in decision.requests if isinstance(r, requests.AuthorizationRequested))


@pytest.mark.rule("O-26", "OSM-40", "OSM-45", "EP-12")
def test_an_added_line_is_paid_for_and_asked_of_the_warehouse() -> None:
    decision = when(asked(), desk.ModifyOrder(add=(HAT,)))

    assert "O-26" in decision.rules
    assert [each.sku for each in decision.after.lines] == ["shirt-1-M", "shirt-2-M", "hat-1"]
    assert decision.after.total == 2000 + 700 + 700 + 500
    raised = requested(decision)
    assert (raised.amount, raised.payment_id, raised.attempt) == (money(3900), "pay-1", 2)
    stock = next(r for r in decision.requests if isinstance(r, requests.AvailabilityRequested))
    assert (stock.round, [entry.line for entry in stock.lines]) == (2, [1, 2, 3])


@pytest.mark.rule("OSM-41", "O-26", "A-11")
def test_a_removed_line_costs_nothing_any_more_and_its_search_ends() -> None:
    short = brought_to("processing", lines=TWO_LINES).order
    decision = when(short, desk.ModifyOrder(remove=(2,)))

    assert decision.after.state is State.AVAILABILITY_REQUESTED
    assert decision.after.lines[1].state is LineState.CANCELLED
    assert decision.after.total == 2500
    repriced = next(e for e in decision.events if isinstance(e, events.OrderRepriced))
    assert (repriced.before, repriced.after) == (money(3200), money(2500))


@pytest.mark.rule("OSM-42")
def test_another_quantity_keeps_the_price_of_a_piece() -> None:
    fewer = when(asked(), desk.ModifyOrder(change=(desk.LineQuantity(1, 1),))).after

    assert (fewer.lines[0].quantity, fewer.lines[0].price) == (1, 1000)


@pytest.mark.rule("OSM-43", "OSM-44")
def test_carrier_and_shipping_fee_change_in_one_command() -> None:
    order = when(asked(), desk.ModifyOrder(carrier="heron", shipping_discount_pct=40)).after
    free = when(order, desk.ModifyOrder(shipping_discount_pct=100)).after
    back = when(free, desk.ModifyOrder(shipping_discount_pct=0)).after

    assert (order.carrier, order.shipments[0].carrier, order.shipping_fee) == ("heron", "heron", 300)
    assert (free.shipping_fee, back.shipping_fee) == (0, 500)


@pytest.mark.rule("OSM-45", "EP-19")
@pytest.mark.parametrize(
    "command",
    [
        desk.ModifyOrder(add=(HAT,), remove=(9,)),
        desk.ModifyOrder(remove=(1, 2)),
        desk.ModifyOrder(remove=(1,), change=(desk.LineQuantity(1, 3),)),
        desk.ModifyOrder(),
    ],
    ids=["unknown line", "nothing left", "both", "nothing"],
)
def test_an_edit_that_makes_no_sense_changes_nothing(command: desk.ModifyOrder) -> None:
    order = asked()
    decision = when(order, command)

    assert (decision.outcome, decision.after) == (Outcome.REFUSED, order)


@pytest.mark.rule("OSM-50", "OSM-51", "OSM-49")
def test_a_price_is_cut_from_what_it_was_at_first_and_given_back() -> None:
    cut = when(asked(), desk.ChangePrice((desk.PriceCut(1, 33),)))
    deeper = when(cut.after, desk.ChangePrice((desk.PriceCut(1, 50),)))
    reset = when(deeper.after, desk.ResetPrice((1,)))

    assert [d.after.lines[0].price for d in (cut, deeper, reset)] == [1340, 1000, 2000]
    assert "OrderRepriced" in names(cut)
    assert reset.after.lines[0].base is None


@pytest.mark.rule("OSM-52", "OSM-49")
def test_a_price_at_confirmed_is_refused_with_what_can_be_done_instead() -> None:
    decision = when(brought_to(State.CONFIRMED).order, desk.ChangePrice((desk.PriceCut(1, 10),)))

    assert decision.refusal is not None
    assert decision.refusal.code == "gate_confirmed"
    assert "refund the difference after shipping" in str(decision.refusal.hint)


@pytest.mark.rule("O-26", "P-01")
def test_an_order_that_grew_is_not_sent_before_the_money_is_there() -> None:
    grown = when(asked(), desk.ModifyOrder(add=(HAT,)))
    shipment = grown.after.shipments[0]
    stock = next(r for r in grown.requests if isinstance(r, requests.AvailabilityRequested))
    lines = tuple(facts.ReportedLine(entry.line, "available") for entry in stock.lines)
    confirmed = when(
        grown.after,
        facts.AvailabilityReported(request_id=stock.request_id, shipment_id=shipment.id, lines=lines),
        days=2,
    )
    paid = when(confirmed.after, facts.PaymentAuthorized(requested(grown).request_id, "pay-2", money(3900)), days=3)

    assert confirmed.after.state is State.CONFIRMED
    assert "ShipmentRelease" not in names(confirmed)
    assert "ShipmentRelease" in names(paid)
    assert paid.after.payment.authorised == 3900


@pytest.mark.rule("O-26")
def test_an_increase_that_the_bank_refuses_is_tried_again_then_a_persons_matter() -> None:
    decision = when(asked(), desk.ModifyOrder(add=(HAT,)))
    for _ in range(2):
        decision = when(decision.after, facts.PaymentRefused(requested(decision).request_id))
        decision = due(decision.after, "payment_retry")
    last = when(decision.after, facts.PaymentRefused(requested(decision).request_id))
    smaller = when(last.after, desk.ModifyOrder(remove=(3,)))

    assert alerts(last) == {"increase_refused"}
    assert last.after.state is State.AVAILABILITY_REQUESTED
    assert smaller.after.alerts == ()
    assert smaller.after.payment.state is PaymentState.AUTHORISED


@pytest.mark.rule("P-04")
def test_an_order_that_shrank_takes_less_and_sets_the_rest_free() -> None:
    order = when(asked(), desk.ModifyOrder(remove=(2,))).after
    sent = changed(order, state=State.SHIPPING, shipments=(changed(order.shipments[0], state=ShipmentState.PACKED),))
    decision = when(sent, facts.ShipmentHandedOver(sent.shipments[0].id, "colibri", "T"))
    capture = next(r for r in decision.requests if isinstance(r, requests.CaptureRequested))
    paid = when(decision.after, facts.PaymentCaptured(capture.request_id, capture.payment_id, capture.amount), days=2)

    assert capture.amount == money(2500)
    assert (paid.after.payment.captured, paid.after.payment.voided) == (2500, 700)
    assert balance(paid.after).sound


@pytest.mark.rule("OSM-46", "OSM-47", "EP-13")
def test_addresses_change_for_all_or_for_one_shipment_and_show_nowhere() -> None:
    all_ = when(asked(), desk.ChangeAddress(address=PARIS))
    billing = when(asked(), desk.ChangeAddress(address=PARIS, kind="billing"))
    one = when(asked(), desk.ChangeAddress(address=PARIS, shipment_id=asked().shipments[0].id))

    assert all_.after.contact is not None
    assert all_.after.contact.shipping_address == PARIS
    assert billing.after.contact is not None
    assert (billing.after.contact.billing_address, billing.after.contact.shipping_address) == (PARIS, ADDRESS)
    assert one.after.contact is not None
    assert one.after.contact.address_of(one.after.shipments[0].id) == PARIS
    assert "Paris" not in str([d.events for d in (all_, billing, one)])


@pytest.mark.rule("S-02", "EP-34", "EP-37")
def test_pieces_are_split_off_to_another_address_without_losing_a_cent() -> None:
    order = asked()
    decision = when(order, desk.SplitShipment((desk.LineQuantity(1, 1), desk.LineQuantity(2, 1)), PARIS, "heron"))
    first, second = decision.after.shipments

    assert "S-02" in decision.rules
    assert (first.lines, second.lines, second.carrier) == ((1,), (3, 2), "heron")
    assert decision.after.total == order.total
    assert [line.quantity for line in decision.after.lines] == [1, 1, 1]
    assert decision.after.contact is not None
    assert decision.after.contact.address_of(second.id) == PARIS
    asked_for = [r for r in decision.requests if isinstance(r, requests.AvailabilityRequested)]
    assert {(r.shipment_id, r.round) for r in asked_for} == {(first.id, 2), (second.id, 1)}


@pytest.mark.rule("S-06", "EP-35", "A-30")
def test_a_split_shipment_goes_ahead_while_the_other_waits() -> None:
    order = when(asked(), desk.SplitShipment((desk.LineQuantity(2, 1),), method="express")).after
    second = order.shipments[1]
    answer = facts.AvailabilityReported(
        request_id=stock_id(order, 1), shipment_id=second.id, lines=(facts.ReportedLine(2, "available"),)
    )
    decision = when(order, answer)
    cancelled = when(decision.after, facts.CancelOrder(reason="wish"))

    assert [r.shipment_id for r in decision.requests if isinstance(r, requests.ShipmentRelease)] == [second.id]
    assert decision.after.state is State.AVAILABILITY_REQUESTED
    assert [s.state for s in cancelled.after.shipments] == [ShipmentState.CANCELLED, ShipmentState.RELEASED]
    assert cancelled.after.state is State.CONFIRMED


def stock_id(order: Order, index: int) -> str:
    return request_id(ORDER, order.shipments[index].id, order.shipments[index].round)


@pytest.mark.rule("S-12", "EP-14")
def test_one_shipment_is_cancelled_and_with_the_last_one_the_order() -> None:
    order = when(asked(), desk.SplitShipment((desk.LineQuantity(2, 1),), method="express")).after
    one = when(order, desk.CancelShipment(order.shipments[1].id, reason="wish"))
    both = when(one.after, desk.CancelShipment(order.shipments[0].id, reason="wish"))

    assert "S-12" in one.rules
    assert (one.after.state, one.after.total) == (State.AVAILABILITY_REQUESTED, 2500)
    assert both.after.state is State.CANCELLED
    assert "VoidRequested" in names(both)


@pytest.mark.rule("O-26", "H-11")
def test_an_edit_of_a_held_order_is_asked_of_the_warehouse_after_the_release() -> None:
    held = when(asked(), desk.HoldOrder(reason="wait")).after
    edited = when(held, desk.ModifyOrder(add=(HAT,)))
    released = when(edited.after, desk.ReleaseHold())

    assert "AvailabilityRequested" not in names(edited)
    assert "AvailabilityRequested" in names(released)


@pytest.mark.rule("L-08")
def test_a_flash_reorder_of_a_line_that_left_the_order_is_withdrawn() -> None:
    plays = brought_to("processing", lines=TWO_LINES, policy=SEARCHING).order
    decision = when(plays, desk.ModifyOrder(add=(HAT,), remove=(1, 2)))

    assert "L-08" in decision.rules
    assert "FlashCancelRequested" in names(decision)
    assert decision.after.flashes[0].end == "removed"


@given(
    price=st.integers(1, 100_000),
    quantity=st.integers(1, 9),
    cuts=st.lists(st.integers(1, 100), max_size=4),
    parts=st.integers(1, 8),
)
def test_cuts_and_splits_never_lose_or_make_a_cent(price: int, quantity: int, cuts: list[int], parts: int) -> None:
    shop = placed(line(1, quantity, price), line(2), fee=0)
    order = receive(Order.shell(ORDER), received(shop), Known(Policy()))[-1].after
    for number, percent in enumerate(cuts):
        order = told(order, desk.ChangePrice((desk.PriceCut(1, percent),)), f"c-{number}")
    before = order.total
    if parts < quantity:
        order = told(order, desk.SplitShipment((desk.LineQuantity(1, parts),), method="express"), "split")

    assert order.total == before
    assert sum(each.full_price for each in order.lines) == price * quantity + 2500
    assert all(each.price >= 0 for each in order.lines)
    assert told(order, desk.ResetPrice(tuple(each.line for each in order.lines)), "r").total == price * quantity + 2500


def told(order: Order, fact: facts.Command, event_id: str) -> Order:
    return receive(order, received(fact, event_id, actor=BOSS), Known())[-1].after
