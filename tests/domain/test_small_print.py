"""The small print of money and cancellations: edges that a changed comparison or a forgotten word would move."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome
from domain.orders import events, facts, requests
from domain.orders.money import payout
from domain.orders.money.balance import balance, view
from tests.domain.story import CHEQUE, WAYS, Story, brought_to
from tests.domain.world import BOSS, code_of, money, two_parcels, why_of

rule = pytest.mark.rule


def refunded(method: str = "card", amount: int = 1000) -> Story:
    """A delivered order with a goodwill refund that somebody has approved."""
    story = brought_to("delivered", method=method)
    story.command(desk.RequestRefund("goodwill", amount=amount, reason="late"))
    assert code_of(story.command(facts.ApproveRefund(story.order.refunds[0].id))) is None
    return story


@pytest.mark.parametrize("state", ["confirmed", "picking", "shipping", "sent"])
@rule("OSM-36")
def test_what_a_customer_asks_in_the_shop_passes_the_gate_of_a_command(state: str) -> None:
    story = brought_to(state)
    before = story.order

    decision = story.tell(facts.CancellationRequested())

    assert code_of(decision) in ("gate_confirmed", "packed")
    assert story.order is before


def test_a_customer_cannot_give_the_reason_of_a_single_line_for_several() -> None:
    story = brought_to("availability_requested", lines=two_parcels())

    assert code_of(story.tell(facts.CancellationRequested("single_line_out_of_stock"))) == "gate"
    assert story.order.state == "availability_requested"


def test_a_customer_cannot_say_that_fraud_is_proven() -> None:
    story = brought_to("availability_requested")

    assert code_of(story.tell(facts.CancellationRequested("fraud_proven"))) == "scope"
    assert story.order.state == "availability_requested"


def test_a_customers_own_reason_is_told() -> None:
    decision = brought_to("availability_requested").tell(facts.CancellationRequested("found_cheaper"))

    assert [event.reason for event in decision.events if isinstance(event, events.OrderCancelled)] == ["found_cheaper"]


def test_a_customer_cancels_the_parcels_that_are_not_set_aside_yet() -> None:
    story = Story(lines=two_parcels())
    WAYS["availability_requested"](story)
    story.tell(story.available(0))

    story.tell(facts.CancellationRequested())

    assert [str(shipment.state) for shipment in story.order.shipments] == ["released", "cancelled"]


def test_a_parcel_that_is_set_aside_and_held_stays_when_the_rest_is_cancelled() -> None:
    story = Story(lines=two_parcels())
    WAYS["availability_requested"](story)
    story.command(desk.HoldOrder(reason="a question"))
    story.tell(story.available(0))

    story.tell(facts.CancellationRequested())

    assert [str(shipment.state) for shipment in story.order.shipments] == ["reserved", "cancelled"]


def test_a_voided_draft_has_no_line_that_anybody_waits_for() -> None:
    story = brought_to("voided", lines=two_parcels())

    assert [str(line.state) for line in story.order.lines] == ["cancelled", "cancelled"]


@rule("X-07")
def test_goods_that_never_came_are_named_as_the_reason() -> None:
    story = brought_to("delivered")
    story.command(facts.CreateReturn((facts.ReturnLine(1, 2, exchange_sku="shirt-1-L"),), "exchange"))
    code = story.order.returns[0].code
    story.command(facts.ConfirmReturn(code))
    story.hub.drain_internal()
    exchange = story.other(story.order.exchanges[0].order_id)
    story.tell(facts.ReturnReceived(code, (facts.ReceivedLine(1, 2),), validated=True))
    story.hub.drain_internal()
    exchange.due("replacement")

    told = [e for d in story.hub.decisions for e in d.events if isinstance(e, events.OrderCancelled)]
    assert [event.reason for event in told] == ["no_replacement"]


def test_what_is_kept_is_what_was_taken_less_what_was_given_back() -> None:
    story = refunded()
    story.tell(story.refund_executed())
    money_now = balance(story.order)

    assert (money_now.captured, money_now.refunded, money_now.kept) == (5500, 1000, 4500)


def given_back(amount: int) -> Story:
    story = refunded(amount=amount)
    story.tell(story.refund_executed())
    return story


def set_free() -> Story:
    story = brought_to("cancelled")
    story.tell(story.voided())
    return story


@pytest.mark.parametrize(
    ("story", "word"),
    [
        (lambda: brought_to("payment_pending"), "unpaid"),
        (lambda: brought_to("availability_requested"), "authorised"),
        (set_free, "unpaid"),
        (lambda: brought_to("sent"), "paid"),
        (lambda: given_back(5499), "part_refunded"),
        (lambda: given_back(5500), "refunded"),
    ],
)
def test_the_money_of_an_order_has_one_word(story: Callable[[], Story], word: str) -> None:
    assert view(story().order) == word


@rule("F-04")
def test_the_last_cent_may_be_refunded_and_not_one_more() -> None:
    story = refunded(amount=5500)

    assert story.order.refunds[0].state == "approved"
    more = story.command(desk.RequestRefund("goodwill", amount=1, reason="late"))
    assert code_of(more) == "amount_exceeds"


@rule("F-09", "F-07")
def test_a_refund_that_went_through_after_all_is_not_tried_again() -> None:
    story = refunded()
    executed = story.refund_executed()
    story.tell(story.refund_failed())
    planned = story.timers
    story.tell(executed)

    assert "refund_retry" in planned
    assert not {"refund_retry", "refund"} & story.timers
    assert story.order.refunds[0].state == "executed"


@rule("F-09")
def test_a_failure_said_again_plans_no_second_try() -> None:
    story = refunded()
    failed = story.refund_failed()
    story.tell(failed)
    timers = story.order.timers

    assert "refund_retry" in story.timers
    assert story.tell(failed).outcome is Outcome.LATE
    assert story.order.timers == timers


@rule("F-06")
def test_a_refund_that_was_taken_back_can_fail_and_nothing_changes() -> None:
    story = brought_to("delivered")
    story.command(desk.RequestRefund("goodwill", amount=1000, reason="late"))
    refund = story.order.refunds[0]
    story.command(facts.CancelRefund(refund.id))
    before = story.order

    assert why_of(story.tell(facts.RefundFailed("r-1", refund.id))) == "not_asked"
    assert story.order is before


@rule("F-21")
def test_a_refund_that_was_taken_back_and_is_paid_all_the_same_is_in_the_books() -> None:
    story = brought_to("delivered")
    story.command(desk.RequestRefund("goodwill", amount=1000, reason="late"))
    refund = story.order.refunds[0]
    story.command(facts.CancelRefund(refund.id))

    story.tell(facts.RefundExecuted("r-1", refund.id, money(1000)))

    assert (story.order.refunds[0].state, story.alerts) == ("executed", ["unexpected_refund"])
    assert balance(story.order).refunded == 1000


@rule("EP-51")
def test_money_of_a_cheque_goes_back_by_hand_whatever_was_asked() -> None:
    story = brought_to("delivered", method="cheque")
    story.command(desk.RequestRefund("goodwill", amount=1000, reason="late", tender="alternate"))

    assert story.order.refunds[0].tender == "manual"
    assert story.asked(requests.RefundRequested) is None


@rule("P-04")
def test_a_refused_capture_is_alerted_once_beside_other_alerts() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    asked = story.asked(requests.CaptureRequested)
    assert asked is not None
    story.command(desk.FlagAlert("look", blocking=False, text="enquiry"))
    refusal = facts.PaymentRefused(asked.request_id, operation="capture")

    first, again = story.tell(refusal), story.tell(refusal)

    assert (first.outcome, again.outcome) == (Outcome.APPLIED, Outcome.LATE)
    assert {alert.name for alert in story.order.alerts} == {"look", "capture_failed"}
    assert "capture" not in story.timers


@rule("P-02")
def test_no_cheque_is_checked_that_is_not_here() -> None:
    story = brought_to("payment_pending", method="cheque")

    assert code_of(story.command(desk.CheckCheque(True, True, True, True))) == "gate"
    assert not story.order.payment.cheque_checked


@pytest.mark.parametrize(("before_its_end", "answer"), [(timedelta(0), "gate"), (timedelta(seconds=1), None)])
def test_a_reservation_lasts_until_its_end_and_no_longer(before_its_end: timedelta, answer: str | None) -> None:
    story = brought_to("payment_pending")
    story.score("review")
    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    end = story.now() + timedelta(days=7)
    story.tell(facts.PaymentAuthorized(asked.request_id, "pay-1", asked.amount, expires_at=end))

    assert code_of(story.tell(facts.ApproveOrder(), BOSS, end - before_its_end)) == answer


@rule("O-11")
def test_an_order_that_becomes_cheaper_after_a_refusal_is_asked_for_all_the_same() -> None:
    story = brought_to("payment_pending")
    story.tell(story.refused())

    story.command(desk.ChangePrice((desk.PriceCut(1, 50),)))
    story.due("payment_retry")

    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    assert (asked.attempt, asked.amount) == (2, money(3000))


@pytest.mark.parametrize("kind", [facts.RefundExecuted, facts.RefundFailed])
def test_an_answer_to_a_try_that_is_not_made_yet_waits_for_it(
    kind: type[facts.RefundExecuted] | type[facts.RefundFailed],
) -> None:
    story = refunded()
    refund = story.order.refunds[0]
    second = payout.attempt_id(story.order.id, refund.id, 2)
    answer = (
        facts.RefundExecuted(second, refund.id, money(1000))
        if kind is facts.RefundExecuted
        else facts.RefundFailed(second, refund.id)
    )

    assert story.tell(answer).outcome is Outcome.PARKED
    story.tell(story.refund_failed())
    story.due("refund_retry")

    assert not story.order.parked
    assert story.order.refunds[0].state == ("executed" if kind is facts.RefundExecuted else "approved")


@rule("F-03")
def test_what_a_cheque_was_too_much_by_is_not_held_against_a_return() -> None:
    story = Story(method="cheque")
    story.place()
    story.score()
    story.cheque(3)
    story.command(desk.ChangePrice((desk.PriceCut(1, 50),)))
    story.command(CHEQUE[-1])
    story.tell(story.available())
    story.tell(story.handed_over())
    story.command(facts.CreateReturn((facts.ReturnLine(1, 2),), "refund"))
    code = story.order.returns[0].code
    story.command(facts.ConfirmReturn(code))
    story.tell(facts.ReturnReceived(code, (facts.ReceivedLine(1, 2),), validated=True))

    assert [(each.origin, each.amount) for each in story.order.refunds] == [("reduction", 2500), ("rma", 2500)]
