"""Raises: a reserved amount that has to grow with its order, and what becomes of it when the order changes again."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome
from domain.deciding.money import Money
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.money.balance import balance
from tests.domain.story import Story, brought_to
from tests.domain.world import A_HAT, two_parcels, why_of

rule = pytest.mark.rule
NO_HAT = desk.ModifyOrder(remove=(2,))
CANCELLED = facts.CancelOrder(reason="customer_choice")


def raising() -> Story:
    """An order of 5500 on a card that a person made dearer by 9000: the bank is asked for more."""
    story = brought_to("processing")
    story.command(A_HAT)
    return story


@pytest.mark.parametrize("answered_first", [True, False])
@pytest.mark.parametrize(("granted", "held"), [(True, 14500), (False, 5500)])
@rule("O-27")
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
    assert story.timers == {"void"}
    story.tell(story.voided())
    assert (story.order.payment.state, story.order.payment.voided) == ("voided", held)
    assert balance(story.order).sound


@rule("O-27")
def test_a_raise_that_nobody_answers_after_the_cancellation_is_overdue() -> None:
    story = raising()
    story.command(CANCELLED)

    story.due("payment")

    assert story.alerts == ["payment_late"]


@pytest.mark.parametrize("answered_first", [True, False])
def test_a_refused_raise_that_is_not_needed_any_more_is_not_tried_again(answered_first: bool) -> None:
    story = raising()
    refusal = story.refused()

    if answered_first:
        story.tell(refusal)
    story.command(NO_HAT)
    if not answered_first:
        story.tell(refusal)

    assert "payment_retry" not in story.timers
    assert "increase_refused" not in story.alerts
    assert story.order.payment.raises == 0


@rule("O-27", "P-01")
def test_another_amount_than_was_reserved_does_not_set_it_free() -> None:
    story = brought_to("cancelled")
    right = story.voided()
    assert isinstance(right, facts.PaymentVoided)

    wrong = story.tell(facts.PaymentVoided(right.request_id, right.payment_id, Money(100, "EUR")))
    assert wrong.rules == ("P-10",)
    assert (story.order.payment.state, story.alerts) == ("authorised", ["amount_mismatch"])

    story.tell(right)
    assert (story.order.payment.state, story.alerts) == ("voided", [])


def refused_raise() -> Story:
    """The bank said no to the raise once: it is tried again later."""
    story = raising()
    story.tell(story.refused())
    return story


@rule("P-05")
def test_a_payment_that_succeeds_at_a_later_try_ends_the_tries() -> None:
    story = Story()
    story.place()
    story.tell(story.refused())
    story.due("payment_retry")

    decision = story.tell(story.authorized())

    assert events.RetriesCleared() in decision.events
    assert "P-05" in decision.rules


@rule("P-05")
def test_a_payment_that_succeeds_at_once_has_no_tries_to_end() -> None:
    story = Story()
    story.place()

    assert events.RetriesCleared() not in story.tell(story.authorized()).events


@rule("O-26", "P-05")
def test_a_raise_that_succeeds_at_a_later_try_ends_the_tries() -> None:
    story = refused_raise()
    story.due("payment_retry")

    assert events.RetriesCleared() in story.tell(story.authorized()).events


@rule("O-26", "P-05")
def test_a_raise_whose_tries_are_given_up_is_left_to_a_person() -> None:
    story = refused_raise()

    story.command(desk.ClearRetries())

    assert "payment_retry" not in story.timers
    assert "increase_refused" in story.alerts


@rule("O-08", "O-26", "S-12")
def test_a_cancelled_shipment_that_makes_the_money_enough_lets_the_order_go_on() -> None:
    story = Story(lines=two_parcels())
    story.place()
    story.score()
    story.command(desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=3000, warehouse="west"),)))
    story.tell(story.authorized())
    for tries in (1, 2, 3):
        story.tell(story.refused())
        if tries < 3:
            story.due("payment_retry")
    assert (story.order.state, story.alerts) == ("payment_pending", ["increase_refused"])

    story.command(desk.CancelShipment(story.order.shipments[-1].id, reason="too dear"))

    assert (story.order.state, story.alerts) == ("availability_requested", [])


@rule("S-12")
def test_an_order_whose_last_shipment_is_cancelled_is_not_approved_on_the_way() -> None:
    story = Story()
    story.place()
    story.tell(story.authorized())
    story.command(desk.ChangePrice((desk.PriceCut(1, 10),)))

    decision = story.command(desk.CancelShipment(story.shipment().id, reason="not wanted"))

    assert story.order.state == "cancelled"
    assert not any(isinstance(event, events.OrderApproved | events.OrderRiskReview) for event in decision.events)


@rule("O-26")
def test_an_order_that_becomes_free_after_a_refusal_is_not_asked_money_for() -> None:
    story = Story()
    story.place()
    story.score()
    story.tell(story.refused())
    story.command(desk.ModifyOrder(shipping_discount_pct=100))

    story.command(desk.ChangePrice((desk.PriceCut(1, 100),)))

    assert (story.order.payment.state, story.order.state) == ("not_required", "availability_requested")
    assert "payment_retry" not in story.timers


@rule("O-26")
def test_an_order_that_was_free_for_a_while_is_asked_money_for_again() -> None:
    story = Story()
    story.place()
    story.tell(story.refused())
    story.command(desk.ModifyOrder(shipping_discount_pct=100))
    story.command(desk.ChangePrice((desk.PriceCut(1, 100),)))

    story.command(desk.ResetPrice((1,)))

    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    assert (asked.attempt, asked.amount) == (2, Money(5000, "EUR"))
    assert story.order.payment.state == "requested"


@rule("O-26")
def test_an_order_that_grows_again_while_more_is_asked_for_is_asked_for_the_rest_at_once() -> None:
    story = raising()
    first = story.authorized()
    story.command(desk.ModifyOrder(add=(desk.NewLine(sku="scarf-1", quantity=1, unit_price=1000),)))

    story.tell(first)

    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    assert (asked.attempt, asked.amount) == (3, Money(15500, "EUR"))
    assert story.order.payment.raising


def test_a_raise_that_succeeds_at_once_has_no_tries_to_end() -> None:
    story = raising()

    assert events.RetriesCleared() not in story.tell(story.authorized()).events


@rule("O-26")
def test_a_raise_granted_after_the_last_try_was_refused_takes_its_alert_back() -> None:
    story = raising()
    for tries in (1, 2, 3):
        story.tell(story.refused())
        if tries < 3:
            story.due("payment_retry")
    story.command(desk.ModifyOrder(add=(desk.NewLine(sku="scarf-1", quantity=1, unit_price=1000),)))
    refused = story.alerts

    story.tell(story.authorized())

    assert (refused, story.alerts) == (["stock", "increase_refused"], ["stock"])


@rule("P-05")
def test_tries_given_up_while_the_bank_is_still_asked_leave_nothing_to_a_person_yet() -> None:
    story = raising()

    story.command(desk.ClearRetries())

    assert "increase_refused" not in story.alerts
    assert "payment" in story.timers


@pytest.mark.parametrize(
    "operation", [pytest.param("capture", marks=rule("P-04")), pytest.param("void", marks=rule("O-27"))]
)
def test_an_answer_after_a_refusal_takes_the_alert_back(operation: str) -> None:
    story = brought_to("shipping" if operation == "capture" else "processing")
    if operation == "capture":
        story.each(story.handed_over)
    else:
        story.command(CANCELLED)
    done = story.captured() if operation == "capture" else story.voided()
    assert isinstance(done, facts.PaymentCaptured | facts.PaymentVoided)

    refused = story.tell(facts.PaymentRefused(done.request_id, operation=operation))
    assert refused.rules == (("P-04",) if operation == "capture" else ("O-27",))
    assert f"{operation}_failed" in story.alerts
    assert operation not in story.timers
    story.tell(done)

    assert f"{operation}_failed" not in story.alerts


@rule("P-13")
def test_a_refusal_of_money_that_is_taken_takes_it_back_and_it_is_asked_for_again() -> None:
    story = brought_to("sent")
    asked = story.asked(requests.CaptureRequested)
    assert asked is not None

    decision = story.tell(facts.PaymentRefused(asked.request_id, operation="capture"))

    assert decision.outcome is Outcome.APPLIED
    assert (story.order.payment.captured, story.alerts) == (0, ["capture_failed"])
    story.due("capture_retry")
    again = story.asked(requests.CaptureRequested)
    assert again is not None
    assert (again.amount, again.request_id == asked.request_id) == (asked.amount, False)


@rule("O-27")
def test_money_set_free_for_a_request_that_is_not_ours_is_free_all_the_same() -> None:
    story = brought_to("cancelled")
    right = story.voided()
    assert isinstance(right, facts.PaymentVoided)

    decision = story.tell(changed(right, request_id="never-asked"))

    assert decision.outcome is Outcome.APPLIED
    assert story.order.payment.state == "voided"
    assert why_of(story.tell(right)) == "settled"
