"""What may be given back: never more than was taken, and never by itself when it is not what the goods suggest."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts import commands as desk
from domain.deciding.money import Money
from domain.deciding.values import changed
from domain.orders import facts, requests
from domain.orders.money.balance import balance
from tests.domain.story import WAYS, Story, brought_to
from tests.domain.world import BY_HAND, Hub, code_of, line, two_parcels

rule = pytest.mark.rule
ALL = (facts.ReceivedLine(1, 2),)
HALF_PRICE = desk.ChangePrice((desk.PriceCut(1, 50),))
NO_FEE = desk.ModifyOrder(shipping_discount_pct=100)


def states(story: Story) -> list[tuple[int, str]]:
    return [(refund.amount, str(refund.state)) for refund in story.order.refunds]


def sent_off(story: Story, index: int = 0) -> None:
    """One shipment goes all its way to the carrier."""
    for news in (story.picking, story.packed, story.handed_over):
        story.tell(news(index))


def sent_back(story: Story, *, fee: bool = False) -> None:
    """Both pieces of the first line come back for money and are found good."""
    story.command(facts.CreateReturn((facts.ReturnLine(1, 2),), "refund", True, fee))
    code = story.order.returns[-1].code
    story.command(facts.ConfirmReturn(code))
    story.tell(facts.ReturnReceived(code, ALL))


@rule("F-01", "F-03")
def test_a_return_is_not_paid_back_from_what_was_reserved_and_never_taken() -> None:
    story = Story()
    story.place()
    story.score()
    story.pay()
    story.command(HALF_PRICE)
    story.each(story.available)
    sent_off(story)
    story.tell(story.captured())
    story.each(story.delivered)
    story.command(desk.RequestRefund("goodwill", amount=2000, reason="late"))
    story.command(facts.ApproveRefund(story.order.refunds[0].id))

    sent_back(story)

    assert story.order.payment.captured == 3000
    assert states(story) == [(2000, "approved"), (1000, "requested")]
    assert balance(story.order).sound


@rule("F-03")
def test_a_refund_of_more_than_was_taken_in_the_end_is_not_approved() -> None:
    story = brought_to("availability_requested", lines=two_parcels())
    story.tell(story.available(0))
    story.tell(story.reported("anomaly", index=1))
    sent_off(story)
    sent_back(story, fee=True)
    story.command(NO_FEE)
    story.command(desk.CancelShipment(story.shipment(1).id, reason="not wanted"))

    story.tell(story.captured())

    assert story.order.payment.captured == 5000
    assert states(story) == [(5250, "requested")]
    assert code_of(story.command(facts.ApproveRefund(story.order.refunds[0].id))) == "amount_exceeds"


@rule("A-16")
def test_a_refund_that_is_less_than_its_goods_suggest_waits_for_a_person() -> None:
    story = brought_to("delivered")
    story.command(desk.RequestRefund("goodwill", amount=4000, reason="late"))

    sent_back(story)

    assert states(story) == [(4000, "requested"), (1500, "requested")]
    assert story.asked(requests.RefundRequested) is None


@rule("A-16", "F-05")
def test_a_refund_of_all_that_its_goods_suggest_is_approved_by_itself() -> None:
    story = brought_to("delivered")
    story.command(desk.RequestRefund("goodwill", amount=500, reason="late"))

    sent_back(story)

    assert states(story) == [(500, "requested"), (5000, "approved")]


def paid_by_cheque(goodwill: int) -> Story:
    """An order paid by cheque whose goods are missing; goodwill was asked for."""
    story = brought_to("processing", method="cheque")
    story.command(desk.RequestRefund("goodwill", amount=goodwill, reason="late"))
    return story


@rule("F-02", "O-26")
def test_goodwill_is_no_part_of_a_price_reduction() -> None:
    story = paid_by_cheque(1000)

    story.command(desk.ChangePrice((desk.PriceCut(1, 20),)))

    assert [(refund.amount, refund.origin) for refund in story.order.refunds] == [
        (1000, "goodwill"),
        (1000, "reduction"),
    ]


@rule("F-02", "O-26")
def test_a_second_price_reduction_gives_back_the_rest_and_never_more_than_was_taken() -> None:
    story = paid_by_cheque(4000)

    story.command(desk.ChangePrice((desk.PriceCut(1, 20),)))
    story.command(HALF_PRICE)

    assert [refund.amount for refund in story.order.refunds] == [4000, 1000, 500]


@rule("F-06", "F-11")
def test_the_full_refund_of_a_cancellation_takes_the_place_of_what_waits_for_a_yes() -> None:
    story = paid_by_cheque(1000)

    story.command(facts.CancelOrder(reason="customer_choice"))

    assert states(story) == [(1000, "cancelled"), (5500, "approved")]
    assert not any(timer.kind == "approval" for timer in story.order.timers)


@rule("F-11")
def test_the_refund_of_a_cancellation_leaves_out_what_was_approved_before() -> None:
    story = paid_by_cheque(1000)
    story.command(facts.ApproveRefund(story.order.refunds[0].id))

    story.command(facts.CancelOrder(reason="customer_choice"))

    assert states(story) == [(1000, "approved"), (4500, "approved")]
    assert [timer.kind for timer in story.order.timers].count("manual_refund") == 2


@rule("F-09")
def test_each_further_try_to_pay_back_waits_twice_as_long() -> None:
    story = brought_to("delivered")
    sent_back(story)
    waits = []
    for _ in range(2):
        story.tell(story.refund_failed())
        waits += [timer.due_at - timer.since for timer in story.order.timers if timer.kind == "refund_retry"]
        story.due("refund_retry")

    assert waits == [timedelta(hours=6), timedelta(hours=12)]


@pytest.mark.parametrize(
    ("amount", "alert"),
    [
        (Money(100, "USD"), "currency_mismatch"),
        (Money(5000, "USD"), "currency_mismatch"),
        (Money(4900, "EUR"), "amount_mismatch"),
    ],
)
@rule("F-07")
def test_another_amount_than_was_asked_does_not_execute_a_refund(amount: Money, alert: str) -> None:
    story = brought_to("delivered")
    sent_back(story)
    right = story.refund_executed()
    assert isinstance(right, facts.RefundExecuted)

    story.tell(changed(right, amount=amount))
    assert states(story) == [(5000, "approved")]
    assert [each.name for each in story.order.alerts] == [alert]

    story.tell(right)
    assert states(story) == [(5000, "executed")]
    # Money in another currency is in no book: a person looks at it, whatever is said later.
    assert [each.name for each in story.order.alerts] == ([alert] if alert == "currency_mismatch" else [])


@rule("A-20", "F-01", "F-03")
def test_pieces_credited_and_pieces_returned_are_worth_their_line_together() -> None:
    story = brought_to(
        "delivered", lines=(facts.OrderLine(line=1, sku="shirt-1-M", quantity=3, unit_price=400, discount=200),)
    )
    story.command(facts.CreateReturn((facts.ReturnLine(1, 1),), "refund", True, False))
    first = story.order.returns[-1].code
    story.command(facts.ConfirmReturn(first))
    story.command(desk.RequestRefund("items", (desk.LineQuantity(1, 1),), reason="scratched"))
    story.tell(facts.ReturnReceived(first, (facts.ReceivedLine(1, 1),)))
    story.command(facts.CreateReturn((facts.ReturnLine(1, 1),), "refund", True, False))
    second = story.order.returns[-1].code
    story.command(facts.ConfirmReturn(second))

    story.tell(facts.ReturnReceived(second, (facts.ReceivedLine(1, 1),)))

    assert sum(refund.amount for refund in story.order.refunds) == 1000


@rule("A-20", "OSM-68")
def test_what_never_travels_bears_no_part_of_the_shipping_fee() -> None:
    story = brought_to("delivered", lines=(line(1, 1), line(2, 1, kind="digital")))

    story.command(desk.RequestRefund("items", (desk.LineQuantity(1, 1),), shipping=True, reason="scratched"))

    assert [refund.amount for refund in story.order.refunds] == [2500 + 500]


@rule("A-20")
def test_the_fee_of_a_return_goes_with_its_goods_that_travelled() -> None:
    story = brought_to("delivered", lines=(line(1, 2), line(2, 1, kind="digital")))

    sent_back(story, fee=True)

    assert [refund.amount for refund in story.order.refunds] == [5000 + 500]


@pytest.mark.parametrize(("cap", "state"), [pytest.param(5000, "approved", marks=rule("F-05")), (4999, "requested")])
def test_a_refund_of_exactly_the_cap_needs_nobody(cap: int, state: str) -> None:
    story = Story(Hub(replace(BY_HAND, refund_automatic=True, refund_cap=cap)))
    WAYS["delivered"](story)

    sent_back(story)
    story.command(facts.ValidateReturn(story.order.returns[0].code, reason="as new"))

    assert states(story) == [(5000, state)]


@rule("F-05")
def test_a_return_of_all_that_was_paid_for_needs_nobody() -> None:
    story = brought_to("delivered")

    sent_back(story, fee=True)
    story.command(facts.ValidateReturn(story.order.returns[0].code, reason="as new"))

    assert states(story) == [(story.order.payment.captured, "approved")]


@rule("A-20")
def test_the_fee_that_returns_bring_back_one_by_one_is_the_whole_fee() -> None:
    story = brought_to("delivered", lines=tuple(line(number, 1, 1000) for number in (1, 2, 3)))

    for number in (1, 2, 3):
        story.command(facts.CreateReturn((facts.ReturnLine(number, 1),), "refund", True, True))
        code = story.order.returns[-1].code
        story.command(facts.ConfirmReturn(code))
        story.tell(facts.ReturnReceived(code, (facts.ReceivedLine(number, 1),), validated=True))

    assert [refund.amount for refund in story.order.refunds] == [1167, 1166, 1167]
