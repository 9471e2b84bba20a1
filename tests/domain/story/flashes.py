"""Flash reorders, brought to every state of their table by facts and commands."""

from collections.abc import Callable
from functools import partial

from domain.orders import facts
from tests.domain.story.orders import Make
from tests.domain.story.states import brought_to
from tests.domain.story.story import Story


def flash_id(story: Story) -> str:
    """The id of the story's flash reorder."""
    return story.order.flashes[0].id


PIECES = (facts.FulfilledLine(1, 2),)


def _flash(*steps: Callable[[Story], object]) -> Story:
    story = brought_to("processing")
    assert story.command(facts.CreateFlash(PIECES)).refusal is None
    for step in steps:
        step(story)
    return story


def _send(story: Story) -> None:
    story.command(facts.SendFlash(flash_id(story)))


def _desk(kind: type[facts.FlashAccepted] | type[facts.FlashRefused]) -> Callable[[Story], None]:
    def say(story: Story) -> None:
        story.tell(kind(flash_id(story)))

    return say


def _found(story: Story) -> None:
    story.tell(facts.FlashFulfilled(flash_id(story), PIECES))


def _withdraw(story: Story) -> None:
    story.command(facts.CancelFlash(flash_id(story)))


FLASHES: dict[str, Make] = {
    "draft": partial(_flash),
    "sent": partial(_flash, _send),
    "accepted": partial(_flash, _send, _desk(facts.FlashAccepted)),
    "fulfilled": partial(_flash, _send, _found),
    "refused": partial(_flash, _send, _desk(facts.FlashRefused)),
    "cancelled": partial(_flash, _withdraw),
}
