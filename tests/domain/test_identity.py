"""Who is meant, and what is newer: numbers in one form, ids with one content, clocks and the log (A-85, A-86)."""

from datetime import datetime, timedelta

import pytest

from contracts import commands as desk
from contracts.references import form, named, numbered, same
from domain.deciding.decision import Outcome
from domain.deciding.received import Claim
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.facts import Fact
from domain.orders.order import State
from domain.orders.references import gave_up
from domain.orders.view.attention import reasons
from domain.orders.view.projection import status_of
from tests.domain.story import Story, brought_to
from tests.domain.world import START, code_of, line, money, placed, received, two_parcels

rule = pytest.mark.rule
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def say(story: Story, fact: Fact, event_id: str, told: datetime | None = None, source: str = "test") -> Outcome:
    """Say something that the log takes now; `told` is the source's own time."""
    at = story.now()
    record = changed(received(fact, event_id, at, source=source), occurred_at=min(told or at, at))
    return story.hub.take(story.id, record)[0].outcome


# -- verdicts ------------------------------------------------------------------------------------------------------


@rule("O-60", "A-85")
@pytest.mark.parametrize("ids", [("b", "a"), ("a", "b")])
@pytest.mark.parametrize(("first", "last"), [("clear", "decline"), ("decline", "clear"), ("review", "clear")])
def test_of_two_verdicts_in_one_millisecond_the_last_in_the_log_counts(
    first: str, last: str, ids: tuple[str, str]
) -> None:
    story = brought_to("payment_pending")
    at = story.now()
    for verdict, event_id in zip((first, last), ids, strict=True):
        story.hub.take(story.id, received(facts.FraudScored(verdict), event_id, at))

    assert story.order.verdict is not None
    assert story.order.verdict.clear is (last == "clear")
    assert ("fraud" in story.alerts) is (last != "clear")
    assert "verdicts_differ" not in story.alerts


@rule("O-60", "A-85")
def test_a_verdict_whose_clock_is_older_counts_and_is_told() -> None:
    story = brought_to("payment_pending")
    story.score("decline")

    say(story, facts.FraudScored("clear"), "later", START)

    assert story.order.verdict is not None
    assert story.order.verdict.clear
    assert "verdicts_differ" in story.alerts
    story.score("review")
    assert "verdicts_differ" not in story.alerts


@rule("O-60", "A-85")
def test_of_two_services_the_newer_clock_counts_and_the_older_word_is_told() -> None:
    story = brought_to("payment_pending")
    say(story, facts.FraudScored("decline"), "one", source="/fraud/one")

    outcome = say(story, facts.FraudScored("clear"), "two", START, source="/fraud/two")

    assert outcome is Outcome.APPLIED
    assert story.order.verdict is not None
    assert not story.order.verdict.clear
    assert "verdicts_differ" in story.alerts


# -- scans ---------------------------------------------------------------------------------------------------------


@rule("S-20", "A-85")
def test_of_two_scans_at_the_same_time_the_last_in_the_log_is_the_newest() -> None:
    story = brought_to("sent")
    at = story.now()
    for event_id, town in (("b", "Lyon"), ("a", "Lille")):
        story.hub.take(story.id, received(facts.CarrierInTransit("T-0", location=town), event_id, at))

    scan = story.shipment().scan
    assert scan is not None
    assert scan.location == "Lille"


@rule("S-20")
def test_a_scan_that_its_carrier_made_before_is_not_the_newest() -> None:
    story = brought_to("sent")
    say(story, facts.CarrierInTransit("T-0", location="Lyon"), "one")

    outcome = say(story, facts.CarrierInTransit("T-0", location="Lille"), "two", START)

    scan = story.shipment().scan
    assert scan is not None
    assert (outcome, scan.location) == (Outcome.LATE, "Lyon")


@rule("S-20")
@pytest.mark.parametrize("kind", [facts.CarrierCollected, facts.CarrierInTransit, facts.CarrierDelivered])
def test_a_scan_keeps_the_words_of_its_carrier(kind: type[facts.CarrierInTransit]) -> None:
    story = brought_to("sent")

    decision = story.tell(kind("T-0", code="DLV-42", text="left with the neighbour"))

    scan = story.shipment().scan
    assert scan is not None
    assert (scan.code, scan.text) == ("DLV-42", "left with the neighbour")
    (noted,) = [event for event in decision.events if isinstance(event, events.TrackingNoted)]
    assert (noted.code, noted.scanned_at) == ("DLV-42", scan.at)
    assert "neighbour" not in noted.encoded().decode()


@rule("S-21", "A-37")
def test_a_parcel_is_delivered_when_its_carrier_says_so() -> None:
    story = brought_to("sent")
    told = story.now() + HOUR
    at = told + 4 * DAY

    story.hub.take(story.id, changed(received(facts.CarrierDelivered("T-0"), "d", at), occurred_at=told))

    assert (story.order.delivered_at, story.shipment().delivered_at) == (told, told)
    trial = (facts.ReturnLine(1, 1, "home_trial"),)
    late = changed(received(facts.ReturnRequested(trial), "r", told + 33 * DAY), occurred_at=told + 33 * DAY)
    assert code_of(story.hub.take(story.id, late)[0]) == "gate"
    in_time = changed(received(facts.ReturnRequested(trial), "s", told + 33 * DAY), occurred_at=told + 29 * DAY)
    assert story.hub.take(story.id, in_time)[0].outcome is Outcome.APPLIED


@rule("S-21")
def test_a_parcel_is_not_delivered_before_it_was_sent() -> None:
    story = brought_to("sent")
    sent_at = story.shipment().sent_at

    say(story, facts.CarrierDelivered("T-0"), "d", datetime(1970, 1, 1, tzinfo=START.tzinfo))

    assert story.order.delivered_at == sent_at


@rule("S-21")
def test_an_order_is_delivered_with_its_last_parcel_by_the_carriers_clock() -> None:
    story = brought_to("sent", lines=two_parcels())
    first, last = story.now() + HOUR, story.now() + 2 * HOUR
    for index, told in ((1, last), (0, first)):
        record = received(facts.CarrierDelivered(f"T-{index}"), f"d-{index}", last + DAY)
        story.hub.take(story.id, changed(record, occurred_at=told))

    assert story.order.delivered_at == last


# -- back at the sender -------------------------------------------------------------------------------------------


def returned() -> Story:
    """An order whose parcel turned back and was delivered to its sender."""
    story = brought_to("sent")
    story.tell(facts.CarrierReturnedToSender("T-0"))
    story.tell(facts.CarrierDelivered("T-0"))
    return story


@rule("S-22")
def test_a_parcel_that_turned_back_is_not_delivered_but_back() -> None:
    story = returned()

    assert (story.order.state, story.shipment().state, story.order.delivered_at) == ("sent", "sent", None)
    assert story.shipment().back_at is not None
    assert "returned_to_sender" in story.alerts
    assert "delivery" not in story.timers


@rule("S-22")
def test_an_order_whose_parcel_is_back_is_closed_only_once_a_person_has_settled_it() -> None:
    story = returned()
    story.due("closing")
    assert story.order.state is State.SENT

    story.command(facts.CreateReturn(lines=(facts.ReturnLine(1, 1, "unwanted"),)))
    story.command(desk.ClearAlert(alert="returned_to_sender", reason="the customer wants the money"))
    assert story.order.state is State.SENT
    story.command(facts.CancelReturn(story.order.returns[0].code, reason="paid back otherwise"))
    assert [story.order.state] == [State.COMPLETED]


@rule("S-22")
def test_a_parcel_that_is_sent_again_under_another_number_is_on_its_way() -> None:
    story = returned()

    story.tell(facts.ShipmentHandedOver(story.shipment().id, "colibri", "T-NEW"))
    assert "returned_to_sender" not in story.alerts
    assert "delivery" in story.timers
    story.tell(facts.CarrierDelivered("T-NEW"))

    assert story.order.state is State.DELIVERED


@rule("S-22")
def test_a_delivery_before_the_turn_is_one_to_the_customer() -> None:
    story = brought_to("sent")
    delivered, turned = story.now() + HOUR, story.now() + 2 * HOUR
    say_at(story, facts.CarrierReturnedToSender("T-0"), turned, turned)
    say_at(story, facts.CarrierDelivered("T-0"), turned + HOUR, delivered)

    assert (story.order.state, story.shipment().back_at) == ("delivered", None)
    assert "returned_to_sender" in story.alerts


def say_at(story: Story, fact: Fact, at: datetime, told: datetime) -> None:
    story.hub.take(story.id, changed(received(fact, f"at-{at}", at), occurred_at=told))


@rule("S-22")
def test_of_two_parcels_one_delivered_and_one_back_leave_the_order_open() -> None:
    story = brought_to("sent", lines=two_parcels())
    story.tell(facts.CarrierReturnedToSender("T-0"))
    story.tell(facts.CarrierDelivered("T-0"))
    story.tell(facts.CarrierDelivered("T-1"))

    assert story.order.state is State.SENT
    assert "closing" in story.timers


# -- numbers -------------------------------------------------------------------------------------------------------

FORMS = [
    ("tracking", "1Z999AA1", "1z999-aa 1"),
    ("tracking", "RR 123.456 FR", "rr123456fr"),
    ("rma", "RMA-ABCDE12345", "rma abcde12345"),
    ("number", "W-1001", "w-1001"),
    ("shipment", "ab-cd", "AB-CD"),
]


@rule("A-86")
@pytest.mark.parametrize(("kind", "one", "other"), FORMS)
def test_a_number_is_the_same_however_it_is_written(kind: str, one: str, other: str) -> None:
    assert same(kind, one, other)
    assert form(kind, form(kind, one)) == form(kind, one)


@rule("A-86")
def test_other_numbers_stay_others() -> None:
    assert not same("tracking", "1Z1", "1Z2")
    assert not same("tracking", None, None)
    assert not same("payment", "pay_a", "pay_A")
    assert not same("number", "10-01", "1001")
    assert form("tracking", "--") == "--"


@rule("A-86")
@pytest.mark.parametrize("written", ["1z999aa1", "1Z-999-AA1", "1Z999AA1", "1Z 999 AA1"])
@pytest.mark.parametrize("kind", [facts.CarrierDelivered, facts.CarrierReturnedToSender, facts.CarrierException])
def test_a_scan_finds_its_parcel_however_the_number_is_written(
    written: str, kind: type[facts.CarrierDelivered]
) -> None:
    story = brought_to("shipping", lines=two_parcels())
    story.tell(facts.ShipmentHandedOver(story.shipment().id, "colibri", "1Z999AA1"))

    decision = story.tell(kind(written))

    assert decision.outcome is Outcome.APPLIED
    assert story.shipment().tracking_number == "1Z999AA1"
    assert story.shipment().scan is not None


@rule("A-86")
def test_a_number_with_spaces_is_read_and_published_without_them() -> None:
    story = brought_to("shipping")
    written = b'{"shipment_id":"%s","carrier":"colibri","tracking_number":"1Z 999 AA1"}' % story.shipment().id.encode()

    decision = story.tell(facts.ShipmentHandedOver.read(written))

    assert story.shipment().tracking_number == "1Z 999 AA1"
    (moved,) = [event for event in decision.events if isinstance(event, events.ShipmentChanged)]
    assert moved.tracking_number == "1Z999AA1"
    assert status_of(story.order).encoded()
    with pytest.raises(ValueError, match="tracking_number"):
        facts.ShipmentHandedOver.read(written.replace(b"1Z 999 AA1", b" "))


@rule("A-86")
def test_the_same_label_written_otherwise_is_no_other_label() -> None:
    story = brought_to("sent")

    decision = story.tell(facts.ShipmentHandedOver(story.shipment().id, "colibri", "t0"))

    assert (decision.outcome, story.shipment().tracking_number) == (Outcome.LATE, "T-0")


@rule("A-86")
def test_a_return_is_received_however_its_code_is_written() -> None:
    story = brought_to("delivered")
    story.tell(facts.ReturnRequested((facts.ReturnLine(1, 1),)))
    code = story.order.returns[0].code

    story.tell(facts.ReturnReceived(code.lower().replace("-", ""), (facts.ReceivedLine(1, 1),)))

    assert story.order.returns[0].lines[0].received == 1


NAMED = [
    (facts.CarrierDelivered("1z999aa1"), "ref:whatever", ("tracking", "1Z999AA1")),
    (facts.CarrierDelivered("1z999aa1"), "1Z-999-AA1", ("tracking", "1Z999AA1")),
    (facts.CarrierDelivered("1z999aa1"), "", ("tracking", "1Z999AA1")),
    (facts.CarrierDelivered("1z999aa1"), "order-1", None),
    (facts.CarrierDelivered("1Z", shipment_id="s-1"), "S-1", ("shipment", "s-1")),
    (facts.CarrierDelivered("1Z"), "ref:number:lille:w-1", ("number", "lille W-1")),
    (facts.CarrierDelivered("1Z"), "ref:number:lille", ("tracking", "1Z")),
    (facts.ReturnReceived("RMA-ABC", (facts.ReceivedLine(1, 1),)), "rma-abc", ("rma", "RMA-ABC")),
    (facts.PickingStarted("s-1"), "s-1", ("shipment", "s-1")),
    (facts.PickingStarted("s-1"), "ref:s-1", ("shipment", "s-1")),
    (facts.RefundExecuted("q", "f-1", money(5500)), "ref:f-1", ("refund", "f-1")),
    (facts.PaymentCaptured("q", "pay-1", money(5500)), "pay-1", ("payment", "pay-1")),
    (facts.PaymentRefused("q"), "ref:payment:pay-1", ("payment", "pay-1")),
    (facts.FraudScored("clear"), "ref:number:lille:1", ("number", "lille 1")),
    (facts.FraudScored("clear"), "ref:1", None),
    (facts.CancelReturn("RMA-ABC"), "RMA-ABC", None),
]


@rule("A-86")
@pytest.mark.parametrize(("message", "text", "reference"), NAMED, ids=str)
def test_a_record_names_its_order_by_a_number_where_its_writer_has_nothing_else(
    message: Fact, text: str, reference: tuple[str, str] | None
) -> None:
    assert named(text, message) == reference


@rule("S-23")
def test_an_order_gives_a_tracking_number_up_once_the_parcel_is_no_longer_on_its_way() -> None:
    sent = brought_to("sent").order

    assert not gave_up(sent, "tracking", "T0")
    assert gave_up(sent, "tracking", "OTHER")
    for story in (brought_to("delivered"), returned()):
        assert gave_up(story.order, "tracking", "T0")
    assert gave_up(brought_to("cancelled").order, "number", "N-1")
    assert not gave_up(brought_to("delivered").order, "number", "N-1")


@rule("S-23")
@pytest.mark.parametrize("gone", [True, False])
def test_a_number_that_another_parcel_had_is_taken_over_or_told(gone: bool) -> None:
    story = brought_to("shipping")
    fact = facts.ShipmentHandedOver(story.shipment().id, "colibri", "RR1FR")

    record = changed(received(fact, "h", story.now()), claims=(Claim("tracking", "RR1FR", "another", gone),))
    (decision,) = story.hub.take(story.id, record)

    assert [(each.value, each.over) for each in decision.references] == ([("RR1FR", "another")] if gone else [])
    assert ("tracking_taken" in story.alerts) is not gone
    assert story.shipment().reused is gone


@rule("S-23")
def test_a_scan_of_the_parcel_that_had_the_number_before_moves_nothing() -> None:
    story = brought_to("shipping")
    fact = facts.ShipmentHandedOver(story.shipment().id, "colibri", "RR1FR")
    story.hub.take(
        story.id, changed(received(fact, "h", story.now()), claims=(Claim("tracking", "RR1FR", "another", True),))
    )

    assert say(story, facts.CarrierDelivered("RR1FR"), "old", START - DAY) is Outcome.LATE
    assert say(story, facts.CarrierDelivered("RR1FR"), "new") is Outcome.APPLIED


# -- ids and numbers of orders --------------------------------------------------------------------------------------

OTHERS = [
    (placed(), "/shops/parts"),
    (changed(placed(), store="paris"), "test"),
    (placed(line(1, 3)), "test"),
    (changed(placed(), number="N-2"), "test"),
]


@rule("O-62", "A-85")
@pytest.mark.parametrize("state", ["payment_pending", "confirmed", "cancelled", "completed"])
@pytest.mark.parametrize(("other", "source"), OTHERS)
def test_an_id_that_another_source_store_or_content_has_is_no_repetition(
    other: facts.OrderPlaced, source: str, state: str
) -> None:
    story = brought_to(state)
    before = story.order

    (decision,) = story.hub.take(story.id, received(other, "again", story.now(), source=source))

    assert decision.refusal is not None
    assert (decision.refusal.code, decision.refusal.dead) == ("id_reused", True)
    assert story.order == before


@rule("O-06", "O-62")
def test_the_same_order_under_a_new_event_id_is_a_repetition() -> None:
    story = brought_to("confirmed")

    assert say(story, placed(line(1, 2)), "again") is Outcome.LATE


@rule("O-62")
def test_a_contradiction_is_an_alert_once() -> None:
    story = brought_to("confirmed")
    notice = facts.TimerDue("contradicted-x", "contradicted", START, text="shop.events/3/17: other content")

    first, again = (say(story, notice, event_id) for event_id in ("one", "two"))

    assert (first, again) == (Outcome.APPLIED, Outcome.LATE)
    assert "contradicted" in story.alerts


def numbered_twice() -> Story:
    """An order whose number another live order of the store has."""
    story = Story()
    claim = Claim("number", numbered("lille", "N-1"), "another", False)
    story.hub.take(story.id, changed(received(placed(line(1, 2)), "p", story.now()), claims=(claim,)))
    return story


@rule("O-61", "O-06")
def test_an_order_with_the_number_of_a_live_one_asks_for_nothing_until_a_person_has_looked() -> None:
    story = numbered_twice()

    assert (story.order.state, story.alerts, story.order.holds) == ("payment_pending", ["number_taken"], ("alert",))
    assert story.hub.asked == []
    story.command(desk.ClearAlert(alert="number_taken", reason="two orders indeed"))
    assert story.asked(requests.AuthorizationRequested) is not None
    assert story.asked(requests.ScoreRequested) is not None
    story.score()
    story.pay()
    assert story.order.state is State.AVAILABILITY_REQUESTED


@rule("O-61")
def test_an_order_with_the_number_of_a_live_one_can_be_cancelled() -> None:
    story = numbered_twice()

    story.command(facts.CancelOrder(reason="customer_choice"))

    assert story.order.state is State.CANCELLED
    assert story.asked(requests.AuthorizationRequested) is None


@rule("O-61")
def test_the_number_of_an_order_that_is_final_is_taken_over() -> None:
    story = Story()
    claim = Claim("number", numbered("lille", "N-1"), "another", True)
    record = changed(received(placed(line(1, 2)), "p", story.now()), claims=(claim,))
    (decision,) = story.hub.take(story.id, record)

    assert [each.over for each in decision.references if each.kind == "number"] == ["another"]
    assert story.asked(requests.AuthorizationRequested) is not None


@rule("O-61")
def test_an_order_that_was_placed_in_the_same_moment_under_the_same_number_is_held() -> None:
    story = brought_to("payment_pending")
    say(story, facts.TimerDue("number_taken", "number_taken", START), "n")

    assert story.order.holds == ("alert",)
    story.score()
    story.pay()
    assert story.order.state is State.APPROVED


# -- orders that nobody knows ----------------------------------------------------------------------------------------


@rule("A-85")
def test_people_hear_of_an_order_that_nobody_has_placed_within_minutes() -> None:
    story = Story()
    story.tell(facts.CarrierInTransit("T-0"))
    (timer,) = story.order.timers
    assert timer.due_at - timer.since == timedelta(minutes=10)

    story.due("parked")

    (reason,) = reasons(story.order)
    assert (reason.what, reason.by) == ("order.placed", "shop")
    assert "ref:" in reason.do


@rule("A-85")
def test_what_came_before_its_order_waits_on_as_what_comes_early_does() -> None:
    story = Story()
    story.tell(facts.CarrierInTransit("T-0"))

    story.place()

    waits = [timer.due_at - timer.since for timer in story.order.timers if timer.kind == "parked"]
    assert waits == [DAY]
    assert story.alerts == []
