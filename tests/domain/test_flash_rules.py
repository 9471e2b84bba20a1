"""Flash reorders, rule by rule: a draft of articles and quantities, for goods that the shelves show."""

from dataclasses import replace

import pytest

from contracts import commands as desk
from domain.deciding.decision import Policy
from domain.deciding.values import changed
from domain.orders import facts, requests
from tests.domain.story import WAYS, Story, brought_to
from tests.domain.world import BOSS, SEARCHING, Hub, code_of, hint_of, line, two_parcels

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


def one_is_asked_again() -> Story:
    """Both lines of two parcels are missing; the first was changed and is asked for again."""
    story = brought_to("processing", lines=two_parcels())
    story.command(desk.ModifyOrder(change=(desk.LineQuantity(1, 1),)))
    return story


def sent(story: Story, *lines: facts.FulfilledLine) -> str:
    """Draft and send a flash reorder for these lines, and return its id."""
    story.command(facts.CreateFlash(lines))
    flash = story.order.flashes[-1].id
    story.command(facts.SendFlash(flash))
    return flash


@rule("L-05", "A-10")
def test_a_find_is_asked_for_again_also_while_another_line_is_being_asked_for() -> None:
    story = brought_to("processing", lines=two_parcels())
    found = (facts.FulfilledLine(2, 2),)
    flash = sent(story, *found)
    story.command(desk.ModifyOrder(change=(desk.LineQuantity(1, 1),)))

    decision = story.tell(facts.FlashFulfilled(flash, found))
    story.tell(story.available(0))
    story.tell(story.available(1))

    asked = [each for each in decision.requests if isinstance(each, requests.AvailabilityRequested)]
    assert [(each.shipment_id, each.round) for each in asked] == [(story.shipment(1).id, 2)]
    assert story.order.state == "confirmed"


@rule("A-10", "O-26")
def test_an_order_is_processing_as_long_as_an_answered_line_is_missing() -> None:
    story = one_is_asked_again()
    after_the_edit = story.order.state
    story.command(desk.CancelShipment(story.shipment(0).id, reason="not wanted"))

    assert (after_the_edit, story.order.state) == ("processing", "processing")
    assert story.asked(requests.AvailabilityRequested, shipment_id=story.shipment(0).id, round=2) is not None


@rule("L-01", "A-10")
def test_a_missing_line_is_searched_also_while_another_is_being_asked_for() -> None:
    story = one_is_asked_again()

    decision = story.command(facts.CreateFlash((facts.FulfilledLine(2, 2),)))

    assert code_of(decision) is None


@rule("L-01")
def test_a_line_that_is_being_asked_for_again_is_not_searched_anew_by_itself() -> None:
    story = Story(Hub(replace(SEARCHING, flash_rounds=5)), lines=two_parcels())
    story.place()
    story.score()
    story.pay()
    story.tell(story.reported("anomaly", index=0))
    story.tell(facts.FlashFulfilled(story.order.flashes[0].id, (facts.FulfilledLine(1, 2),)))
    story.tell(story.reported("anomaly", index=1))

    assert [[each.line for each in flash.lines] for flash in story.order.flashes] == [[1], [2]]


@rule("L-05", "L-06")
def test_a_refusal_after_a_part_gives_up_only_what_was_not_found() -> None:
    story = brought_to("processing", lines=two_parcels())
    first, second = facts.FulfilledLine(1, 2), facts.FulfilledLine(2, 2)
    flash = sent(story, first, second)
    story.tell(facts.FlashFulfilled(flash, (first,)))

    decision = story.tell(facts.FlashRefused(flash))

    asked = [each for each in decision.requests if isinstance(each, requests.AvailabilityRequested)]
    assert [each.shipment_id for each in asked] == [story.shipment(0).id]
    assert [line.state for line in story.order.lines] == ["anomaly", "unavailable"]
    assert [each.sku for each in story.order.unfound] == ["shirt-2-M"]
    assert {(timer.kind, timer.subject) for timer in story.order.timers} >= {
        ("availability", story.shipment(0).id),
        ("restock", story.shipment(1).id),
    }


@rule("L-06")
def test_a_refusal_after_some_pieces_of_a_line_gives_the_line_up() -> None:
    story = brought_to("processing", lines=(line(1, 2),))
    flash = sent(story, facts.FulfilledLine(1, 2))
    story.tell(facts.FlashFulfilled(flash, (facts.FulfilledLine(1, 1),)))

    decision = story.tell(facts.FlashRefused(flash))

    assert [line.state for line in story.order.lines] == ["unavailable"]
    assert not decision.requests


@rule("L-05")
def test_a_find_is_measured_against_what_the_order_still_wants() -> None:
    story = brought_to("processing", lines=(line(1, 2),))
    flash = sent(story, facts.FulfilledLine(1, 2))
    story.command(desk.ModifyOrder(change=(desk.LineQuantity(1, 1),)))

    story.tell(facts.FlashFulfilled(flash, (facts.FulfilledLine(1, 1),)))

    assert story.order.flashes[0].state == "fulfilled"


@rule("L-05")
def test_a_search_is_fulfilled_without_the_line_that_was_removed_before_or_after_the_find() -> None:
    before, after = short(), short()
    whole = (facts.FulfilledLine(1, 2), facts.FulfilledLine(2, 3))
    removal, find = desk.ModifyOrder(remove=(1,)), facts.FulfilledLine(2, 3)
    for story, told in (
        (before, (removal, facts.FlashFulfilled(sent(before, *whole), (find,)))),
        (after, (facts.FlashFulfilled(sent(after, *whole), (find,)), removal)),
    ):
        for fact in told:
            story.tell(fact, BOSS)

    assert [story.order.flashes[0].state for story in (before, after)] == ["fulfilled", "fulfilled"]


@rule("L-03")
def test_a_draft_asks_only_for_what_the_order_still_wants() -> None:
    story = short()
    story.command(facts.CreateFlash((facts.FulfilledLine(1, 2), facts.FulfilledLine(2, 3))))
    story.command(desk.ModifyOrder(remove=(1,), change=(desk.LineQuantity(2, 2),)))
    story.tell(story.reported("anomaly"))
    story.command(facts.SendFlash(story.order.flashes[0].id))

    request = story.asked(requests.FlashRequested)
    assert request is not None
    assert request.lines == (requests.AskedLine(2, "shirt-2-M", 2),)


@rule("L-08", "O-21")
def test_a_draft_ends_when_its_goods_are_there() -> None:
    story = brought_to("processing", lines=(line(1, 2),))
    story.command(facts.CreateFlash((facts.FulfilledLine(1, 2),)))
    story.tell(story.available())
    flash = story.order.flashes[0]

    decision = story.command(facts.SendFlash(flash.id))

    assert (story.order.state, flash.state, flash.end) == ("confirmed", "cancelled", "cancelled")
    assert code_of(decision) == "gate"
    assert story.asked(requests.FlashRequested) is None


@rule("L-03")
def test_a_draft_is_not_sent_while_none_of_its_lines_is_missing() -> None:
    story = brought_to("processing", lines=(line(1, 2),))
    story.command(facts.CreateFlash((facts.FulfilledLine(1, 2),)))
    flash = story.order.flashes[0].id
    story.command(desk.ModifyOrder(change=(desk.LineQuantity(1, 1),)))

    early = story.command(facts.SendFlash(flash))
    story.tell(story.reported("anomaly"))
    late = story.command(facts.SendFlash(flash))

    assert (code_of(early), hint_of(early) != "", code_of(late)) == ("gate", True, None)


@rule("L-08", "S-05")
def test_a_withdrawn_search_leaves_the_warehouse_to_find_the_goods_in_time() -> None:
    story = brought_to("processing", lines=(line(1, 2),))
    flash = sent(story, facts.FulfilledLine(1, 2))
    searching = [timer.kind for timer in story.order.timers]

    story.command(facts.CancelFlash(flash))

    assert (searching, [timer.kind for timer in story.order.timers]) == (["flash"], ["restock"])


@rule("L-08", "L-02")
def test_an_emptied_draft_is_not_sent_but_cancelled() -> None:
    story = brought_to("processing", lines=(line(1, 2),))
    story.command(facts.CreateFlash((facts.FulfilledLine(1, 2),)))
    flash = story.order.flashes[0].id
    story.command(facts.RemoveFromFlash(flash, (1,)))

    sending = story.command(facts.SendFlash(flash))
    cancelling = story.command(facts.CancelFlash(flash))

    assert (code_of(sending), code_of(cancelling)) == ("gate", None)
    assert story.order.flashes[0].state == "cancelled"


@pytest.mark.parametrize(
    ("stop", "free"),
    [
        (desk.HoldOrder(reason="a question"), desk.ReleaseHold()),
        (desk.SuspendOrder(reason="a doubt"), desk.ResumeOrder()),
        (desk.FlagAlert("odd", reason="look at it"), desk.ClearAlert("odd", reason="it was nothing")),
    ],
)
@rule("A-21", "H-08", "H-11")
def test_the_hub_searches_by_itself_only_when_nothing_holds_the_order(stop: facts.Command, free: facts.Command) -> None:
    story = Story(Hub())
    WAYS["availability_requested"](story)
    story.command(stop)
    story.tell(story.reported("anomaly"))
    held = story.order.flashes

    story.command(free)

    assert held == ()
    assert [flash.state for flash in story.order.flashes] == ["sent"]


@rule("H-11")
def test_a_release_does_not_repeat_a_search_that_is_under_way() -> None:
    story = Story(Hub())
    WAYS["processing"](story)
    story.command(desk.HoldOrder(reason="a question"))

    story.command(desk.ReleaseHold())

    assert [flash.state for flash in story.order.flashes] == ["sent"]


@pytest.mark.parametrize(
    ("stock", "reason", "code"),
    [(9, None, None), (None, None, "no_stock"), (None, "seen it on the shelf", None), (0, None, "no_stock")],
)
@rule("L-02", "A-12")
def test_a_line_joins_a_draft_only_where_the_shelves_show_it(
    stock: int | None, reason: str | None, code: str | None
) -> None:
    story = brought_to("availability_requested", lines=(line(1, 2), line(2, 3)))
    answer = story.reported("anomaly")
    assert isinstance(answer, facts.AvailabilityReported)
    story.tell(changed(answer, lines=(answer.lines[0], changed(answer.lines[1], stock=stock))))
    story.command(facts.CreateFlash((facts.FulfilledLine(1, 1),)))

    decision = story.command(facts.AddToFlash(story.order.flashes[0].id, (facts.FulfilledLine(2, 1),), reason=reason))

    assert code_of(decision) == code


@rule("L-02")
def test_a_line_named_twice_joins_a_draft_with_all_its_pieces() -> None:
    story = short()
    story.command(facts.CreateFlash((facts.FulfilledLine(1, 1),)))
    flash = story.order.flashes[0].id
    pieces = facts.FulfilledLine(2, 2)

    too_many = story.command(facts.AddToFlash(flash, (pieces, pieces)))
    story.command(facts.AddToFlash(flash, (pieces, facts.FulfilledLine(2, 1))))

    assert code_of(too_many) == "amount_exceeds"
    assert [(each.line, each.quantity) for each in story.order.flashes[0].lines] == [(1, 1), (2, 3)]


@rule("A-12", "L-03")
def test_the_party_that_gets_flash_reorders_is_a_setting() -> None:
    asked = []
    for policy in (SEARCHING, replace(SEARCHING, flash_recipient="corp")):
        story = Story(Hub(policy))
        WAYS["processing"](story)
        asked.append(story.asked(requests.FlashRequested))

    assert [each and each.recipient for each in asked] == ["reorder-desk", "corp"]


@pytest.mark.parametrize("first", [1, 2])
@rule("L-09", "L-05")
def test_pieces_of_a_line_that_left_are_told_of_while_the_other_one_is_searched(first: int) -> None:
    story = short()
    story.command(facts.CreateFlash((facts.FulfilledLine(1, 2), facts.FulfilledLine(2, 3))))
    flash = story.order.flashes[0].id
    story.command(facts.SendFlash(flash))
    story.command(desk.ModifyOrder(remove=(2,)))

    for number in (first, 3 - first):
        story.tell(facts.FlashFulfilled(flash, (facts.FulfilledLine(number, 3),)))
        told = "stock_arrived_unneeded" in {alert.name for alert in story.order.alerts}
        assert told == (number == 2 or first == 2)

    assert story.order.flashes[0].state == "fulfilled"


def test_a_find_told_twice_of_a_line_that_left_is_told_of_once() -> None:
    story = short()
    story.command(facts.CreateFlash((facts.FulfilledLine(1, 2), facts.FulfilledLine(2, 3))))
    flash = story.order.flashes[0].id
    story.command(facts.SendFlash(flash))
    story.command(desk.ModifyOrder(remove=(2,)))
    found = facts.FlashFulfilled(flash, (facts.FulfilledLine(2, 3),), "find-1")

    outcomes = [story.tell(found).outcome for _ in range(2)]

    assert outcomes == ["applied", "late"]


@rule("L-01", "L-03", "OSM-57")
def test_nothing_is_searched_before_a_person_asks_unless_the_retailer_wishes_it() -> None:
    story = Story(Hub(Policy()))
    WAYS["processing"](story)
    alone = (story.order.flashes, story.asked(requests.FlashRequested))

    story.command(facts.CreateFlash((facts.FulfilledLine(1, 2),)))
    story.command(facts.SendFlash(story.order.flashes[0].id))

    asked = story.asked(requests.FlashRequested)
    assert alone == ((), None)
    assert asked is not None
    assert asked.lines == (requests.AskedLine(1, "shirt-1-M", 2),)


@rule("L-01", "L-03")
def test_one_command_drafts_and_sends() -> None:
    story = short()

    decision = story.command(facts.CreateFlash((facts.FulfilledLine(1, 2),), send=True))

    (flash,) = story.order.flashes
    request = story.asked(requests.FlashRequested)
    assert (decision.refusal, flash.state) == (None, "sent")
    assert request is not None
    assert (request.flash_id, request.lines) == (flash.id, (requests.AskedLine(1, "shirt-1-M", 2),))


@rule("L-01", "L-03")
def test_what_can_not_be_sent_is_not_drafted_either() -> None:
    story = short(stock=0)

    decision = story.command(facts.CreateFlash((facts.FulfilledLine(1, 1),), send=True))

    assert code_of(decision) == "no_stock"
    assert story.order.flashes == ()
