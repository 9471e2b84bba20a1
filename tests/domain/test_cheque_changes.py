"""Cheques of orders that change on the way: cancelled, made cheaper or dearer before the money is there."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome, Policy
from domain.deciding.money import Money
from domain.deciding.values import changed
from domain.orders import facts, requests
from domain.orders.money.balance import balance
from tests.domain.story import CHEQUE, Story, brought_to, by_cheque
from tests.domain.world import A_HAT, Hub, code_of, line, placed

rule = pytest.mark.rule
HALF_PRICE = desk.ChangePrice((desk.PriceCut(1, 50),))


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


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
@rule("O-26", "P-03")
def test_an_order_that_costs_more_than_its_cheque_is_not_let_through(steps: int) -> None:
    story = by_cheque(steps)
    story.command(A_HAT)
    assert story.alerts == ["cheque_short"]

    if steps < 2:
        story.tell(cashed(story))
    else:
        for command in CHEQUE[steps - 1 :]:
            story.command(command)

    assert (story.order.payment.captured, story.order.total) == (5500, 14500)
    assert story.order.state == "payment_pending"
    assert story.alerts == ["cheque_short"]


@rule("O-08")
def test_an_order_made_as_cheap_as_its_cheque_again_goes_on() -> None:
    story = by_cheque()
    story.command(A_HAT)
    story.tell(cashed(story))

    story.command(desk.ModifyOrder(remove=(2,)))

    assert story.order.state == "availability_requested"
    assert not story.order.alerts


@rule("F-11", "O-27")
def test_an_order_with_too_small_a_cheque_that_is_cancelled_is_paid_back() -> None:
    story = by_cheque()
    story.command(A_HAT)
    story.tell(cashed(story))

    story.command(facts.CancelOrder(reason="customer_choice"))

    assert given_back(story) == [(5500, "cancellation", "approved", "manual")]
    assert not story.order.alerts


@rule("O-26", "P-02", "P-03")
def test_a_cheque_checked_against_the_grown_order_is_enough() -> None:
    story = by_cheque(2)
    story.command(A_HAT)

    for command in CHEQUE:
        story.command(command)

    assert (story.order.payment.captured, story.order.state) == (14500, "availability_requested")
    assert not story.order.alerts


@rule("P-03")
def test_a_cheque_authorised_by_a_person_may_be_cashed_by_the_payment_service() -> None:
    story = by_cheque(3)

    story.tell(cashed(story))

    assert (story.order.payment.state, story.order.payment.captured) == ("captured", 5500)
    assert story.order.state == "availability_requested"
    assert "check" not in [timer.kind for timer in story.order.timers]


@pytest.mark.parametrize("cashed_first", [True, False])
@rule("F-11", "O-27")
def test_a_cheque_authorised_by_a_person_is_sent_back_or_paid_back_after_the_cancellation(cashed_first: bool) -> None:
    story = by_cheque(3)
    money = cashed(story)
    if cashed_first:
        story.tell(money)
    story.command(facts.CancelOrder(reason="customer_choice"))
    assert story.alerts == ([] if cashed_first else ["cheque_to_return"])

    story.tell(money)

    assert given_back(story) == [(5500, "cancellation", "approved", "manual")]
    assert not story.order.alerts
    assert balance(story.order).sound


@rule("P-10")
def test_a_cheque_of_another_amount_than_was_asked_is_in_the_books_and_before_a_person() -> None:
    story = by_cheque()
    money = cashed(story)

    story.tell(facts.PaymentCaptured(money.request_id, money.payment_id, Money(5000, "EUR")))

    assert (story.order.payment.state, story.alerts) == ("captured", ["cheque_short", "amount_mismatch"])
    assert (story.order.state, balance(story.order).captured) == ("payment_pending", 5000)


@rule("P-01", "P-04")
def test_an_amount_named_rightly_after_all_settles_the_wrong_one() -> None:
    story = brought_to("shipping")
    story.tell(story.handed_over())
    right = story.captured()
    assert isinstance(right, facts.PaymentCaptured)

    story.tell(facts.PaymentCaptured(right.request_id, right.payment_id, Money(3000, "EUR")))
    assert story.alerts == ["amount_mismatch"]
    story.tell(right)

    assert (story.order.payment.captured, story.alerts) == (5500, [])


def test_an_approved_order_that_needed_no_cheque_does_not_begin_to_cost() -> None:
    story = Story(Hub(Policy(logistics_pieces=1)), method="cheque", lines=(line(1, 1, 0),))
    story.tell(placed(line(1, 1, 0), fee=0, method="cheque"))
    story.score()

    assert story.order.state == "approved"
    assert (
        code_of(story.command(desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),)))) == "gate"
    )


@rule("P-02", "O-11")
def test_after_a_cheque_that_bounced_the_next_one_is_awaited_and_checked_anew() -> None:
    story = by_cheque(2)
    bounced = story.refused()
    first = next(d.received for d in story.hub.decisions if isinstance(d.received.fact, facts.ChequeReceived))
    story.tell(bounced)
    story.due("payment_retry")

    again = story.hub.take(story.id, changed(first, cause=changed(first.cause, id="again")))[0]
    before = story.order.payment.cheque_received
    story.cheque(1)

    assert (again.outcome, before) == (Outcome.LATE, False)
    assert (story.order.payment.cheque_received, story.order.payment.cheque_checked) == (True, False)
    assert code_of(story.command(desk.AuthorizeCheque())) == "gate"


@rule("O-26", "P-04")
def test_goods_that_left_before_their_increase_was_reserved_leave_a_difference_to_collect() -> None:
    story = brought_to("availability_requested")
    story.command(A_HAT)
    story.tell(story.available())
    story.tell(story.handed_over())

    assert "captured_short" in [alert.name for alert in story.order.alerts]
