"""Waiting: an order that isn't final says what it waits for, also where no deadline was set."""

from domain import facts
from domain.waiting import is_final, waiting
from tests.domain.situations import RETURNS
from tests.domain.story import Story, brought_to


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
    assert _of(story) == ["payment.voided"]
