"""Raises: a reserved amount that has to grow with its order, and what becomes of it when the order changes again."""

import pytest

from domain import desk, facts, requests
from domain.balance import balance
from domain.money import Money
from tests.domain.story import Story, brought_to

rule = pytest.mark.rule
A_HAT = desk.ModifyOrder(add=(desk.NewLine("hat-1", 1, 9000),))
NO_HAT = desk.ModifyOrder(remove=(2,))
CANCELLED = facts.CancelOrder(reason="customer_choice")


def raising() -> Story:
    """An order of 5500 on a card that a person made dearer by 9000: the bank is asked for more."""
    story = brought_to("processing")
    story.command(A_HAT)
    return story


def timers(story: Story) -> set[str]:
    return {timer.kind for timer in story.order.timers}


def alerts(story: Story) -> list[str]:
    return [alert.name for alert in story.order.alerts]


@pytest.mark.parametrize("answered_first", [True, False])
@pytest.mark.parametrize(("granted", "held"), [(True, 14500), (False, 5500)])
@rule("O-26", "O-27")
def test_all_that_is_reserved_of_a_cancelled_order_is_set_free(granted: bool, held: int, answered_first: bool) -> None:
    story = raising()
    answer = story.authorized() if granted else story.refused()

    if answered_first:
        story.tell(answer)
    story.command(CANCELLED)
    if not answered_first:
        story.tell(answer)

    void = story.asked(requests.VoidRequested)
    assert void is not None
    assert void.amount == Money(held, "EUR")
    assert timers(story) == {"void"}
    story.tell(story.voided())
    assert (story.order.payment.state, story.order.payment.voided) == ("voided", held)
    assert balance(story.order).sound


@rule("O-27")
def test_a_raise_that_nobody_answers_after_the_cancellation_is_overdue() -> None:
    story = raising()
    story.command(CANCELLED)

    story.due("payment")

    assert alerts(story) == ["payment_late"]


@pytest.mark.parametrize("answered_first", [True, False])
@rule("O-26")
def test_a_refused_raise_that_is_not_needed_any_more_is_not_tried_again(answered_first: bool) -> None:
    story = raising()
    refusal = story.refused()

    if answered_first:
        story.tell(refusal)
    story.command(NO_HAT)
    if not answered_first:
        story.tell(refusal)

    assert "payment_retry" not in timers(story)
    assert "increase_refused" not in alerts(story)
    assert story.order.payment.raises == 0


@rule("O-27", "P-01")
def test_another_amount_than_was_reserved_does_not_set_it_free() -> None:
    story = brought_to("cancelled")
    right = story.voided()
    assert isinstance(right, facts.PaymentVoided)

    story.tell(facts.PaymentVoided(right.request_id, right.payment_id, Money(100, "EUR")))
    assert (story.order.payment.state, alerts(story)) == ("authorised", ["amount_mismatch"])

    story.tell(right)
    assert (story.order.payment.state, alerts(story)) == ("voided", [])
