"""Flash reorders, rule by rule: a draft of articles and quantities, for goods that the shelves show."""

import pytest

from domain import facts, requests
from tests.domain.story import Story, brought_to, code_of
from tests.domain.world import line

rule = pytest.mark.rule


def short(*, stock: int | None = 9) -> Story:
    """An order of two lines, both missing, the shelves showing so many."""
    story = brought_to("availability_requested", lines=(line(1, 2), line(2, 3)))
    story.tell(story.reported("anomaly", stock=stock))
    return story


@rule("OSM-58", "L-02")
def test_articles_and_quantities_are_gathered_in_a_draft() -> None:
    story = short()

    story.command(facts.CreateFlash((facts.FulfilledLine(1, 2),)))
    flash = story.order.flashes[0].id
    story.command(facts.AddToFlash(flash, (facts.FulfilledLine(2, 1),)))
    gathered = (story.order.flashes[0].state, story.asked(requests.FlashRequested))
    story.command(facts.RemoveFromFlash(flash, (1,)))
    story.command(facts.SendFlash(flash))

    request = story.asked(requests.FlashRequested)
    assert gathered == ("draft", None)
    assert request is not None
    assert request.lines == (requests.AskedLine(2, "shirt-2-M", 1),)


@pytest.mark.parametrize(
    ("stock", "reason", "code"),
    [(9, None, None), (None, None, "no_stock"), (None, "seen it on the shelf", None), (0, None, "no_stock")],
)
@rule("L-01")
def test_a_draft_needs_stock_on_the_shelves_or_a_reason_where_nobody_knows(
    stock: int | None, reason: str | None, code: str | None
) -> None:
    story = short(stock=stock)

    decision = story.command(facts.CreateFlash((facts.FulfilledLine(1, 1),), reason=reason))

    assert code_of(decision) == code
    assert len(story.order.flashes) == (code is None)


@rule("L-01", "L-05")
def test_a_line_named_twice_counts_with_all_its_pieces() -> None:
    story = short()
    piece, pieces = facts.FulfilledLine(1, 1), facts.FulfilledLine(1, 2)

    too_many = story.command(facts.CreateFlash((pieces, pieces)))
    story.command(facts.CreateFlash((piece, piece)))
    flash = story.order.flashes[0].id
    story.command(facts.SendFlash(flash))
    story.tell(facts.FlashFulfilled(flash, (piece, piece)))

    assert code_of(too_many) == "amount_exceeds"
    assert [(each.state, [line.quantity for line in each.lines]) for each in story.order.flashes] == [
        ("fulfilled", [2])
    ]
