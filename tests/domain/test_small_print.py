"""The small print of money and cancellations: edges that a changed comparison or a forgotten word would move."""

import pytest

from domain import desk, events, facts, requests
from domain.balance import balance
from domain.decision import Outcome
from tests.domain.story import WAYS, Story, brought_to, code_of, two_parcels
from tests.domain.world import money

rule = pytest.mark.rule


def refunded(method: str = "card", amount: int = 1000) -> Story:
    """A delivered order with a goodwill refund that somebody has approved."""
    story = brought_to("delivered", method=method)
    story.command(desk.RequestRefund("goodwill", amount=amount, reason="late"))
    assert code_of(story.command(facts.ApproveRefund(story.order.refunds[0].id))) is None
    return story


def deadlines(story: Story) -> set[str]:
    return {timer.kind for timer in story.order.timers}


@pytest.mark.parametrize("state", ["confirmed", "picking", "shipping", "sent"])
@rule("O-27", "OSM-36")
def test_what_a_customer_asks_in_the_shop_passes_the_gate_of_a_command(state: str) -> None:
    story = brought_to(state)
    before = story.order

    decision = story.tell(facts.CancellationRequested())

    assert code_of(decision) in ("gate_confirmed", "packed")
    assert story.order is before


def test_a_customers_own_reason_is_told() -> None:
    decision = brought_to("availability_requested").tell(facts.CancellationRequested("found_cheaper"))

    assert [event.reason for event in decision.events if isinstance(event, events.OrderCancelled)] == ["found_cheaper"]


def test_a_customer_cancels_the_parcels_that_are_not_set_aside_yet() -> None:
    story = Story(lines=two_parcels())
    WAYS["availability_requested"](story)
    story.tell(story.available(0))

    story.tell(facts.CancellationRequested())

    assert [str(shipment.state) for shipment in story.order.shipments] == ["released", "cancelled"]


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
    planned = deadlines(story)
    story.tell(executed)

    assert "refund_retry" in planned
    assert not {"refund_retry", "refund"} & deadlines(story)
    assert story.order.refunds[0].state == "executed"


@rule("F-09")
def test_a_failure_said_again_plans_no_second_try() -> None:
    story = refunded()
    failed = story.refund_failed()
    story.tell(failed)
    timers = story.order.timers

    assert story.tell(failed).outcome is Outcome.LATE
    assert story.order.timers == timers


@rule("F-06")
def test_an_answer_to_a_refund_that_was_taken_back_changes_nothing() -> None:
    story = brought_to("delivered")
    story.command(desk.RequestRefund("goodwill", amount=1000, reason="late"))
    refund = story.order.refunds[0]
    story.command(facts.CancelRefund(refund.id))
    before = story.order

    for fact in (
        facts.RefundExecuted("r-1", refund.id, money(1000)),
        facts.RefundFailed("r-1", refund.id),
        facts.RefundReversed(refund.id, money(1000)),
    ):
        assert story.tell(fact).outcome is Outcome.LATE
    assert story.order is before


@rule("F-10", "EP-51")
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
    assert "capture" not in deadlines(story)


@rule("P-02")
def test_no_cheque_is_checked_that_is_not_here() -> None:
    story = brought_to("payment_pending", method="cheque")

    assert code_of(story.command(desk.CheckCheque(True, True, True, True))) == "gate"
    assert not story.order.payment.cheque_checked
