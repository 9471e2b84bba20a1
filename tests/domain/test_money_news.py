"""News about money: whatever the payment service says is in the books once, and acted on or before a person."""

from datetime import timedelta

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome
from domain.deciding.money import Money
from domain.orders import facts, requests
from domain.orders.money.balance import balance
from domain.orders.order import Order
from domain.orders.view import attention
from tests.domain.story import REFUNDS, Story, brought_to, refund_id
from tests.domain.world import START, money, somebody, why_of

rule = pytest.mark.rule
CANCELLED = facts.CancelOrder(reason="customer_choice")
CLERK = somebody("payment.settle", name="clerk")


def books(order: Order) -> tuple[int, int, int, int]:
    """Reserved, taken, set free and paid back."""
    money_ = balance(order)
    return money_.authorised, money_.captured, money_.voided, money_.refunded


def authorised(story: Story, attempt: int, payment_id: str, amount: int = 5500) -> facts.PaymentAuthorized:
    """The bank's yes to one attempt."""
    asked = [e for _, e in story.hub.asked if isinstance(e, requests.AuthorizationRequested)][attempt - 1]
    return facts.PaymentAuthorized(asked.request_id, payment_id, money(amount))


def refused(story: Story, attempt: int) -> facts.PaymentRefused:
    asked = [e for _, e in story.hub.asked if isinstance(e, requests.AuthorizationRequested)][attempt - 1]
    return facts.PaymentRefused(asked.request_id)


def looked_at(story: Story) -> set[str]:
    """What a person is asked to look at."""
    return {reason.what for reason in attention.reasons(story.order)}


@rule("P-10", "F-11")
def test_money_taken_in_the_console_after_the_cancellation_goes_back() -> None:
    story = brought_to("availability_requested")
    story.command(CANCELLED)

    decision = story.tell(facts.PaymentCaptured("dashboard-1", "pay-1", money(5500)))

    assert books(story.order) == (5500, 5500, 0, 0)
    asked = story.asked(requests.RefundRequested)
    assert asked is not None
    assert (asked.amount, asked.payment_id) == (money(5500), "pay-1")
    assert "F-11" in decision.rules


@pytest.mark.parametrize("cancelled", [True, False])
@rule("P-10")
def test_money_taken_under_another_payment_is_in_the_books_and_before_a_person(cancelled: bool) -> None:
    story = brought_to("availability_requested")
    if cancelled:
        story.command(CANCELLED)

    story.tell(facts.PaymentCaptured("dashboard-1", "pay-9", money(700)))

    assert books(story.order)[:2] == (6200, 700)
    assert "unexpected_payment" in story.alerts
    asked = story.asked(requests.RefundRequested)
    assert (asked is not None and (asked.payment_id, asked.amount) == ("pay-9", money(700))) is cancelled


@rule("P-10", "P-04")
def test_money_that_was_taken_besides_is_not_taken_again_when_the_goods_leave() -> None:
    story = brought_to("shipping")
    story.tell(facts.PaymentCaptured("dashboard-1", "pay-9", money(700)))
    story.each(story.handed_over)

    asked = story.asked(requests.CaptureRequested)
    assert asked is not None
    assert asked.amount == money(4800)


@rule("P-11")
def test_of_two_reservations_one_is_used_and_the_other_is_set_free() -> None:
    story = brought_to("payment_pending")
    story.tell(refused(story, 1))
    story.due("payment_retry")
    story.tell(authorised(story, 1, "pay-A"))
    story.tell(authorised(story, 2, "pay-B"))

    asked = story.asked(requests.VoidRequested)
    assert asked is not None
    assert (story.order.payment.payment_id, asked.payment_id) == ("pay-A", "pay-B")
    story.tell(facts.PaymentVoided(asked.request_id, "pay-B", money(5500)))
    assert books(story.order) == (11000, 0, 5500, 0)
    assert "void" not in story.timers


@rule("P-11", "P-13")
def test_setting_a_second_reservation_free_is_tried_again_and_seen_when_given_up() -> None:
    story = brought_to("payment_pending")
    story.tell(refused(story, 1))
    story.due("payment_retry")
    story.tell(authorised(story, 1, "pay-A"))
    story.tell(authorised(story, 2, "pay-B"))
    names = set()
    for tries in (1, 2, 3):
        asked = story.asked(requests.VoidRequested)
        assert asked is not None
        names.add(asked.request_id)
        story.tell(facts.PaymentRefused(asked.request_id, "void"))
        assert "void_failed" in story.alerts
        if tries < 3:
            story.due("void_retry")
    story.command(desk.ClearAlert("void_failed", reason="seen"))

    assert (len(names), "void_failed" in looked_at(story)) == (3, True)
    assert story.command(desk.RetryPayment(), CLERK).rules == ("P-16",)


@pytest.mark.parametrize("later", ["waiting", "asked again", "given up"])
@rule("P-01", "A-71")
def test_an_authorisation_counts_though_its_refusal_came_first(later: str) -> None:
    story = brought_to("payment_pending")
    yes = authorised(story, 1, "pay-A")
    story.tell(refused(story, 1))
    if later == "asked again":
        story.due("payment_retry")
    if later == "given up":
        story.command(CANCELLED)

    assert story.tell(yes).outcome is Outcome.APPLIED
    assert story.order.payment.state == "authorised"
    assert "payment_retry" not in story.timers
    assert (story.asked(requests.VoidRequested) is not None) is (later == "given up")


@rule("A-70", "A-71")
def test_a_refusal_after_the_authorisation_says_why_it_changes_nothing() -> None:
    story = brought_to("payment_pending")
    no = refused(story, 1)
    story.tell(authorised(story, 1, "pay-A"))

    decision = story.tell(no)

    assert (decision.outcome, why_of(decision)) == (Outcome.LATE, "overtaken")
    assert decision.rules == ("overtaken: the attempt has its answer, or another one was made since",)


@pytest.mark.parametrize("state", ["availability_requested", "processing", "approved", "confirmed", "risk_review"])
@rule("P-12")
def test_a_reservation_that_the_bank_let_go_is_asked_for_again(state: str) -> None:
    story = brought_to(state)

    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))

    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    assert (asked.attempt, asked.amount, asked.payment_id) == (2, money(5500), None)
    assert "reservation_lost" in story.alerts
    story.tell(authorised(story, 2, "pay-2"))
    assert "reservation_lost" not in story.alerts
    assert books(story.order) == (11000, 0, 5500, 0)


@rule("P-12")
def test_nothing_is_released_without_money_until_it_is_reserved_again() -> None:
    story = brought_to("processing")
    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))
    story.each(story.available)
    before = story.asked(requests.ShipmentRelease)
    story.tell(authorised(story, 2, "pay-2"))

    assert (before, story.asked(requests.ShipmentRelease) is not None) == (None, True)


@rule("P-12", "P-16", "P-18")
def test_a_reservation_that_can_not_be_renewed_is_before_a_person_who_writes_it_off() -> None:
    story = brought_to("processing")
    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))
    story.each(story.available)
    tries = 1
    while True:
        story.tell(story.refused())
        if not story.hub.fire(["payment_retry"]):
            break
        tries += 1
    story.command(desk.ClearAlert("reservation_lost", reason="seen"))

    assert tries == 4
    assert "reservation_lost" in looked_at(story)
    assert story.asked(requests.ShipmentRelease) is None
    assert story.command(desk.RetryPayment(), CLERK).outcome is Outcome.APPLIED
    story.tell(story.refused())
    assert story.command(desk.WriteOffPayment(), CLERK).outcome is Outcome.REFUSED
    story.command(desk.WriteOffPayment(reason="a present"), CLERK)
    assert story.asked(requests.ShipmentRelease) is not None
    assert "reservation_lost" not in looked_at(story)


@pytest.mark.parametrize("state", ["confirmed", "picking"])
@rule("P-15")
def test_goods_that_nobody_pays_for_any_more_are_recalled(state: str) -> None:
    story = brought_to(state)
    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))
    before = story.asked(requests.RecallRequested)
    story.tell(story.refused())

    assert (before, story.asked(requests.RecallRequested) is not None) == (None, True)


@rule("P-14")
def test_a_reservation_is_renewed_before_it_runs_out_and_the_old_one_set_free() -> None:
    story = brought_to("payment_pending")
    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    story.tell(facts.PaymentAuthorized(asked.request_id, "pay-1", money(5500), START + timedelta(days=7)))
    story.score()
    (timer,) = (each for each in story.order.timers if each.kind == "reservation")
    story.due("reservation")
    renewed = story.asked(requests.AuthorizationRequested)
    assert renewed is not None
    story.tell(facts.PaymentAuthorized(renewed.request_id, "pay-2", money(5500), START + timedelta(days=14)))

    assert timer.due_at == START + timedelta(days=6)
    assert (renewed.attempt, renewed.payment_id) == (2, None)
    freed = story.asked(requests.VoidRequested)
    assert freed is not None
    assert (story.order.payment.payment_id, freed.payment_id) == ("pay-2", "pay-1")


@rule("P-12")
def test_a_reservation_that_comes_after_its_end_takes_no_alert_of_other_money_with_it() -> None:
    story = brought_to("payment_pending")
    story.tell(facts.PaymentCaptured("console", "pay-9", money(5500)))
    before = story.alerts

    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))
    story.tell(authorised(story, 1, "pay-1"))

    assert "unexpected_payment" in before
    assert "unexpected_payment" in story.alerts


@rule("P-12")
def test_a_reservation_of_which_the_end_is_told_first_is_asked_for_again() -> None:
    story = brought_to("payment_pending")
    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))
    before = story.alerts

    decision = story.tell(authorised(story, 1, "pay-1"))

    assert "P-12" in decision.rules
    assert (before, story.alerts) == (["unexpected_payment"], ["reservation_lost"])
    story.tell(authorised(story, 2, "pay-2"))
    assert (story.order.payment.state, story.order.payment.payment_id, story.alerts) == ("authorised", "pay-2", [])
    assert balance(story.order).sound


def test_a_reservation_of_which_the_end_is_told_first_is_not_asked_for_again_for_a_cancelled_order() -> None:
    story = brought_to("payment_pending")
    story.command(CANCELLED)
    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))

    story.tell(authorised(story, 1, "pay-1"))

    assert (story.order.payment.attempt, story.alerts) == (1, [])


@rule("P-14")
def test_stock_that_comes_after_the_expiry_waits_for_a_new_reservation() -> None:
    story = brought_to("payment_pending")
    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    story.tell(facts.PaymentAuthorized(asked.request_id, "pay-1", money(5500), START + timedelta(days=7)))
    story.score()
    story.tell(story.available(), at=START + timedelta(days=27))
    before = story.asked(requests.ShipmentRelease)

    story.tell(authorised(story, 2, "pay-2"))

    assert before is None
    assert story.asked(requests.ShipmentRelease) is not None


@rule("P-14")
def test_a_reservation_that_is_over_is_never_captured() -> None:
    story = brought_to("payment_pending")
    asked = story.asked(requests.AuthorizationRequested)
    assert asked is not None
    story.tell(facts.PaymentAuthorized(asked.request_id, "pay-1", money(5500), START + timedelta(days=7)))
    story.score()
    story.each(story.available)
    story.tell(story.handed_over(), at=START + timedelta(days=8))
    before = story.asked(requests.CaptureRequested)
    story.tell(authorised(story, 2, "pay-2"))

    taken = story.asked(requests.CaptureRequested)
    assert before is None
    assert taken is not None
    assert taken.payment_id == "pay-2"


@pytest.mark.parametrize("retryable", [True, False])
@rule("F-22")
def test_a_refund_that_fails_after_it_was_paid_is_as_one_that_came_back(retryable: bool) -> None:
    story = REFUNDS["approved"]()
    failed = story.refund_failed()
    assert isinstance(failed, facts.RefundFailed)
    paid = story.refund_executed()
    story.tell(paid)
    story.tell(facts.RefundFailed(failed.request_id, failed.refund_id, "declined", retryable))

    assert (story.order.refunds[0].state, story.alerts) == ("failed", ["refund_failed"])
    assert balance(story.order).refunded == 0
    assert why_of(story.tell(paid)) == "repeated"
    story.command(desk.RetenderRefund(refund_id(story), "alternate", reason="account closed"))
    story.tell(story.refund_executed())
    assert (story.order.refunds[0].state, balance(story.order).refunded) == ("executed", story.order.refunds[0].amount)


@rule("F-21")
def test_a_refund_that_two_attempts_paid_is_twice_in_the_books_and_before_a_person() -> None:
    story = REFUNDS["approved"]()
    first = story.refund_executed()
    story.tell(story.refund_failed())
    story.due("refund_retry")
    story.tell(story.refund_executed())
    story.tell(first)

    refund = story.order.refunds[0]
    assert (balance(story.order).refunded, story.alerts) == (2 * refund.amount, ["refunded_twice"])
    story.tell(facts.RefundReversed(refund.id, money(refund.amount)))
    assert (balance(story.order).refunded, story.alerts) == (refund.amount, [])


@rule("F-23")
def test_a_reversal_of_a_part_leaves_the_rest_paid() -> None:
    story = REFUNDS["executed"]()
    whole = story.order.refunds[0].amount

    story.tell(facts.RefundReversed(refund_id(story), money(1)))

    assert balance(story.order).refunded == whole - 1
    assert [(each.amount, each.state) for each in story.order.refunds] == [(whole - 1, "executed"), (1, "failed")]
    part = story.order.refunds[1].id
    story.command(desk.RetenderRefund(part, "alternate", reason="account closed"))
    asked = story.asked(requests.RefundRequested)
    assert asked is not None
    assert (asked.refund_id, asked.amount) == (part, money(1))


@rule("P-10")
def test_money_taken_short_is_in_the_books_and_can_be_paid_back() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    asked = story.captured()
    assert isinstance(asked, facts.PaymentCaptured)

    story.tell(facts.PaymentCaptured(asked.request_id, "pay-1", money(5000)))

    assert (books(story.order), story.alerts) == ((5500, 5000, 500, 0), ["amount_mismatch"])
    assert story.command(desk.RequestRefund("goodwill", amount=5001, reason="late")).outcome is Outcome.REFUSED
    assert story.command(desk.RequestRefund("goodwill", amount=5000, reason="late")).outcome is Outcome.APPLIED


@rule("P-16")
def test_the_rest_of_money_taken_short_is_asked_for_and_taken() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    asked = story.captured()
    assert isinstance(asked, facts.PaymentCaptured)
    story.tell(facts.PaymentCaptured(asked.request_id, "pay-1", money(5000)))

    story.command(desk.RetryPayment(), CLERK)
    rest = story.asked(requests.AuthorizationRequested)
    assert rest is not None
    assert (rest.amount, rest.payment_id) == (money(500), None)
    story.tell(facts.PaymentAuthorized(rest.request_id, "pay-2", money(500)))
    taken = story.asked(requests.CaptureRequested)
    assert taken is not None
    assert (taken.payment_id, taken.amount) == ("pay-2", money(500))
    story.tell(facts.PaymentCaptured(taken.request_id, "pay-2", money(500)))

    assert (balance(story.order).captured, story.alerts) == (5500, [])


@rule("P-10", "O-26")
def test_money_taken_beyond_the_total_is_in_the_books_and_its_excess_asked_back() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    asked = story.captured()
    assert isinstance(asked, facts.PaymentCaptured)

    story.tell(facts.PaymentCaptured(asked.request_id, "pay-1", money(5600)))

    assert (balance(story.order).captured, story.alerts) == (5600, ["amount_mismatch"])
    assert [(each.amount, each.state) for each in story.order.refunds] == [(100, "requested")]


@rule("P-13", "P-16", "P-19")
def test_a_capture_is_tried_again_and_never_forgotten() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    story.each(story.delivered)
    names = []
    while True:
        asked = story.asked(requests.CaptureRequested)
        assert asked is not None
        names.append(asked.request_id)
        story.tell(facts.PaymentRefused(asked.request_id, "capture"))
        if not story.hub.fire(["capture_retry"]):
            break
    story.command(desk.ClearAlert("capture_failed", reason="seen"))
    story.due("closing")

    assert len(set(names)) == 3
    assert story.order.state == "delivered"
    assert {"capture_failed", "payment"} <= looked_at(story)
    assert attention.needed(story.order)
    story.command(desk.RetryPayment(), CLERK)
    story.tell(story.captured())
    assert (story.order.state, looked_at(story)) == ("completed", set())


@rule("P-18")
def test_money_that_is_written_off_lets_the_order_close_and_its_reservation_go() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    story.each(story.delivered)
    asked = story.asked(requests.CaptureRequested)
    assert asked is not None
    early = story.command(desk.WriteOffPayment(reason="bad debt"), CLERK)
    story.tell(facts.PaymentRefused(asked.request_id, "capture"))
    story.due("closing")
    before = story.order.state
    story.command(desk.WriteOffPayment(reason="bad debt"), CLERK)

    assert (early.outcome, before, story.order.state) == (Outcome.REFUSED, "delivered", "completed")
    assert story.asked(requests.VoidRequested) is not None
    assert story.order.payment.written_off == 5500


@rule("P-17")
def test_what_was_done_in_the_console_is_noted_once_with_the_providers_own_word() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    asked = story.asked(requests.CaptureRequested)
    assert asked is not None
    story.tell(facts.PaymentRefused(asked.request_id, "capture"))
    noted = desk.NotePayment("capture", 5500, "console-7", reason="taken by hand")

    assert story.command(desk.NotePayment("capture", 5500, "console-7"), CLERK).outcome is Outcome.REFUSED
    story.command(noted, CLERK)
    told = story.tell(facts.PaymentCaptured("dashboard-3", "pay-1", money(5500)))

    assert (books(story.order), story.alerts) == ((5500, 5500, 0, 0), [])
    assert (why_of(told), story.command(noted, CLERK).outcome) == ("repeated", Outcome.REFUSED)


@rule("P-17", "A-72")
def test_another_amount_than_was_asked_for_is_used_when_a_person_books_it() -> None:
    story = brought_to("payment_pending")
    story.score()
    story.tell(authorised(story, 1, "pay-1", 5000))
    before = story.order.state, story.alerts
    story.command(desk.BookPayment("pay-1", reason="that is what the bank gives"), CLERK)

    assert before == ("payment_pending", ["amount_mismatch"])
    assert (story.order.payment.state, story.order.payment.authorised) == ("authorised", 5000)
    rest = story.asked(requests.AuthorizationRequested)
    assert rest is not None
    assert (rest.payment_id, rest.amount) == ("pay-1", money(5500))


@rule("P-10")
def test_an_amount_in_another_currency_is_in_no_sum_and_before_a_person() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    asked = story.captured()
    assert isinstance(asked, facts.PaymentCaptured)

    decision = story.tell(facts.PaymentCaptured(asked.request_id, "pay-1", Money(5500, "USD")))

    assert (decision.outcome, story.alerts) == (Outcome.APPLIED, ["currency_mismatch"])
    assert balance(story.order).captured == 0
    assert why_of(story.tell(facts.PaymentCaptured(asked.request_id, "pay-1", Money(5500, "USD")))) == "repeated"
    story.tell(asked)
    assert (balance(story.order).captured, story.alerts) == (5500, ["currency_mismatch"])


@rule("P-13")
def test_a_capture_that_fails_after_all_is_undone_and_refunds_wait() -> None:
    story = brought_to("delivered")
    story.command(desk.RequestRefund("goodwill", amount=1000, reason="late"))
    asked = story.asked(requests.CaptureRequested)
    assert asked is not None

    story.tell(facts.PaymentRefused(asked.request_id, "capture"))

    assert (books(story.order), story.alerts) == ((5500, 0, 0, 0), ["capture_failed"])
    assert story.command(facts.ApproveRefund(refund_id(story))).outcome is Outcome.REFUSED
    story.due("capture_retry")
    story.tell(story.captured())
    assert (books(story.order), story.alerts) == ((5500, 5500, 0, 0), [])
    assert story.command(facts.ApproveRefund(refund_id(story))).outcome is Outcome.APPLIED


@rule("F-20")
def test_an_approved_refund_waits_for_money_that_went_away() -> None:
    story = REFUNDS["approved"]()
    asked = story.asked(requests.CaptureRequested)
    assert asked is not None
    story.tell(story.refund_failed())
    story.tell(facts.PaymentRefused(asked.request_id, "capture"))
    before = len(story.hub.asked)
    story.due("refund_retry")

    assert not [e for _, e in story.hub.asked[before:] if isinstance(e, requests.RefundRequested)]
    assert "refund_retry" in story.timers


@rule("P-10")
def test_money_said_to_be_free_after_it_was_taken_is_before_a_person() -> None:
    story = brought_to("sent")

    story.tell(facts.PaymentVoided("bank", "pay-1", money(5500)))

    assert (books(story.order), story.alerts) == ((5500, 5500, 0, 0), ["payment_contradicted"])


@rule("P-17", "P-18")
def test_the_rest_of_money_noted_short_is_written_off() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    asked = story.asked(requests.CaptureRequested)
    assert asked is not None
    story.tell(facts.PaymentRefused(asked.request_id, "capture"))
    story.command(desk.NotePayment("capture", 5000, "console-7", reason="taken by hand"), CLERK)

    story.command(desk.WriteOffPayment(reason="not worth it"), CLERK)

    assert (story.order.payment.captured, story.order.payment.written_off, story.alerts) == (5000, 500, [])
