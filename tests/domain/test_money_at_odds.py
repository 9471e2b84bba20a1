"""Money that contradicts itself, and what follows: nothing is asked in vain, nothing is waited for without end."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Outcome
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.facts import LineQuantity
from domain.orders.order import RefundState
from tests.domain.story import REFUNDS, Story, brought_to, by_cheque, refund_id
from tests.domain.world import ADDRESS, CHECKER, CUSTOMER, ORDER, Hub, line, money, received, somebody

rule = pytest.mark.rule
CLERK = somebody("payment.settle", name="clerk")
BESIDE = facts.PaymentCaptured("dashboard-1", "pay-9", money(5500))

SUBMITTED = facts.SubmitOrder(
    number="N-1",
    store="lille",
    currency="EUR",
    customer=CUSTOMER,
    shipping_address=ADDRESS,
    lines=(line(1, 2),),
    shipping_fee=500,
)


def undone(story: Story) -> None:
    """The capture in use failed after all."""
    asked = story.asked(requests.CaptureRequested)
    assert asked is not None
    story.tell(facts.PaymentRefused(asked.request_id, "capture"))


@rule("P-13")
def test_a_reservation_is_set_free_once_other_money_pays_for_the_goods() -> None:
    story = brought_to("sent")
    story.tell(BESIDE)

    undone(story)

    asked = story.asked(requests.VoidRequested)
    assert asked is not None
    assert (asked.payment_id, asked.amount) == ("pay-1", money(5500))
    assert "capture_retry" not in story.timers


@rule("P-13", "F-06")
def test_a_refund_of_too_much_money_is_withdrawn_when_the_money_was_not_there() -> None:
    story = brought_to("sent")
    story.tell(BESIDE)
    assert [refund.state for refund in story.order.refunds] == ["requested"]

    undone(story)

    assert [refund.state for refund in story.order.refunds] == ["cancelled"]
    assert "approval" not in story.timers


@rule("P-13", "F-06")
def test_a_refund_of_too_much_money_is_withdrawn_when_the_amount_is_corrected() -> None:
    story = brought_to("shipping")
    story.each(story.handed_over)
    asked = story.asked(requests.CaptureRequested)
    assert asked is not None
    story.tell(facts.PaymentCaptured(asked.request_id, "pay-1", money(5501)))
    assert [refund.amount for refund in story.order.refunds] == [1]

    story.tell(facts.PaymentCaptured(asked.request_id, "pay-1", money(5500)))

    assert [refund.state for refund in story.order.refunds] == ["cancelled"]


@rule("P-10")
def test_a_reservation_said_again_with_more_after_it_was_set_free_is_told_as_set_free() -> None:
    story = brought_to("availability_requested")
    story.command(facts.CancelOrder(reason="customer_choice"))
    story.tell(story.voided())
    first = next(each for _, each in story.hub.asked if isinstance(each, requests.AuthorizationRequested))

    decision = story.tell(facts.PaymentAuthorized(first.request_id, "pay-1", money(5600)))

    moved = [(each.state, each.amount) for each in decision.events if isinstance(each, events.PaymentChanged)]
    assert moved == [("authorised", money(5600)), ("voided", money(100))]


@rule("P-11")
def test_money_reserved_beside_is_set_free_again_when_it_is_reserved_again() -> None:
    story = brought_to("availability_requested")
    story.command(facts.CancelOrder(reason="customer_choice"))
    story.tell(story.voided())
    story.command(desk.NotePayment("capture", 100, "console-1", payment_id="pay-9", reason="in the console"), CLERK)
    first = next(each for _, each in story.hub.asked if isinstance(each, requests.AuthorizationRequested))

    story.tell(facts.PaymentAuthorized(first.request_id, "pay-1", money(5600)))

    asked = story.asked(requests.VoidRequested)
    assert asked is not None
    assert (asked.payment_id, asked.amount) == ("pay-1", money(100))


@rule("P-16")
def test_nobody_asks_for_the_money_of_a_cancelled_order() -> None:
    story = brought_to("payment_pending")
    story.tell(story.refused())
    story.command(facts.CancelOrder(reason="customer_choice"))

    decision = story.command(desk.RetryPayment(), CLERK)

    assert decision.outcome is Outcome.REFUSED
    assert decision.requests == ()


@rule("P-10", "P-02")
@pytest.mark.parametrize("steps", [0, 1, 2])
def test_no_cheque_is_waited_for_once_other_money_pays_for_the_goods(steps: int) -> None:
    story = by_cheque(steps)
    story.tell(BESIDE)
    story.score()
    story.each(story.available)
    for step in (story.picking, story.packed, story.handed_over, story.delivered):
        story.each(step)

    assert not {"cheque", "check"} & story.timers
    assert ("cheque_to_return" in story.alerts) is (steps > 0)


@rule("O-08", "P-10")
def test_a_draft_that_was_paid_before_it_was_submitted_goes_on() -> None:
    story = Story()
    story.draft()
    story.tell(BESIDE)
    story.command(SUBMITTED)
    story.score()

    assert story.order.state == "availability_requested"


@rule("F-03", "P-10")
def test_a_refund_pays_back_the_payment_that_money_was_taken_under() -> None:
    story = Story()
    story.draft()
    story.tell(BESIDE)
    story.command(SUBMITTED)
    story.score()
    story.each(story.available)
    for step in (story.picking, story.packed, story.handed_over, story.delivered):
        story.each(step)
    story.command(desk.RequestRefund(lines=(LineQuantity(1, 1),), reason="damaged"))
    story.command(facts.ApproveRefund(story.order.refunds[-1].id), CHECKER)

    asked = story.asked(requests.RefundRequested)
    assert asked is not None
    assert asked.payment_id == "pay-9"


@rule("P-17")
def test_the_rest_of_a_refund_that_was_paid_in_part_is_asked_for() -> None:
    story = REFUNDS["approved"]()
    whole = story.order.refunds[0]

    story.command(desk.BookPayment(None, refund_id(story), whole.amount - 300, reason="as the bank has it"), CLERK)

    first, rest = story.order.refunds
    assert (first.amount, first.state) == (whole.amount - 300, RefundState.EXECUTED)
    assert (rest.amount, rest.origin, rest.rma_code) == (300, whole.origin, whole.rma_code)


@rule("F-21")
def test_a_refund_of_nothing_is_no_refund() -> None:
    story = brought_to("sent")

    decision = story.tell(facts.RefundExecuted("dashboard-1", "rf-9", money(0)))

    assert decision.outcome is Outcome.LATE
    assert story.order.refunds == ()


@rule("S-22")
def test_an_order_whose_last_goods_leave_after_a_parcel_came_back_is_closed_in_time() -> None:
    lines = tuple(changed(line(n), warehouse=warehouse) for n, warehouse in enumerate(("north", "south"), start=1))
    story = brought_to("availability_requested", lines=lines)
    for step in (story.available, story.picking, story.packed, story.handed_over):
        story.tell(step(0))
    number = story.shipment(0).tracking_number
    assert number is not None
    story.tell(facts.CarrierReturnedToSender(number))
    story.tell(facts.CarrierDelivered(number))
    story.command(desk.CancelShipment(story.shipment(1).id, reason="not to be had"))

    assert story.order.state == "sent"
    assert "closing" in story.timers


@rule("R-21")
def test_pieces_that_were_taken_off_their_order_can_not_come_back() -> None:
    lines = (line(1), line(2))
    story = brought_to("availability_requested", lines=lines)
    story.command(desk.ModifyOrder(remove=(1,)))
    story.each(story.available)
    for step in (story.picking, story.packed, story.handed_over):
        story.each(step)

    decision = story.command(facts.CreateReturn((facts.ReturnLine(1, 1, "unwanted"),), outcome="refund"))

    assert decision.refusal is not None
    assert decision.refusal.code == "not_shipped"


def test_an_order_that_nobody_placed_yet_can_be_looked_at_while_much_waits_for_it() -> None:
    hub = Hub()
    for name in ("a", "b"):
        hub.take(ORDER, received(facts.PaymentAuthorized(name, f"pay-{name}", money(100)), name))

    assert hub.orders[ORDER].state is None
    assert len(hub.orders[ORDER].timers) == 2


@rule("P-17", "O-09")
@pytest.mark.parametrize("method", ["card", "cheque"])
def test_an_order_goes_on_by_money_that_a_person_notes(method: str) -> None:
    story = brought_to("payment_pending", method=method)

    story.command(desk.NotePayment("capture", 5500, "console-1", payment_id="pay-7", reason="in the console"), CLERK)

    assert story.order.payment.state == "captured"
    assert story.order.state == "risk_review"
