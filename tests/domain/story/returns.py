"""Returns and exchanges, brought to every state of their tables by facts and commands."""

from collections.abc import Callable
from functools import partial

from domain.orders import facts
from tests.domain.story.orders import REASON, Make
from tests.domain.story.states import brought_to
from tests.domain.story.story import Story


def return_code(story: Story) -> str:
    """The code of the story's return."""
    return story.order.returns[0].code if story.order.returns else "RMA-NONE"


def arrived(story: Story, quantity: int, *, good: bool = False) -> facts.Fact:
    """Pieces of the return's only line arrive."""
    return facts.ReturnReceived(return_code(story), (facts.ReceivedLine(1, quantity),), validated=good)


def _return(*steps: Callable[[Story], object], receipt: bool = True, outcome: str = "refund") -> Story:
    story = brought_to("delivered")
    sku = "shirt-1-L" if outcome == "exchange" else None
    created = facts.CreateReturn((facts.ReturnLine(1, 2, exchange_sku=sku),), outcome, receipt_required=receipt)
    assert story.command(created).refusal is None
    for step in steps:
        step(story)
    return story


def _confirm(story: Story) -> None:
    story.command(facts.ConfirmReturn(return_code(story)))


def _part(story: Story) -> None:
    story.tell(arrived(story, 1))


def _all(story: Story) -> None:
    story.tell(arrived(story, 2))


def _end(kind: type[facts.CancelReturn] | type[facts.ValidateReturn] | type[facts.RefuseReturn]) -> Callable[..., None]:
    def end(story: Story) -> None:
        story.command(kind(return_code(story), reason=REASON))

    return end


def _expire(story: Story) -> None:
    story.due("return")


RETURNS: dict[str, Make] = {
    "draft": partial(_return),
    "draft, no receipt needed": partial(_return, receipt=False),
    "awaiting_receipt": partial(_return, _confirm),
    "partially_received": partial(_return, _confirm, _part),
    "received": partial(_return, _confirm, _all),
    "validated": partial(_return, _confirm, _all, _end(facts.ValidateReturn)),
    "cancelled": partial(_return, _end(facts.CancelReturn)),
    "refused": partial(_return, _confirm, _all, _end(facts.RefuseReturn)),
    "expired": partial(_return, _confirm, _expire),
}


def _exchange(*steps: Callable[[Story], object]) -> Story:
    story = _return(_confirm, outcome="exchange")
    story.hub.drain_internal()
    for step in steps:
        step(story)
        story.hub.drain_internal()
    return story


def exchange_order(story: Story) -> Story:
    """The story of the exchange order."""
    return story.other(story.order.exchanges[0].order_id)


def _reports(status: str) -> Callable[[Story], None]:
    def report(story: Story) -> None:
        other = exchange_order(story)
        other.tell(other.reported(status))

    return report


def _validated(story: Story) -> None:
    story.tell(arrived(story, 2, good=True))


def _arrives(story: Story) -> None:
    other = exchange_order(story)
    for fact in (other.picking(), other.packed(), other.handed_over(), other.delivered()):
        other.tell(fact)


EXCHANGES: dict[str, Make] = {
    "pending, asked": partial(_exchange),
    "pending, missing": partial(_exchange, _reports("anomaly")),
    "pending, confirmed": partial(_exchange, _reports("available")),
    "released, asked": partial(_exchange, _validated),
    "released, confirmed": partial(_exchange, _reports("available"), _validated),
    "cancelled": partial(_exchange, _end(facts.CancelReturn)),
    "done": partial(_exchange, _reports("available"), _validated, _arrives),
}


def held_exchange() -> Story:
    """The exchange order of a return that has not come yet, with its goods set aside."""
    story = exchange_order(EXCHANGES["pending, confirmed"]())
    assert (story.order.state, story.order.holds) == ("confirmed", ("exchange",))
    return story
