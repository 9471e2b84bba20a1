"""Orders and their shipments, brought to every state of their tables by facts and commands."""

from collections.abc import Callable
from functools import partial

from contracts import commands as desk
from domain.orders import facts
from tests.domain.story.states import WAYS, brought_to
from tests.domain.story.story import Story
from tests.domain.world import line

Make = Callable[[], Story]
REASON = "a wish"


def then(before: str, *commands: facts.Command, method: str = "card") -> Story:
    """An order of a state to which these commands were given."""
    story = brought_to(before, method=method)
    for command in commands:
        assert story.command(command).refusal is None
    return story


def _scored(verdict: str, method: str = "card") -> Story:
    story = brought_to("payment_pending", method=method)
    story.score(verdict)
    return story


def _unscored() -> Story:
    story = brought_to("payment_pending")
    story.pay()
    return story


def _last_try() -> Story:
    """Two tries were refused; the third was asked for."""
    story = brought_to("payment_pending")
    for _ in range(2):
        story.tell(story.refused())
        story.due("payment_retry")
    return story


def _held_when_confirmed() -> Story:
    story = then("availability_requested", desk.HoldOrder(reason=REASON))
    story.each(story.available)
    assert (story.order.state, str(story.shipment().state)) == ("confirmed", "reserved")
    return story


def _recalled(state: str, intent: str) -> Story:
    return then(state, desk.RecallOrder(intent, reason=REASON))


def _free_draft() -> Story:
    story = Story()
    story.draft("support")
    return story


ORDERS: dict[str, Make] = {state: partial(brought_to, state) for state in WAYS} | {
    "draft, free": _free_draft,
    "payment_pending, clear": partial(_scored, "clear"),
    "payment_pending, review": partial(_scored, "review"),
    "payment_pending, last try": _last_try,
    "payment_pending, cheque": partial(brought_to, "payment_pending", method="cheque"),
    "payment_pending, cheque, clear": partial(_scored, "clear", "cheque"),
    "risk_review, unscored": _unscored,
    "confirmed, held": _held_when_confirmed,
    "confirmed, recalled to cancel": partial(_recalled, "confirmed", "cancel"),
    "confirmed, recalled to modify": partial(_recalled, "confirmed", "modify"),
    "picking, recalled to cancel": partial(_recalled, "picking", "cancel"),
    "picking, recalled to modify": partial(_recalled, "picking", "modify"),
}


def _digital() -> Story:
    story = Story(lines=(line(1, 1, kind="digital"),))
    WAYS["availability_requested"](story)
    return story


SHIPMENTS: dict[str, Make] = {
    "planned": ORDERS["approved"],
    "awaiting_availability": ORDERS["availability_requested"],
    "awaiting_availability, short": ORDERS["processing"],
    "reserved": _held_when_confirmed,
    "released": ORDERS["confirmed"],
    "released, recalled to cancel": ORDERS["confirmed, recalled to cancel"],
    "released, recalled to modify": ORDERS["confirmed, recalled to modify"],
    "picking": ORDERS["picking"],
    "picking, recalled to cancel": ORDERS["picking, recalled to cancel"],
    "picking, recalled to modify": ORDERS["picking, recalled to modify"],
    "packed": ORDERS["shipping"],
    "sent": ORDERS["sent"],
    "delivered": ORDERS["delivered"],
    "cancelled": ORDERS["cancelled"],
}
