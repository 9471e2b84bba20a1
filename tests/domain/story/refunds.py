"""Refunds, brought to every state of their table by facts and commands."""

from collections.abc import Callable
from functools import partial

from contracts import commands as desk
from domain.orders import facts
from tests.domain.story.orders import Make
from tests.domain.story.states import brought_to
from tests.domain.story.story import Story


def refund_id(story: Story) -> str:
    """The id of the story's refund."""
    return story.order.refunds[0].id


def _refund(*steps: Callable[[Story], object], tender: str = "original") -> Story:
    story = brought_to("delivered")
    asked = desk.RequestRefund("items", (desk.LineQuantity(1, 1),), reason="scratched", tender=tender)
    assert story.command(asked).refusal is None
    for step in steps:
        step(story)
    return story


def _approve(story: Story) -> None:
    story.command(facts.ApproveRefund(refund_id(story)))


def _fails(story: Story) -> None:
    story.tell(story.refund_failed())


def _fails_and_is_tried_again(story: Story) -> None:
    _fails(story)
    story.due("refund_retry")


def _executes(story: Story) -> None:
    story.tell(story.refund_executed())


def _drop(story: Story) -> None:
    story.command(facts.CancelRefund(refund_id(story)))


_LAST = (_approve, _fails_and_is_tried_again, _fails_and_is_tried_again)
REFUNDS: dict[str, Make] = {
    "requested": partial(_refund),
    "approved": partial(_refund, _approve),
    "approved, by hand": partial(_refund, _approve, tender="manual"),
    "approved, last try": partial(_refund, *_LAST),
    "executed": partial(_refund, _approve, _executes),
    "failed": partial(_refund, *_LAST, _fails),
    "cancelled": partial(_refund, _drop),
}
