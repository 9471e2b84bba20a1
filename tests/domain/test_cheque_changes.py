"""Cheques of orders that change on the way: cancelled, made cheaper or dearer before the money is there."""

import pytest

from domain import desk, facts, requests
from domain.balance import balance
from tests.domain.story import CHEQUE, Story

rule = pytest.mark.rule
HALF_PRICE = desk.ChangePrice((desk.PriceCut(1, 50),))


def by_cheque(steps: int = 0) -> Story:
    """An order in doubt of nobody whose cheque went these steps: received, checked, authorised, validated."""
    story = Story(method="cheque")
    story.place()
    story.score()
    story.cheque(steps)
    return story


def cashed(story: Story) -> facts.PaymentCaptured:
    """The payment service cashed the cheque that was asked for last."""
    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    return facts.PaymentCaptured(asked.request_id, "pay-9", asked.amount)


def given_back(story: Story) -> list[tuple[int, str, str, str]]:
    refunds = story.order.refunds
    return [(refund.amount, refund.origin, str(refund.state), refund.tender) for refund in refunds]


@pytest.mark.parametrize("arrived", [0, 1])
@rule("F-11", "O-27")
def test_a_cheque_cashed_after_the_cancellation_is_paid_back_in_full(arrived: int) -> None:
    story = by_cheque(arrived)
    story.command(facts.CancelOrder(reason="customer_choice"))

    story.tell(cashed(story))

    assert given_back(story) == [(5500, "cancellation", "approved", "manual")]
    assert story.order.refunds[0].reason == "customer_choice"
    assert not story.order.alerts


@rule("F-11", "O-12")
def test_a_cheque_cashed_after_its_time_was_over_is_paid_back_in_full() -> None:
    story = by_cheque()
    story.due("cheque")

    story.tell(cashed(story))

    assert story.order.state == "cancelled"
    assert given_back(story) == [(5500, "cancellation", "approved", "manual")]


@rule("F-11")
def test_a_cheque_cashed_after_fraud_was_proven_is_paid_back_by_a_person_or_not_at_all() -> None:
    story = by_cheque()
    story.command(facts.CancelOrder(reason="fraud_proven"))

    story.tell(cashed(story))

    assert given_back(story) == [(5500, "cancellation", "requested", "manual")]


@pytest.mark.parametrize("steps", [0, 3])
@rule("O-26")
def test_a_cheque_order_made_cheaper_before_it_is_cashed_owes_the_difference(steps: int) -> None:
    story = by_cheque(steps)
    story.command(HALF_PRICE)

    if steps:
        story.command(CHEQUE[-1])
    else:
        story.tell(cashed(story))

    assert (story.order.payment.captured, story.order.total) == (5500, 3000)
    assert given_back(story) == [(2500, "reduction", "requested", "manual")]
    assert balance(story.order).sound
