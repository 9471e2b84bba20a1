"""What is late says why, and what is so already; what the order can't make sense of is put before a person."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import commands as desk
from domain.deciding.decision import Decision, Known, Late, Outcome, Why
from domain.orders import events, facts
from domain.orders.decide import receive
from domain.orders.facts import Fact
from domain.orders.goods.availability import request_id
from domain.orders.order import Order
from domain.orders.scratchpad import MOST_ABOUT
from domain.orders.view import attention
from tests.domain.story import RETURNS, SITUATIONS, Story, brought_to, every_shape
from tests.domain.world import BOSS, alerts, line, money, received, samples, standing, when, why_of
from verification.invariants import faults

rule = pytest.mark.rule
SHAPES = every_shape()
ELSEWHERE = facts.AvailabilityReported(
    request_id="r-1", shipment_id="nowhere", lines=(facts.ReportedLine(1, "available"),)
)
RECALL = desk.RecallOrder("modify", reason="the customer changed his mind")


@given(st.data(), st.sampled_from(sorted(SHAPES)))
@rule("A-70")
def test_whatever_is_late_in_whatever_state_says_why_and_what_is_so_already(data: st.DataObject, name: str) -> None:
    order = SHAPES[name]
    fact = data.draw(st.sampled_from([fact for fact in samples(order) if not isinstance(fact, facts.Command)]))
    first = receive(order, received(fact, "once"), Known())

    for decision in (*first, *receive(first[-1].after, received(fact, "again"), Known())):
        if decision.outcome is Outcome.LATE:
            assert decision.late is not None
            assert decision.rules == (f"{decision.late.why}: {decision.late.known}",)
            assert len(decision.late.known.split()) > 2


def test_no_command_is_ever_late() -> None:
    for order in SHAPES.values():
        for command in (fact for fact in samples(order) if isinstance(fact, facts.Command)):
            outcome = receive(order, received(command, "walk", actor=BOSS), Known())[0].outcome

            assert outcome in (Outcome.APPLIED, Outcome.REFUSED), command


def test_nothing_can_be_late_without_a_word() -> None:
    order = brought_to("sent").order
    got = received(facts.PickingStarted("s-1"), "now")

    with pytest.raises(ValueError, match="says what is so already"):
        Late(Why.REPEATED, "")
    with pytest.raises(ValueError, match="late with its reason"):
        Decision(got, order, Outcome.LATE)
    with pytest.raises(ValueError, match="late with its reason"):
        Decision(got, order, Outcome.APPLIED, late=Late(Why.REPEATED, "the shipment is sent"))


@pytest.mark.parametrize(
    "fact",
    [
        ELSEWHERE,
        facts.PickingStarted("nowhere"),
        facts.ParcelPacked("nowhere"),
        facts.ShipmentHandedOver("nowhere", "colibri", "T-9"),
        facts.RecallAccepted("nowhere"),
        facts.RecallRefused("nowhere"),
    ],
    ids=lambda fact: fact.name,
)
@rule("O-79")
def test_a_shipment_that_the_order_does_not_have_is_put_before_a_person(fact: Fact) -> None:
    order = brought_to("confirmed").order

    told = when(order, fact)

    assert told.rules == ("O-79",)
    assert alerts(told) == {"unknown_shipment"}
    assert standing(told.after) == standing(order)
    assert why_of(when(told.after, fact, days=2)) == "repeated"


@rule("O-79")
def test_each_of_several_unknown_shipments_is_told_and_no_more_than_a_person_can_look_at() -> None:
    order = brought_to("confirmed").order

    told = [first := when(order, facts.PickingStarted("nowhere-0"))]
    for number in range(1, MOST_ABOUT + 5):
        told.append(when(told[-1].after, facts.PickingStarted(f"nowhere-{number}")))
    again = when(told[1].after, facts.PickingStarted("nowhere-1"))

    texts = [event.text for each in told for event in each.events if isinstance(event, events.AlertRaised)]
    assert texts == [f"nowhere-{number}" for number in range(MOST_ABOUT)]
    assert (alerts(first), why_of(again), why_of(told[-1])) == ({"unknown_shipment"}, "repeated", "repeated")
    assert [alert.name for alert in told[-1].after.alerts].count("unknown_shipment") == 1


def lost(order: Order, status: str = "anomaly") -> Fact:
    """What the warehouse says to its last question, after all."""
    shipment = order.shipments[0]
    asked = request_id(order.id, shipment.id, shipment.round)
    lines = (facts.ReportedLine(1, status),)
    return facts.AvailabilityReported(request_id=asked, shipment_id=shipment.id, lines=lines)


@pytest.mark.parametrize("state", ["confirmed", "picking"])
@rule("O-79")
def test_goods_that_are_missing_though_they_were_set_aside_are_put_before_a_person(state: str) -> None:
    order = brought_to(state).order

    told = when(order, lost(order))

    assert alerts(told) == {"stock_lost"}
    assert standing(told.after) == standing(order)
    assert why_of(when(order, lost(order, "available"))) == "repeated"


@pytest.mark.parametrize("state", ["shipping", "sent", "delivered"])
@rule("A-70")
def test_goods_that_were_packed_were_there_whatever_is_said_of_the_shelves(state: str) -> None:
    order = brought_to(state).order

    assert why_of(when(order, lost(order))) == "overtaken"


@pytest.mark.parametrize("state", ["sent", "delivered", "completed"])
@rule("O-79")
def test_a_first_doubt_of_goods_that_are_gone_is_put_before_a_person(state: str) -> None:
    order = brought_to(state).order

    told = when(order, facts.FraudScored("decline", reasons=("stolen card",)))

    assert alerts(told) == {"doubted_after_dispatch"}
    assert told.after.state == state
    assert why_of(when(order, facts.FraudScored("clear"))) == "settled"


CHEQUE = facts.ChequeReceived(money(5500))


@rule("O-79")
def test_a_cheque_for_an_order_that_is_paid_otherwise_goes_back() -> None:
    order = brought_to("availability_requested").order

    told = when(order, CHEQUE)

    assert alerts(told) == {"cheque_to_return"}
    assert told.after.payment == order.payment


@rule("A-70")
def test_the_cheque_of_an_order_that_has_it_is_a_repetition() -> None:
    story = brought_to("payment_pending", method="cheque")
    story.tell(CHEQUE)

    assert why_of(story.tell(CHEQUE)) == "repeated"


def desk_said(kind: str) -> Callable[[Story], Fact]:
    """What the reorder desk says of the story's search."""
    makes: dict[str, Callable[[str], Fact]] = {
        "accepted": facts.FlashAccepted,
        "found": lambda name: facts.FlashFulfilled(name, (facts.FulfilledLine(1, 1),)),
        "refused": facts.FlashRefused,
    }
    return lambda story: makes[kind](story.order.flashes[0].id)


@pytest.mark.parametrize(
    ("state", "said", "alert", "why"),
    [
        ("accepted", "accepted", None, "repeated"),
        ("fulfilled", "accepted", None, "overtaken"),
        ("refused", "accepted", "flash_contradicted", None),
        ("refused", "refused", None, "repeated"),
        ("fulfilled", "refused", "flash_contradicted", None),
        ("refused", "found", "flash_contradicted", None),
        ("fulfilled", "found", "stock_arrived_unneeded", None),
    ],
)
@rule("A-70", "O-79")
def test_a_reorder_desk_that_contradicts_itself_is_put_before_a_person(
    state: str, said: str, alert: str | None, why: str | None
) -> None:
    story = SITUATIONS["flash"][state]()

    told = when(story.order, desk_said(said)(story), days=9)

    assert (alerts(told), why_of(told)) == (set() if alert is None else {alert}, why)
    assert standing(told.after) == standing(story.order)


@pytest.mark.parametrize("first", ["accepted", "refused"])
@rule("A-70", "O-79")
def test_a_warehouse_that_contradicts_its_answer_to_a_recall_is_put_before_a_person(first: str) -> None:
    story = brought_to("picking", lines=(line(),))
    story.command(RECALL)
    shipment = story.shipment().id
    answers = {"accepted": facts.RecallAccepted(shipment), "refused": facts.RecallRefused(shipment)}
    story.tell(answers.pop(first))
    (other,) = answers.values()

    told = when(story.order, other)
    again = when(story.order, facts.RecallAccepted(shipment) if first == "accepted" else facts.RecallRefused(shipment))

    assert alerts(told) == {"recall_contradicted"}
    assert why_of(again) == "repeated"


@rule("A-70")
def test_an_answer_to_a_recall_that_nobody_asked_for_and_that_names_no_goods_is_late() -> None:
    order = brought_to("picking").order

    assert why_of(when(order, facts.RecallRefused(order.shipments[0].id))) == "not_asked"
    assert alerts(when(order, facts.RecallAccepted(order.shipments[0].id))) == {"recalled"}


@pytest.mark.parametrize("kind", [facts.ReleaseExchange, facts.CancelExchange])
@rule("O-79")
def test_what_another_order_says_of_a_strange_return_is_put_before_a_person(kind: type[Fact]) -> None:
    order = brought_to("delivered").order
    (fact,) = samples(order, [kind])

    told = when(order, fact)

    assert alerts(told) == {"misdirected"}
    assert standing(told.after) == standing(order)


def test_every_alert_of_what_is_unexpected_has_its_advice() -> None:
    said = {"unknown_shipment", "stock_lost", "doubted_after_dispatch", "flash_contradicted", "recall_contradicted"}

    assert said | {"misdirected", "cheque_to_return", "stock_arrived_unneeded"} <= set(attention.ADVICE)


def test_what_is_unexpected_leaves_an_order_sound() -> None:
    story = RETURNS["received"]()

    told = when(story.order, ELSEWHERE)

    assert faults(told.after) == []
