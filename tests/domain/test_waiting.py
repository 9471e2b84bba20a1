"""Waiting: an order that isn't final says what it waits for, also where no deadline was set."""

import pytest

from domain.orders import facts
from domain.orders.closing import nothing_open
from domain.orders.view.waiting import is_final, waiting
from tests.domain.story import RETURNS, Story, brought_to
from tests.domain.world import line


def _of(story: Story) -> list[str]:
    return [entry.message for entry in waiting(story.order)]


def test_a_drafted_return_waits_for_its_confirmation() -> None:
    story = RETURNS["draft"]()

    assert "return.confirm" in _of(story)


def test_received_goods_wait_for_a_person_who_accepts_them() -> None:
    story = RETURNS["received"]()

    assert "return.validate" in _of(story)


def test_an_order_whose_money_could_not_be_taken_waits_for_it() -> None:
    story = brought_to("shipping")
    story.tell(story.handed_over())
    story.tell(facts.PaymentRefused("capture", "capture"))
    story.tell(story.delivered())
    story.due("closing")

    assert "payment.captured" in _of(story)


def test_a_cancelled_order_whose_money_could_not_be_set_free_is_not_final() -> None:
    story = brought_to("cancelled")
    assert story.order.payment.void_asked
    story.tell(facts.PaymentRefused("void", "void"))

    assert not is_final(story.order)
    assert set(_of(story)) == {"payment.voided", "payment.retry", "timer.due"}


@pytest.mark.parametrize("kind", ["digital", "shippable"])
def test_no_verdict_is_awaited_for_goods_that_are_gone(kind: str) -> None:
    story = Story(lines=(line(kind=kind),))
    story.place()
    story.pay()
    story.command(facts.ApproveOrder(reason="known customer"))
    if kind == "shippable":
        for fact in (story.available(), story.picking(), story.packed(), story.handed_over()):
            story.tell(fact)

    assert story.order.state == ("completed" if kind == "digital" else "sent")
    assert "fraud.scored" not in _of(story)


@pytest.mark.parametrize("answer", ["refused", "never asked"])
def test_a_cancelled_order_waits_for_no_money_that_was_never_taken(answer: str) -> None:
    story = brought_to("payment_pending")
    if answer == "refused":
        story.tell(story.refused())
    story.command(facts.CancelOrder(reason="customer_request"))

    assert story.order.state == "cancelled"
    assert nothing_open(story.order)
