"""Money that comes back, and cheques that others cash: what was said once is not taken for news later."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome
from domain.deciding.money import Money
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.money.balance import balance
from tests.domain.story import REFUNDS, RETURNS, Story, brought_to, refund_id
from tests.domain.world import received


def _paid_out_and_come_back() -> tuple[Story, facts.Fact, facts.RefundReversed]:
    story = REFUNDS["executed"]()
    asked = story.asked(requests.RefundRequested)
    assert asked is not None
    paid_out = facts.RefundExecuted(asked.request_id, asked.refund_id, asked.amount)
    return story, paid_out, facts.RefundReversed(asked.refund_id, asked.amount)


@pytest.mark.rule("F-07", "O-39")
def test_a_refund_that_came_back_is_not_executed_by_a_repeated_message() -> None:
    story, paid_out, back = _paid_out_and_come_back()
    story.tell(back)
    story.command(desk.RetenderRefund(refund_id(story), "manual", reason="account closed"))

    assert story.tell(paid_out).outcome is Outcome.LATE
    assert story.order.refunds[0].state == "approved"
    assert story.command(desk.RefundDone(refund_id(story))).outcome is Outcome.APPLIED


def test_a_repeated_reversal_does_not_take_back_the_second_payment() -> None:
    story, _, back = _paid_out_and_come_back()
    at = story.now()
    story.tell(back, at=at)
    story.command(desk.RetenderRefund(refund_id(story), "manual", reason="account closed"))
    story.command(desk.RefundDone(refund_id(story)))

    again = changed(received(back, "reversed-again", story.now()), occurred_at=at)

    assert story.hub.take(story.id, again)[0].outcome is Outcome.LATE
    assert story.order.refunds[0].state == "executed"


def test_the_customer_hears_of_each_payment_once() -> None:
    story, _, back = _paid_out_and_come_back()
    story.tell(back)
    story.command(desk.RetenderRefund(refund_id(story), "alternate", reason="card expired"))
    story.tell(story.refund_executed())

    assert story.order.refunds[0].state == "executed"
    emails = [each.request_id for _, each in story.hub.asked if isinstance(each, requests.EmailRequested)]
    assert len(emails) == len(set(emails))
    assert [each.template for _, each in story.hub.asked if isinstance(each, requests.EmailRequested)][-1] == "refund"


@pytest.mark.rule("P-03")
def test_a_cheque_that_the_payment_service_cashed_needs_no_check_any_more() -> None:
    story = brought_to("payment_pending", method="cheque")
    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    story.tell(facts.ChequeReceived(asked.amount))
    story.tell(facts.PaymentCaptured(asked.request_id, "pay-1", asked.amount))

    assert "check" not in [timer.kind for timer in story.order.timers]


@pytest.mark.rule("P-02")
def test_a_cheque_for_a_cancelled_order_sets_no_deadline() -> None:
    story = brought_to("payment_pending", method="cheque")
    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    story.command(facts.CancelOrder(reason="customer_choice"))

    story.tell(facts.ChequeReceived(asked.amount))

    assert story.order.timers == ()
    assert [alert.name for alert in story.order.alerts] == ["cheque_to_return"]


@pytest.mark.rule("P-04")
def test_money_is_taken_as_asked_also_when_more_was_reserved_meanwhile() -> None:
    story = brought_to("availability_requested")
    story.command(desk.ModifyOrder(add=(desk.NewLine(sku="song-1", quantity=1, unit_price=99, kind="digital"),)))
    story.tell(story.available())
    raised = story.authorized()
    story.tell(story.handed_over())
    asked = story.captured()
    story.tell(raised)

    assert story.tell(asked).outcome is Outcome.APPLIED
    assert story.order.payment.state == "captured"
    assert "amount_mismatch" not in [alert.name for alert in story.order.alerts]


@pytest.mark.rule("F-10")
def test_money_that_was_never_at_the_payment_service_goes_back_by_hand_again() -> None:
    story = brought_to("delivered", method="cheque")
    story.command(desk.RequestRefund("goodwill", amount=1000, reason="late"))
    story.command(facts.ApproveRefund(refund_id(story)))
    story.command(desk.RefundDone(refund_id(story)))
    story.tell(facts.RefundReversed(refund_id(story), Money(1000, "EUR")))

    story.command(desk.RetenderRefund(refund_id(story), "alternate", reason="account closed"))

    assert (story.order.refunds[0].state, story.order.refunds[0].tender) == ("approved", "manual")
    assert story.asked(requests.RefundRequested) is None


@pytest.mark.parametrize(("reason", "told"), [("account_closed", "account_closed"), ("", "declined")])
def test_why_a_refund_failed_is_told(reason: str, told: str) -> None:
    story = REFUNDS["approved"]()
    asked = story.asked(requests.RefundRequested)
    assert asked is not None

    decision = story.tell(facts.RefundFailed(asked.request_id, asked.refund_id, reason, retryable=False))

    assert [event.reason for event in decision.events if isinstance(event, events.RefundFailed)] == [told]


def test_the_customer_is_told_which_return_the_money_is_for() -> None:
    story = RETURNS["validated"]()
    (returned,), (refund,) = story.order.returns, story.order.refunds
    if refund.state == "requested":
        story.command(facts.ApproveRefund(refund.id))
    story.tell(story.refund_executed())

    told = story.asked(requests.EmailRequested, template="refund")
    assert told is not None
    assert (told.rma_code, told.refund_id) == (returned.code, refund.id)


@pytest.mark.rule("F-07")
def test_a_refund_of_another_amount_is_left_to_a_person() -> None:
    story = REFUNDS["approved"]()
    asked = story.asked(requests.RefundRequested)
    assert asked is not None

    decision = story.tell(facts.RefundExecuted(asked.request_id, asked.refund_id, Money(1, "EUR")))

    assert decision.rules == ("F-07",)
    assert [alert.name for alert in story.order.alerts] == ["amount_mismatch"]
    assert story.order.refunds[0].state == "approved"


@pytest.mark.rule("F-22", "O-39")
def test_a_failure_after_the_payment_that_is_said_again_takes_nothing_back_of_a_later_payment() -> None:
    story = REFUNDS["approved"]()
    failed = story.refund_failed()
    story.tell(story.refund_executed())
    story.tell(failed)
    story.command(desk.RetenderRefund(refund_id(story), "alternate", reason="account closed"))
    story.tell(story.refund_executed())

    assert story.tell(failed).outcome is Outcome.LATE
    assert (story.order.refunds[0].state, balance(story.order).refunded) == ("executed", story.order.refunds[0].amount)


@pytest.mark.rule("F-09", "F-23")
@pytest.mark.parametrize(("more", "alerts"), [(0, ["refund_failed"]), (1, ["refund_failed", "amount_mismatch"])])
def test_more_that_comes_back_than_was_paid_is_before_a_person(more: int, alerts: list[str]) -> None:
    story, _, back = _paid_out_and_come_back()

    story.tell(facts.RefundReversed(back.refund_id, Money(back.amount.amount + more, back.amount.currency)))

    assert story.alerts == alerts


@pytest.mark.rule("F-23", "F-21")
def test_a_part_of_a_second_payment_that_comes_back_leaves_the_refund_twice_paid() -> None:
    story = REFUNDS["approved"]()
    first = story.refund_executed()
    story.tell(story.refund_failed())
    story.due("refund_retry")
    story.tell(story.refund_executed())
    story.tell(first)
    refund = story.order.refunds[0]

    story.tell(facts.RefundReversed(refund.id, Money(1, "EUR")))

    assert (balance(story.order).refunded, story.alerts) == (2 * refund.amount - 1, ["refunded_twice"])
