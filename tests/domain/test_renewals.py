"""Renewals: a reservation that runs out, or that the bank let go, is asked for once and no more often than is set."""

from datetime import datetime, timedelta

import pytest

from contracts import commands as desk
from domain.orders import facts, requests
from domain.orders.money.balance import balance
from tests.domain.story import Story, brought_to
from tests.domain.world import START, money

rule = pytest.mark.rule
WEEK = START + timedelta(days=7)
OVER = WEEK + timedelta(days=1)
"""A day after a reservation of a week has run out."""


def attempts(story: Story) -> list[int]:
    """Which attempts the bank was asked for."""
    return [asked.attempt for _, asked in story.hub.asked if isinstance(asked, requests.AuthorizationRequested)]


def yes(story: Story, payment_id: str, until: datetime | None = WEEK) -> facts.PaymentAuthorized:
    """The bank's yes to what it was asked last."""
    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    return facts.PaymentAuthorized(asked.request_id, payment_id, asked.amount, until)


def confirmed_for_a_week() -> Story:
    """An order whose goods are set aside, and whose money for a week."""
    story = brought_to("payment_pending")
    story.tell(yes(story, "pay-1"))
    story.score()
    story.each(story.available)
    return story


def captured_in_time() -> Story:
    """An order whose money was reserved for a week, and is to be taken."""
    story = confirmed_for_a_week()
    story.each(story.handed_over)
    assert story.asked(requests.CaptureRequested) is not None
    return story


@rule("P-14")
def test_reservations_that_are_over_when_they_come_are_asked_for_as_often_as_is_set_and_no_more() -> None:
    story = brought_to("payment_pending")
    story.score()
    for number in range(1, 9):
        story.tell(yes(story, f"pay-{number}"), at=OVER + timedelta(hours=number))

    assert attempts(story) == [1, 2, 3, 4]
    assert balance(story.order).sound


@rule("P-14")
def test_a_reservation_is_watched_no_more_once_its_money_is_being_taken_or_set_free() -> None:
    waits = confirmed_for_a_week()
    before = "reservation" in waits.timers
    waits.command(desk.RecallOrder("cancel", reason="wish"))
    waits.each(waits.recall_accepted)

    assert before
    assert (waits.order.state, "reservation" in waits.timers) == ("cancelled", False)
    assert "reservation" not in captured_in_time().timers


@rule("P-12")
def test_a_reservation_that_the_bank_lets_go_while_more_is_asked_for_is_not_asked_for_twice() -> None:
    story = confirmed_for_a_week()
    story.due("reservation")

    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))

    assert attempts(story) == [1, 2]
    story.tell(yes(story, "pay-2", None))
    assert (story.order.payment.payment_id, story.alerts) == ("pay-2", [])
    assert balance(story.order).sound


@rule("P-12", "P-13")
def test_a_capture_that_failed_is_no_trouble_any_more_once_the_reservation_is_gone() -> None:
    story = captured_in_time()
    while True:
        asked = story.asked(requests.CaptureRequested)
        assert asked is not None
        story.tell(facts.PaymentRefused(asked.request_id, "capture"))
        if not story.hub.fire(["capture_retry"]):
            break
    before = story.alerts

    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))

    assert (before, story.alerts) == (["capture_failed"], ["reservation_lost"])
    assert attempts(story) == [1, 2]


@rule("P-10", "P-12")
@pytest.mark.parametrize(("short", "asked"), [(0, [1]), (1, [1, 2])])
def test_a_reservation_is_lost_only_when_what_is_left_does_not_cover_what_is_due(short: int, asked: list[int]) -> None:
    story = brought_to("processing")
    before = story.order.total
    story.command(desk.ChangePrice((desk.PriceCut(1, 50),), reason="damaged"))
    cut = before - story.order.total
    assert cut > 0

    story.tell(facts.PaymentVoided("bank", "pay-1", money(cut + short)))

    assert attempts(story) == asked
    assert balance(story.order).sound
