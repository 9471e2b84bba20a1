"""Doubts about an order: who settles them, what is kept of their reasons, and that the hub never does it by itself."""

import pytest

from contracts import commands as desk
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Decision
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.order import Order, State
from domain.orders.view.waiting import waiting
from tests.domain.story import WAYS, Story, brought_to
from tests.domain.world import CUSTOMER, code_of, names, placed, without

REASONS = ("card of another country", "third order today")
DOUBTS = ("review", "decline", "a word invented since")
QUIET = (Deadline.FRAUD, Deadline.REVIEW, Deadline.FOLLOW_UP, Deadline.PAYMENT, Deadline.AVAILABILITY)
"""Deadlines after which the hub could be tempted to decide by itself."""


def doubted(**scored: object) -> Story:
    """A paid order that the fraud service doubts."""
    story = brought_to("payment_pending")
    story.tell(facts.FraudScored("review", reasons=REASONS, **scored))  # type: ignore[arg-type]
    story.pay()
    assert story.order.state is State.RISK_REVIEW
    return story


def last(story: Story) -> Decision[Order]:
    return story.hub.decisions[-1]


@pytest.mark.rule("OSM-08")
def test_an_order_in_doubt_stays_where_it_is_until_a_person_looks_at_it() -> None:
    story = doubted()
    owed = [(each.message, each.party) for each in waiting(story.order)]
    while story.hub.fire(QUIET):
        assert story.order.state is State.RISK_REVIEW

    assert ("order.approve", "agent") in owed
    assert story.asked(requests.AvailabilityRequested) is None
    assert code_of(story.command(facts.ApproveOrder(), without("fraud.review"))) == "scope"
    story.command(facts.ApproveOrder())
    assert story.order.state == "availability_requested"


@pytest.mark.parametrize("score", [0, 100, None])
@pytest.mark.rule("OSM-28")
def test_the_score_itself_decides_nothing(score: int | None) -> None:
    sound, odd = brought_to("payment_pending"), brought_to("payment_pending")
    sound.tell(facts.FraudScored("clear", score=score))
    odd.tell(facts.FraudScored("review", score=score))
    sound.pay()
    odd.pay()

    assert (sound.order.state, odd.order.state) == (State.AVAILABILITY_REQUESTED, State.RISK_REVIEW)


def reasons(story: Story) -> list[str | None]:
    """What the alerts about fraud say."""
    told = [event for decision in story.hub.decisions for event in decision.events]
    return [each.text for each in told if isinstance(each, events.AlertRaised) and each.alert == "fraud"]


@pytest.mark.parametrize("state", ["payment_pending", "risk_review", "availability_requested", "confirmed"])
@pytest.mark.rule("OSM-26", "OSM-28")
def test_the_reasons_of_a_doubt_stand_in_its_alert_as_the_fraud_service_gave_them(state: str) -> None:
    story = unscored() if state == "risk_review" else brought_to(state)
    story.tell(facts.FraudScored("review", score=70, reasons=REASONS))

    assert reasons(story) == ["card of another country, third order today"]
    assert "fraud" in {alert.name for alert in story.order.alerts}


def unscored() -> Story:
    """A paid order that waits for its verdict."""
    story = brought_to("payment_pending")
    story.pay()
    return story


@pytest.mark.rule("OSM-28")
def test_reasons_of_any_length_fit_into_an_alert() -> None:
    story = brought_to("payment_pending")
    story.tell(facts.FraudScored("review", reasons=("x" * 200,) * 50))

    (text,) = reasons(story)
    assert text is not None
    assert 200 <= len(text) <= 2000


@pytest.mark.rule("OSM-28")
def test_a_doubt_without_reasons_is_told_all_the_same() -> None:
    story = brought_to("payment_pending")
    story.score("review")

    assert reasons(story) == [None]


@pytest.mark.parametrize("followed_up", [False, True])
@pytest.mark.rule("OSM-35")
def test_proven_fraud_is_a_reason_of_its_own_and_told_to_the_fraud_service(followed_up: bool) -> None:
    story = doubted()
    if followed_up:
        story.command(facts.FollowUpOrder())
    decision = story.command(facts.CancelOrder(reason="fraud_proven"))

    (event,) = (each for each in decision.events if isinstance(each, events.OrderCancelled))
    (told,) = (each for each in decision.requests if isinstance(each, requests.FraudConfirmed))
    assert (event.reason, told.reason, told.number) == ("fraud_proven", "fraud_proven", "N-1")
    assert story.order.state is State.CANCELLED


@pytest.mark.parametrize("state", ["payment_pending", "approved", "availability_requested", "processing"])
@pytest.mark.rule("OSM-35")
def test_fraud_proven_before_or_after_the_review_is_told_as_well(state: str) -> None:
    story = brought_to(state)
    story.score("review")
    decision = story.command(facts.CancelOrder(reason="fraud_proven"))
    again = story.command(facts.CancelOrder(reason="fraud_proven"))

    assert story.order.state is State.CANCELLED
    assert [each.reason for each in decision.requests if isinstance(each, requests.FraudConfirmed)] == ["fraud_proven"]
    assert code_of(again) == "gate"


@pytest.mark.rule("A-09", "OSM-35")
def test_a_customers_wish_to_cancel_never_confirms_fraud() -> None:
    for story in (brought_to("availability_requested"), doubted()):
        story.tell(facts.CancellationRequested("fraud_proven"))

        assert story.asked(requests.FraudConfirmed) is None


@pytest.mark.rule("OSM-35")
def test_a_doubted_order_cancelled_for_another_reason_is_no_fraud() -> None:
    decision = doubted().command(facts.CancelOrder(reason="customer_choice"))

    assert decision.after.state is State.CANCELLED
    assert "FraudConfirmed" not in names(decision)


LIVE = [state for state in WAYS if state not in ("cancelled", "voided")]


@pytest.mark.parametrize("verdict", DOUBTS)
@pytest.mark.parametrize("state", LIVE)
@pytest.mark.rule("A-09")
def test_the_hub_cancels_no_order_for_fraud_whatever_the_verdict(state: str, verdict: str) -> None:
    story = brought_to(state)
    story.score(verdict)
    while story.hub.fire(QUIET):
        pass

    assert story.order.state not in (State.CANCELLED, State.VOIDED)
    assert story.asked(requests.FraudConfirmed) is None


@pytest.mark.parametrize("verdict", DOUBTS)
@pytest.mark.rule("A-09")
def test_a_person_cancels_a_doubted_order_for_fraud(verdict: str) -> None:
    story = brought_to("payment_pending")
    story.score(verdict)
    story.pay()
    refused = story.command(facts.CancelOrder(reason="fraud_proven"), without("fraud.review"))
    story.command(facts.CancelOrder(reason="fraud_proven"))

    assert code_of(refused) == "scope"
    assert story.order.state is State.CANCELLED
    assert {"FraudConfirmed", "VoidRequested"} <= names(last(story))


@pytest.mark.rule("A-09")
def test_a_late_doubt_suspends_an_order_and_a_person_lets_it_go_on() -> None:
    story = brought_to("availability_requested")
    story.score("decline")
    held = story.order.holds
    story.command(desk.ResumeOrder(reason="known customer"))
    story.each(story.available)

    assert held == ("suspended",)
    assert story.order.state is State.CONFIRMED


@pytest.mark.rule("O-15", "A-35")
def test_the_customer_is_written_to_again_when_a_person_asks_again() -> None:
    story = brought_to("risk_follow_up")
    first = story.asked(requests.EmailRequested, template="follow_up")
    story.tell(facts.CustomerAnswered())

    story.command(facts.FollowUpOrder())

    second = story.asked(requests.EmailRequested, template="follow_up")
    assert first is not None
    assert second is not None
    assert first.request_id != second.request_id


@pytest.mark.rule("O-41", "O-14", "A-26")
def test_a_clear_word_does_not_stop_an_order_that_a_person_let_through_for_a_blacklisted_customer() -> None:
    story = Story()
    story.tell(changed(placed(), customer=changed(CUSTOMER, status="blacklisted")))
    story.tell(story.authorized())
    story.command(facts.ApproveOrder())
    story.tell(story.available())
    before = story.order.alerts

    story.score()
    clear = (story.order.state, story.order.alerts, story.order.holds)
    story.score("review")

    assert before == ()
    assert clear == ("confirmed", (), ())
    assert "suspended" in story.order.holds
