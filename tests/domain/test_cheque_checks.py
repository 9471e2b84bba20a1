"""Checks of cheques: what is told of one that fits and one that doesn't, and what is left of one that is done with."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome
from domain.deciding.money import Money
from domain.orders import events, facts
from tests.domain.story import CHEQUE, by_cheque
from tests.domain.world import A_HAT

rule = pytest.mark.rule
WHOLLY_WRONG = desk.CheckCheque(signed=False, amount=False, billing_address=False, customer_name=False)
NO_AMOUNT = desk.CheckCheque(signed=True, amount=False, billing_address=True, customer_name=True)


@pytest.mark.parametrize(
    ("check", "told"),
    [(WHOLLY_WRONG, "signature, amount, billing address, name"), (NO_AMOUNT, "amount")],
)
def test_a_cheque_that_does_not_fit_is_told_with_what_is_wrong(check: desk.CheckCheque, told: str) -> None:
    decision = by_cheque(1).command(check)

    raised = [event for event in decision.events if isinstance(event, events.AlertRaised)]
    assert [(event.alert, event.text) for event in raised] == [("cheque_mismatch", told)]


def test_a_cheque_that_fits_is_told_as_checked() -> None:
    decision = by_cheque(1).command(desk.CheckCheque(True, True, True, True))

    assert [event.state for event in decision.events if isinstance(event, events.PaymentChanged)] == ["cheque_checked"]
    assert decision.rules == ("P-02",)


def test_a_cheque_that_does_not_fit_is_not_taken_to_be_what_a_grown_order_costs() -> None:
    story = by_cheque(1)
    story.command(A_HAT)

    story.command(NO_AMOUNT)

    assert story.alerts == ["cheque_short", "cheque_mismatch"]


@rule("P-02")
def test_nothing_of_a_cheque_that_bounced_is_left_over() -> None:
    story = by_cheque(1)
    story.command(NO_AMOUNT)
    before = (story.alerts, "check" in story.timers)

    story.tell(story.refused())

    assert before == (["cheque_mismatch"], True)
    assert story.alerts == []
    assert "check" not in story.timers


@rule("O-26")
def test_the_next_cheque_is_not_measured_by_the_one_that_bounced() -> None:
    story = by_cheque(2)
    story.tell(story.refused())
    story.command(A_HAT)

    story.due("payment_retry")

    assert story.order.payment.asked == 14500
    assert story.alerts == []


@rule("P-03")
def test_a_cheque_that_a_person_cashed_needs_no_check_any_more() -> None:
    story = by_cheque(3)
    before = "check" in story.timers

    story.command(CHEQUE[-1])

    assert (before, "check" in story.timers) == (True, False)


@rule("P-03")
def test_a_cheque_that_nobody_asked_for_is_not_cashed_in_place_of_an_authorised_one() -> None:
    story = by_cheque(3)

    decision = story.tell(facts.PaymentCaptured("never-asked", "pay-9", Money(5500, "EUR")))

    assert decision.outcome is Outcome.APPLIED
    assert (story.order.payment.state, story.alerts) == ("authorised", ["unexpected_payment"])


@rule("O-27")
def test_a_cheque_that_bounced_is_not_sent_back_any_more() -> None:
    story = by_cheque(1)
    story.command(facts.CancelOrder(reason="customer_choice"))
    before = story.alerts

    story.tell(story.refused())

    assert (before, story.alerts) == (["cheque_to_return"], [])
