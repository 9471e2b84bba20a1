"""An order's own way: who may begin one, what it waits for, what it asks, how it ends and who hears of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec import to_builtins

from contracts import commands as desk
from domain.deciding.decision import Decision
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.money.balance import balance
from domain.orders.order import Order, State
from domain.orders.view.projection import status_of
from tests.domain.story import WAYS, Story, brought_to
from tests.domain.world import (
    BY_HAND,
    ORDER,
    START,
    Hub,
    Script,
    line,
    names,
    placed,
    played,
    received,
    somebody,
    submitted,
)

ANN = somebody("orders.manage", name="ann")
CHANNELS = ("website", "inside_sales", "member_support", "showroom")


def told(decision: Decision[Order]) -> list[object]:
    """All that a decision tells others."""
    return [*decision.events, *decision.requests, *decision.to_others]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.rule("PEL-03")
def test_an_order_of_any_channel_comes_in_alike_and_keeps_its_channel(channel: str) -> None:
    usual = Hub().take(ORDER, received(changed(placed(), channel="website")))[0]
    story = Story()
    decision = story.tell(changed(placed(), channel=channel), at=START)

    assert [
        changed(each, channel="website") if isinstance(each, events.OrderCreated | requests.ScoreRequested) else each
        for each in told(decision)
    ] == told(usual)
    story.score()
    story.pay()
    story.each(story.available)
    assert status_of(story.order).channel == channel


@pytest.mark.rule("EP-57")
def test_an_anonymous_customers_order_goes_its_way_like_any_other() -> None:
    guest = facts.Customer("guest-7", status="anonymous")
    story = Story()
    decision = story.tell(changed(placed(), customer=guest))
    story.score()
    story.pay()

    assert {each.customer_id for each in decision.requests if isinstance(each, requests.ScoreRequested)} == {"guest-7"}
    assert story.order.state is State.AVAILABILITY_REQUESTED


@pytest.mark.rule("PEL-07")
def test_the_money_of_an_order_that_an_agent_enters_is_asked_for_at_once() -> None:
    decision = Story().command(submitted(), ANN)

    assert decision.after.state is State.PAYMENT_PENDING
    (asked,) = (each for each in decision.requests if isinstance(each, requests.AuthorizationRequested))
    assert (asked.amount.amount, asked.method, asked.customer_id) == (2500, "card", "c-1")


@pytest.mark.parametrize("money_first", [True, False])
@pytest.mark.rule("A-08")
def test_bank_and_fraud_service_are_asked_at_once_and_either_may_answer_first(money_first: bool) -> None:
    story = Story()
    decision = story.tell(placed(line(1, 2)))
    steps: list[Callable[[], None]] = [story.pay, story.score] if money_first else [story.score, story.pay]

    assert {"AuthorizationRequested", "ScoreRequested"} <= names(decision)
    steps[0]()
    assert not approved(story)
    steps[1]()
    assert approved(story)


def approved(story: Story) -> bool:
    return any(isinstance(event, events.OrderApproved) for each in story.hub.decisions for event in each.events)


@pytest.mark.rule("OSM-09")
def test_the_banks_word_approves_an_order_unless_something_speaks_against_it() -> None:
    sound, doubted = brought_to("payment_pending"), brought_to("payment_pending")
    sound.score()
    doubted.score("review")

    assert "OrderApproved" in names(sound.tell(sound.authorized()))
    assert "OrderApproved" not in names(doubted.tell(doubted.authorized()))
    assert doubted.order.state is State.RISK_REVIEW


@pytest.mark.rule("OSM-10", "OSM-12")
def test_an_approved_order_asks_for_its_lines_and_is_confirmed_with_the_last_of_them() -> None:
    story = Story(lines=(line(1, 2), line(2, 3), line(3, 1, kind="digital")))
    story.place()
    story.score()
    decision = story.tell(story.authorized())
    part = story.tell(story.reported("available", "restocking"))
    rest = story.tell(story.reported("available", "available"))

    assert "OrderApproved" in names(decision)
    (asked,) = (each for each in decision.requests if isinstance(each, requests.AvailabilityRequested))
    assert [(each.line, each.sku, each.quantity) for each in asked.lines] == [(1, "shirt-1-M", 2), (2, "shirt-2-M", 3)]
    assert "OrderConfirmed" not in names(part)
    assert "OrderConfirmed" in names(rest)
    assert story.order.state is State.CONFIRMED


@pytest.mark.rule("A-10")
def test_lines_say_why_they_are_missing_and_one_is_enough_to_keep_the_order_in_processing() -> None:
    story = brought_to("availability_requested", lines=tuple(line(number) for number in range(1, 5)))
    answers = (
        ("available", "anomaly", "restocking", "unavailable"),
        ("available", "available", "available", "unavailable"),
        ("available", "available", "restocking", "available"),
        ("available", "anomaly", "available", "available"),
    )

    for answer in answers:
        story.tell(story.reported(*answer))
        assert tuple(str(each.state) for each in story.order.lines) == answer
        assert story.order.state is State.PROCESSING
    story.tell(story.available())
    assert story.order.state is State.CONFIRMED


@pytest.mark.rule("OMC-01")
def test_an_order_runs_to_its_customer_without_anybodys_command() -> None:
    hub = played(Script(lines=((2, 500), (1, 700)))).hub
    passed = list(dict.fromkeys(str(decision.after.state) for decision in hub.decisions))

    assert not any(isinstance(decision.received.fact, facts.Command) for decision in hub.decisions)
    assert passed[-6:] == ["confirmed", "picking", "shipping", "sent", "delivered", "completed"]


@pytest.mark.rule("OMC-01")
def test_a_person_changes_where_an_order_runs_to() -> None:
    story = brought_to("processing")
    story.command(facts.CancelOrder(reason="customer_choice"), ANN)

    assert story.order.state is State.CANCELLED


@pytest.mark.rule("TRV-02")
def test_an_order_is_carried_out_and_what_it_costs_is_taken() -> None:
    order = played(Script(lines=((2, 500), (1, 700)))).hub.orders[ORDER]

    assert {str(each.state) for each in order.shipments} == {"delivered"}
    assert balance(order).captured == order.total == 2 * 500 + 700 + 500


@pytest.mark.rule("A-01", "OSM-17")
def test_delivered_is_the_carriers_word_and_completed_the_end_a_while_later() -> None:
    story = brought_to("sent")
    delivered = story.tell(story.delivered())
    (closing,) = (timer for timer in story.order.timers if timer.kind == "closing")

    assert "OrderDelivered" in names(delivered)
    assert "OrderCompleted" not in names(delivered)
    assert status_of(story.order).status == "delivered"
    assert closing.due_at - closing.since == BY_HAND.closing > timedelta(days=1)
    story.due("closing")
    assert status_of(story.order).status == "completed"
    assert "OrderCompleted" in names(story.hub.decisions[-1])


@pytest.mark.rule("OSM-01")
def test_five_moments_of_an_order_write_to_its_customer_by_themselves() -> None:
    returned = played(Script(returned="all")).hub
    cancelled = brought_to("cancelled").hub

    assert mails(returned) == [
        ("OrderPlaced", "recorded"),
        ("FraudScored", "validated"),
        ("ShipmentHandedOver", "shipped"),
        ("RefundExecuted", "refund"),
    ]
    assert mails(cancelled) == [
        ("OrderPlaced", "recorded"),
        ("PaymentAuthorized", "validated"),
        ("CancelOrder", "cancellation"),
    ]


def mails(hub: Hub) -> list[tuple[str, str]]:
    """The e-mails about an order's five moments, each with the fact that it followed from."""
    five = {"recorded", "validated", "shipped", "cancellation", "refund"}
    return [
        (type(each.received.fact).__name__, request.template)
        for each in hub.decisions
        for request in each.requests
        if isinstance(request, requests.EmailRequested) and request.template in five
    ]


@pytest.mark.rule("OSM-75")
def test_the_stock_of_a_free_copy_is_asked_for_like_any_others() -> None:
    story = brought_to("delivered", lines=(line(1, 2), line(2, 1)))
    story.command(desk.CreateZeroOrder((desk.LineQuantity(1, 1),), reason="lost"))
    story.hub.drain_internal()
    copy = story.other(next(each.id for each in story.hub.orders.values() if each.kind == "zero"))
    copy.command(facts.ApproveOrder(reason="lost"))
    asked = copy.asked(requests.AvailabilityRequested)

    assert asked is not None
    assert [(each.sku, each.quantity) for each in asked.lines] == [("shirt-1-M", 1)]
    assert copy.order.state == "availability_requested"
    copy.each(copy.available)
    assert copy.order.state == "confirmed"


PLAYS = (
    Script(returned="all", exchange=True, shortage="flash", refusals=1, verdicts=("review", "clear")),
    Script(returned="one", split_receipt=True, failed_refunds=1, cheque=True),
)


@pytest.mark.parametrize("script", PLAYS)
@pytest.mark.rule("A-27")
def test_nothing_that_is_told_of_an_order_says_pending_alone(script: Script) -> None:
    decisions = played(script).hub.decisions
    said = [to_builtins(event) for decision in decisions for event in decision.events]
    asked = [to_builtins(request) for decision in decisions for request in decision.requests]
    shown = [to_builtins(status_of(decision.after)) for decision in decisions if decision.after.state is not None]

    assert "payment_pending" in set(words(shown))
    assert "pending" not in {word.lower() for word in words([said, asked, shown])}


def words(value: object) -> list[str]:
    """All texts within a value."""
    if isinstance(value, dict):
        return [word for each in value.values() for word in words(each)]
    if isinstance(value, list | tuple):
        return [word for each in value for word in words(each)]
    return [str(value)] if isinstance(value, str) else []


@pytest.mark.rule("EP-17")
def test_what_is_engraved_goes_to_the_warehouse_and_no_edit_changes_it() -> None:
    story = Story(lines=(changed(line(1, 2), personalisation="ADA 7"), line(2)))
    WAYS["availability_requested"](story)
    story.command(desk.ModifyOrder(change=(desk.LineQuantity(1, 1),)))
    story.tell(story.available())
    release = story.asked(requests.ShipmentRelease)

    assert release is not None
    assert [(each.sku, each.personalisation) for each in release.lines] == [("shirt-1-M", "ADA 7"), ("shirt-2-M", None)]
    assert "ADA 7" not in str(status_of(story.order))


@pytest.mark.rule("PEL-26")
def test_every_line_that_the_hub_tells_of_names_its_article() -> None:
    story = brought_to("delivered", lines=(line(1, 2), line(2)))
    story.command(facts.CreateReturn((facts.ReturnLine(1, 1),)))
    story.command(facts.ConfirmReturn(story.order.returns[0].code))
    story.tell(facts.ReturnReceived(story.order.returns[0].code, (facts.ReceivedLine(1, 1),)))
    told = [each for _, each in story.hub.asked] + [e for d in story.hub.decisions for e in d.events]
    lines = [entry for each in told for entry in getattr(each, "lines", ()) if not isinstance(entry, int)]

    assert {type(each).__name__ for each in told if getattr(each, "lines", ())} >= {
        *("AvailabilityRequested", "ShipmentRelease", "ReturnAnnounced", "ReturnDrafted", "ReturnReceived")
    }
    assert all(entry.sku for entry in lines)
    assert [entry.sku for entry in status_of(story.order).lines] == ["shirt-1-M", "shirt-2-M"]


@pytest.mark.rule("O-35", "O-34")
def test_an_order_with_a_difficulty_of_its_carrier_is_closed_only_once_a_person_has_cleared_it() -> None:
    story = brought_to("delivered")
    story.tell(facts.CarrierException("T-0", code="damaged"))
    story.due("closing")
    before = story.order.state

    story.command(desk.ClearAlert("carrier", reason="settled with the customer"))

    assert (before, story.order.state) == ("delivered", "completed")
