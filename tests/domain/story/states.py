"""The states of an order, and how a story comes to each of them."""

from collections.abc import Callable

from contracts import commands as desk
from domain.deciding.decision import Policy
from domain.orders import facts
from tests.domain.story.story import Story
from tests.domain.world import BY_HAND, Hub


def _draft(story: Story) -> None:
    story.draft()


def _payment_pending(story: Story) -> None:
    story.place()


def _risk_review(story: Story) -> None:
    story.place()
    story.score("review")
    story.pay()


def _risk_follow_up(story: Story) -> None:
    _risk_review(story)
    story.command(facts.FollowUpOrder())


def _approved(story: Story) -> None:
    """Only a hold keeps an approved order from asking the warehouse at once."""
    story.place()
    story.command(desk.HoldOrder(reason="a question"))
    story.score()
    story.pay()


def _availability_requested(story: Story) -> None:
    story.place()
    story.score()
    story.pay()


def _processing(story: Story) -> None:
    _availability_requested(story)
    story.each(lambda index: story.reported("anomaly", index=index))


def _confirmed(story: Story) -> None:
    _availability_requested(story)
    story.each(story.available)


def _picking(story: Story) -> None:
    _confirmed(story)
    story.each(story.picking)


def _shipping(story: Story) -> None:
    _picking(story)
    story.each(story.packed)


def _sent(story: Story) -> None:
    _shipping(story)
    story.each(story.handed_over)
    if story.method == "card":
        story.tell(story.captured())


def _delivered(story: Story) -> None:
    _sent(story)
    story.each(story.delivered)


def _completed(story: Story) -> None:
    _delivered(story)
    story.due("closing")


def _cancelled(story: Story) -> None:
    _availability_requested(story)
    story.command(facts.CancelOrder(reason="customer_choice"))


def _voided(story: Story) -> None:
    story.draft()
    story.command(desk.VoidOrder())


WAYS: dict[str, Callable[[Story], None]] = {
    "draft": _draft,
    "payment_pending": _payment_pending,
    "risk_review": _risk_review,
    "risk_follow_up": _risk_follow_up,
    "approved": _approved,
    "availability_requested": _availability_requested,
    "processing": _processing,
    "confirmed": _confirmed,
    "picking": _picking,
    "shipping": _shipping,
    "sent": _sent,
    "delivered": _delivered,
    "completed": _completed,
    "cancelled": _cancelled,
    "voided": _voided,
}
"""How an order comes to each of its states."""


def brought_to(
    state: str, *, method: str = "card", lines: tuple[facts.OrderLine, ...] = (), policy: Policy = BY_HAND
) -> Story:
    """An order that was brought to this state; without lines it is two pieces of one shirt."""
    story = Story(Hub(policy), method, lines)
    WAYS[state](story)
    assert story.order.state == state, (story.order.state, state)
    return story


def by_cheque(steps: int = 0) -> Story:
    """An order in doubt of nobody whose cheque went these steps: received, checked, authorised, validated."""
    story = Story(method="cheque")
    story.place()
    story.score()
    story.cheque(steps)
    return story
