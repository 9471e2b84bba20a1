"""Pieces: each goes one way, whoever says so; the money of a replaced one is found where it was paid."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts import commands as desk
from domain.deciding.decision import Decision, Outcome, Policy
from domain.deciding.money import Money
from domain.deciding.values import changed
from domain.orders import events, facts, pieces, requests
from domain.orders.order import Order, Return
from domain.orders.view.attention import ADVICE
from tests.domain.story import Story, brought_to, refund_id
from tests.domain.world import code_of, detail_of, line, received

rule = pytest.mark.rule
Told = Decision[Order]
Way = Callable[[Story], object]
Again = Callable[[Story], Told]


def ledger(story: Story, number: int = 1) -> pieces.Ledger:
    line_ = story.order.line(number)
    assert line_ is not None
    return pieces.of(story.order, line_)


def credit(story: Story, quantity: int = 2) -> Told:
    return story.command(desk.RequestRefund("items", (desk.LineQuantity(1, quantity),), reason="scratched"))


def copy(story: Story, quantity: int | None = None) -> Told:
    lines = () if quantity is None else (desk.LineQuantity(1, quantity),)
    decision = story.command(desk.CreateZeroOrder(lines, reason="lost"))
    story.hub.drain_internal()
    return decision


def create(story: Story, outcome: str = "refund", quantity: int = 2) -> Told:
    return story.command(facts.CreateReturn((facts.ReturnLine(1, quantity),), outcome))


def request(story: Story, outcome: str = "refund", quantity: int = 2, number: str | None = None) -> Told:
    fact = facts.ReturnRequested((facts.ReturnLine(1, quantity),), outcome, request_id=number)
    decision = story.tell(fact)
    story.hub.drain_internal()
    return decision


def newest(story: Story) -> Return:
    return story.order.returns[-1]


def arrive(story: Story, quantity: int = 2, number: str | None = None, *, good: bool = True) -> Told:
    fact = facts.ReturnReceived(newest(story).code, (facts.ReceivedLine(1, quantity),), good, number)
    decision = story.tell(fact)
    story.hub.drain_internal()
    return decision


def exchange(story: Story, quantity: int = 1) -> Story:
    """The order in exchange for pieces that came back, delivered."""
    request(story, "exchange", quantity)
    code = newest(story).code
    arrive(story, quantity)
    opened = next(each for each in story.order.exchanges if each.rma_code == code)
    other = story.other(opened.order_id)
    deliver(other)
    return other


def free_copy(story: Story, quantity: int = 1) -> Story:
    """The free copy of pieces, delivered."""
    copy(story, quantity)
    other = story.other(story.order.links[-1])
    other.command(facts.ApproveOrder(reason="lost"))
    deliver(other)
    return other


def deliver(story: Story) -> None:
    story.hub.drain_internal()
    story.tell(story.available())
    for fact in (story.picking, story.packed, story.handed_over):
        story.tell(fact())
    story.tell(facts.CarrierDelivered("T-0"))
    story.hub.drain_internal()
    assert story.order.state == "delivered"


def credited_and_paid(story: Story) -> None:
    credit(story)
    story.command(facts.ApproveRefund(refund_id(story)))
    story.tell(story.refund_executed())


def returned_for_money(story: Story) -> None:
    request(story)
    arrive(story)


def exchanged(story: Story) -> None:
    request(story, "exchange")
    arrive(story)


WAYS: dict[str, Way] = {
    "credited": credit,
    "credited and paid": credited_and_paid,
    "drafted for money": create,
    "drafted for exchange": lambda story: create(story, "exchange"),
    "announced for money": request,
    "announced for exchange": lambda story: request(story, "exchange"),
    "returned for money": returned_for_money,
    "exchanged": exchanged,
    "replaced free": copy,
}
AGAIN: dict[str, Again] = {
    "credit": credit,
    "credit one": lambda story: credit(story, 1),
    "return": create,
    "exchange": lambda story: create(story, "exchange"),
    "exchange one": lambda story: create(story, "exchange", 1),
    "customer returns": request,
    "customer exchanges": lambda story: request(story, "exchange", 1),
    "copy": copy,
    "copy one": lambda story: copy(story, 1),
}


@pytest.mark.parametrize("again", AGAIN)
@pytest.mark.parametrize("way", WAYS)
@rule("R-21")
def test_a_piece_that_went_one_way_goes_no_other(way: str, again: str) -> None:
    story = brought_to("delivered")
    WAYS[way](story)
    before = story.order

    decision = AGAIN[again](story)

    assert code_of(decision) == "amount_exceeds"
    assert (story.order.returns, story.order.refunds, story.order.links) == (
        before.returns,
        before.refunds,
        before.links,
    )


@rule("R-21")
def test_an_exchange_of_credited_pieces_sends_no_goods() -> None:
    story = brought_to("delivered")
    credited_and_paid(story)

    decision = story.command(facts.CreateReturn((facts.ReturnLine(1, 1),), "exchange"))

    assert code_of(decision) == "amount_exceeds"
    assert "2 credited" in detail_of(decision)
    assert not story.order.exchanges


UNDONE: dict[str, tuple[Way, Way]] = {
    "a credit that is cancelled": (credit, lambda story: story.command(facts.CancelRefund(refund_id(story)))),
    "a return that is cancelled": (request, lambda story: story.command(facts.CancelReturn(newest(story).code))),
    "a return that expires": (request, lambda story: story.due("return")),
    "a return that is refused": (
        lambda story: (request(story), arrive(story, good=False)),
        lambda story: story.command(facts.RefuseReturn(newest(story).code, reason="worn")),
    ),
    "a copy that is voided": (
        copy,
        lambda story: story.other(story.order.links[-1]).command(desk.VoidOrder(reason="found")),
    ),
    "a copy that is cancelled": (
        lambda story: (copy(story), story.other(story.order.links[-1]).command(facts.ApproveOrder(reason="lost"))),
        lambda story: story.other(story.order.links[-1]).command(facts.CancelOrder(reason="customer_choice")),
    ),
}


@pytest.mark.parametrize("name", UNDONE)
@pytest.mark.parametrize("again", ["credit", "exchange", "customer returns", "copy"])
@rule("R-21", "X-21")
def test_a_way_that_came_to_nothing_leaves_its_pieces(name: str, again: str) -> None:
    story = brought_to("delivered")
    way, undo = UNDONE[name]
    way(story)
    undo(story)
    story.hub.drain_internal()

    assert ledger(story).left == 2
    assert code_of(AGAIN[again](story)) is None


@rule("F-06", "R-21", "A-83")
def test_a_returned_piece_whose_refund_was_cancelled_is_credited_once_and_not_returned_again() -> None:
    story = brought_to("delivered", lines=(line(1, 3),))
    request(story, quantity=1)
    story.hub.policy = changed_policy(story, refund_automatic=False)
    arrive(story, 1)
    story.command(facts.CancelRefund(refund_id(story)))

    assert (ledger(story).left, ledger(story).creditable) == (2, 3)
    assert code_of(credit(story, 1)) is None
    assert (ledger(story).left, ledger(story).creditable) == (2, 2)
    assert code_of(request(story, quantity=3)) == "amount_exceeds"
    assert code_of(credit(story, 2)) is None
    assert pieces.faults(story.order) == []


def changed_policy(story: Story, **fields: Any) -> Policy:
    return replace(story.hub.policy, **fields)


@rule("R-21")
def test_a_copy_of_the_whole_order_holds_what_is_left() -> None:
    story = brought_to("delivered", lines=(line(1, 3), line(2, 1)))
    credit(story, 1)
    story.command(facts.CreateReturn((facts.ReturnLine(2, 1),)))

    copy(story)

    other = story.other(story.order.links[-1])
    assert [(each.line, each.quantity) for each in other.order.lines] == [(1, 2)]
    assert (ledger(story).left, ledger(story, 2).left) == (0, 0)


@rule("R-21", "A-84")
def test_a_copy_never_replaces_more_than_it_was_opened_for() -> None:
    story = brought_to("delivered")
    copy(story, 1)
    other = story.other(story.order.links[-1])

    decision = other.command(desk.ModifyOrder(change=(desk.LineQuantity(1, 2),)))

    assert code_of(decision) == "amount_exceeds"


# -- receipts and requests have numbers -------------------------------------------------------------------------------


@rule("R-20", "A-81")
def test_two_receipts_of_one_moment_are_two_parcels() -> None:
    story = brought_to("delivered")
    request(story)
    code, at = newest(story).code, story.now()
    parcel = facts.ReturnReceived(code, (facts.ReceivedLine(1, 1),))

    for name in ("b", "a"):
        story.hub.take(story.id, received(parcel, name, at))

    assert [entry.received for entry in newest(story).lines] == [2]
    assert [refund.amount for refund in story.order.refunds] == [5000]


@pytest.mark.parametrize("later", [0, 1, 90])
@rule("R-20", "O-39")
def test_a_receipt_that_comes_again_under_another_id_counts_once(later: int) -> None:
    story = brought_to("delivered")
    request(story)
    code, at = newest(story).code, story.now()
    parcel = facts.ReturnReceived(code, (facts.ReceivedLine(1, 1),), receipt_id="GR-1")
    story.hub.take(story.id, received(parcel, "first", at))

    again = story.hub.take(story.id, received(parcel, "again", at + timedelta(minutes=later)))

    assert again[0].outcome is Outcome.LATE
    assert [entry.received for entry in newest(story).lines] == [1]


@rule("R-20")
def test_a_receipt_that_a_person_has_counted_already_counts_once() -> None:
    story = brought_to("delivered")
    request(story)
    pieces_ = (facts.ReceivedLine(1, 1),)
    by_hand = facts.ReceiveReturn(newest(story).code, pieces_, receipt_id="GR-1")
    story.command(by_hand)

    told = arrive(story, 1, "GR-1")
    again = story.command(by_hand)

    assert told.outcome is Outcome.LATE
    assert code_of(again) == "duplicate"
    assert [entry.received for entry in newest(story).lines] == [1]


@rule("R-20", "A-82")
def test_a_receipt_that_names_other_pieces_the_second_time_is_a_persons_matter() -> None:
    story = brought_to("delivered")
    request(story)
    arrive(story, 1, "GR-1")

    arrive(story, 2, "GR-1")
    again = arrive(story, 2, "GR-1")

    assert story.alerts == ["receipt_differs"]
    assert "receipt_differs" in ADVICE
    assert again.outcome is Outcome.LATE
    assert [entry.received for entry in newest(story).lines] == [1]


@rule("R-22", "A-81")
def test_two_requests_of_one_moment_are_two_returns() -> None:
    story = brought_to("delivered")
    at, wanted = story.now(), facts.ReturnRequested((facts.ReturnLine(1, 1),))

    for name in ("b", "a"):
        story.hub.take(story.id, received(wanted, name, at))

    assert [each.state for each in story.order.returns] == ["awaiting_receipt"] * 2


@rule("R-22", "O-39")
def test_a_request_that_comes_again_under_another_id_opens_one_return() -> None:
    story = brought_to("delivered")
    request(story, quantity=1, number="W-1")

    again = request(story, quantity=1, number="W-1")
    other = request(story, quantity=2, number="W-1")

    assert again.outcome is Outcome.LATE
    assert code_of(other) == "duplicate"
    assert len(story.order.returns) == 1


def searched() -> tuple[Story, str]:
    """An order of three pieces that the reorder desk looks for."""
    story = brought_to("availability_requested", lines=(line(1, 3),))
    story.tell(story.reported("anomaly"))
    story.command(facts.CreateFlash((facts.FulfilledLine(1, 3),)))
    flash = story.order.flashes[0].id
    story.command(facts.SendFlash(flash))
    return story, flash


@rule("R-20", "L-05", "A-81")
def test_two_finds_of_one_moment_both_count() -> None:
    story, flash = searched()
    at, find = story.now(), facts.FlashFulfilled(flash, (facts.FulfilledLine(1, 1),))

    for name in ("b", "a"):
        story.hub.take(story.id, received(find, name, at))

    assert [each.found for each in story.order.flashes[0].lines] == [2]


@rule("R-20", "L-05", "A-82")
def test_a_find_that_comes_again_counts_once_and_other_pieces_are_a_persons_matter() -> None:
    story, flash = searched()
    find = facts.FlashFulfilled(flash, (facts.FulfilledLine(1, 1),), "F-1")
    story.tell(find)

    again = story.tell(find)
    other = [story.tell(changed(find, lines=(facts.FulfilledLine(1, 2),))).outcome for _ in range(2)]

    assert (again.outcome, other) == (Outcome.LATE, [Outcome.APPLIED, Outcome.LATE])
    assert [each.found for each in story.order.flashes[0].lines] == [1]
    assert "find_differs" in story.alerts


# -- the money of replaced pieces -------------------------------------------------------------------------------------


@pytest.mark.parametrize("replace_", [exchange, free_copy])
@rule("X-20", "F-40", "A-80")
def test_a_replacement_that_comes_back_is_paid_where_it_was_paid_for(replace_: Callable[[Story], Story]) -> None:
    story = brought_to("delivered")
    other = replace_(story)

    request(other, quantity=1)
    arrive(other, 1)

    asked = story.asked(requests.RefundRequested)
    assert asked is not None
    assert (asked.amount.amount, asked.payment_id) == (2500, "pay-1")
    (refund,) = story.order.refunds
    assert (refund.origin, refund.state, refund.replacement) == ("replacement", "approved", other.id)
    assert (other.order.refunds, other.alerts) == ((), [])
    assert not any(timer.kind == "origin" for timer in other.order.timers)
    told = [e.text for d in story.hub.decisions for e in d.events if isinstance(e, events.NoteAdded)]
    assert f"return {newest(other).code} is refunded on order N-1" in told


@pytest.mark.parametrize("second", [exchange, free_copy])
@pytest.mark.parametrize("first", [exchange, free_copy])
@rule("X-20", "F-40")
def test_the_money_is_found_over_several_replacements(
    first: Callable[[Story], Story], second: Callable[[Story], Story]
) -> None:
    story = brought_to("delivered")
    other = first(story)
    third = second(other)

    request(third, quantity=1)
    arrive(third, 1)

    assert [(refund.amount, refund.state) for refund in story.order.refunds] == [(2500, "approved")]
    assert (other.order.refunds, third.order.refunds, third.alerts) == ((), (), [])
    assert not [timer for each in (other, third) for timer in each.order.timers if timer.kind == "origin"]


@rule("X-20", "F-40")
def test_replaced_pieces_and_others_are_worth_their_line_together() -> None:
    cut = facts.OrderLine(line=1, sku="shirt-1-M", quantity=3, unit_price=400, discount=200)
    story = brought_to("delivered", lines=(cut,))
    other = exchange(story)
    credit(story, 1)
    request(other, quantity=1)
    arrive(other, 1)
    request(story, quantity=1)
    arrive(story, 1)

    assert [refund.amount for refund in story.order.refunds] == [333, 334, 333]
    assert ledger(story).left == 0


@rule("X-20")
def test_a_replacement_of_what_was_free_finds_no_money() -> None:
    story = Story()
    story.draft("support")
    story.command(facts.ApproveOrder(reason="as agreed"))
    deliver(story)
    other = exchange(story)

    request(other, quantity=1)
    arrive(other, 1)

    assert other.alerts == ["nothing_to_refund"]
    assert story.order.refunds == ()


@rule("X-20")
def test_an_origin_that_does_not_answer_is_told_of() -> None:
    story = brought_to("delivered")
    other = exchange(story)
    request(other, quantity=1)
    other.tell(facts.ReturnReceived(newest(other).code, (facts.ReceivedLine(1, 1),)))

    other.due("origin")

    assert other.alerts == ["origin_late"]


@rule("F-40", "F-06")
def test_money_of_a_replacement_that_a_person_denied_can_be_credited_instead() -> None:
    story = brought_to("delivered")
    other = exchange(story)
    story.hub.policy = changed_policy(story, refund_automatic=False)
    request(other, quantity=1)
    arrive(other, 1)
    story.command(facts.CancelRefund(refund_id(story)))

    assert code_of(credit(story, 2)) is None
    assert pieces.faults(story.order) == []


@rule("F-40", "A-20")
def test_the_fee_goes_with_a_replacement_as_with_any_return() -> None:
    story = brought_to("delivered")
    other = exchange(story, 2)

    other.tell(facts.ReturnRequested((facts.ReturnLine(1, 2),), refund_shipping=True))
    arrive(other, 2)

    assert [refund.amount for refund in story.order.refunds] == [5500]


@rule("F-40", "F-05")
def test_money_beyond_what_is_left_waits_for_a_person() -> None:
    story = brought_to("delivered")
    other = exchange(story, 2)
    story.command(desk.RequestRefund("goodwill", amount=4000, reason="late"))

    request(other)
    arrive(other)

    assert [(refund.amount, refund.state) for refund in story.order.refunds][1] == (1500, "requested")


def released(story: Story) -> Story:
    """An exchange order of both lines, released, of which the warehouse has one."""
    lines = (facts.ReturnLine(1, 1), facts.ReturnLine(2, 1))
    story.tell(facts.ReturnRequested(lines, "exchange"))
    story.hub.drain_internal()
    other = story.other(story.order.exchanges[0].order_id)
    other.tell(other.reported("available", "unavailable"))
    came = tuple(facts.ReceivedLine(number, 1) for number in (1, 2))
    story.tell(facts.ReturnReceived(newest(story).code, came))
    story.hub.drain_internal()
    return other


@rule("X-21", "X-22")
def test_exchanged_pieces_that_are_not_replaced_after_all_are_paid_back() -> None:
    story = brought_to("delivered", lines=(line(1, 1), line(2, 1, 700)))
    other = released(story)

    assert code_of(other.command(desk.ModifyOrder(remove=(2,)))) is None
    story.hub.drain_internal()

    assert [(refund.amount, refund.state) for refund in story.order.refunds] == [(700, "approved")]


@rule("X-22", "X-07")
def test_an_exchange_that_falls_through_pays_what_was_not_paid_before() -> None:
    story = brought_to("delivered", lines=(line(1, 1), line(2, 1, 700)))
    other = released(story)
    other.command(desk.ModifyOrder(remove=(2,)))
    story.hub.drain_internal()

    other.command(facts.CancelOrder(reason="customer_choice"))
    story.hub.drain_internal()

    assert [refund.amount for refund in story.order.refunds] == [700, 2500]
    assert pieces.faults(story.order) == []
    assert story.alerts == []


@rule("X-20", "S-02")
def test_a_replacement_that_was_split_still_knows_what_it_replaces() -> None:
    story = brought_to("delivered")
    copy(story, 2)
    other = story.other(story.order.links[-1])
    other.command(facts.ApproveOrder(reason="lost"))
    other.command(desk.SplitShipment((desk.LineQuantity(1, 1),), method="express"))
    for index in range(2):
        other.tell(other.available(index))
    for index in range(2):
        for fact in (other.picking, other.packed, other.handed_over, other.delivered):
            other.tell(fact(index))
    story.hub.drain_internal()

    other.tell(facts.ReturnRequested((facts.ReturnLine(2, 1),)))
    arrived = facts.ReturnReceived(newest(other).code, (facts.ReceivedLine(2, 1),))
    other.tell(arrived)
    story.hub.drain_internal()

    assert [(refund.amount, [p.line for p in refund.pieces]) for refund in story.order.refunds] == [(2500, [1])]


@rule("X-20")
def test_what_replaces_nothing_brings_no_money() -> None:
    story = brought_to("delivered")
    copy(story, 1)
    other = story.other(story.order.links[-1])
    other.command(desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),)))
    other.command(facts.ApproveOrder(reason="lost"))
    deliver(other)

    other.tell(facts.ReturnRequested((facts.ReturnLine(2, 1),)))
    other.tell(facts.ReturnReceived(newest(other).code, (facts.ReceivedLine(2, 1),)))
    story.hub.drain_internal()

    assert other.alerts == ["nothing_to_refund"]
    assert story.order.refunds == ()


@rule("X-20")
def test_an_exchange_released_before_replacements_were_written_down_still_finds_its_money() -> None:
    story = brought_to("delivered")
    other = exchange(story)
    story.hub.orders[story.id] = changed(story.order, replaced=())

    request(other, quantity=1)
    arrive(other, 1)

    assert [refund.amount for refund in story.order.refunds] == [2500]


def test_the_ledger_is_told_in_words() -> None:
    story = brought_to("delivered", lines=(line(1, 3),))
    credit(story, 1)
    create(story, "exchange", 1)

    assert pieces.told(ledger(story)) == "3 bought, 3 sent, 1 credited, 1 for exchange"
    assert pieces.left(story.order, 1) == 1
    assert pieces.left(story.order, 9) == 0


@rule("R-21", "F-21")
def test_a_cancelled_credit_that_is_paid_all_the_same_is_told_and_leaves_nothing_to_give() -> None:
    story = brought_to("delivered")
    credit(story)
    story.command(facts.CancelRefund(refund_id(story)))
    returned_for_money(story)

    refund = story.order.refunds[0]
    story.tell(facts.RefundExecuted("by-hand", refund.id, Money(refund.amount, "EUR")))

    assert story.order.refunds[0].state == "executed"
    assert story.alerts
    assert pieces.faults(story.order) == []
    assert code_of(credit(story, 1)) == "amount_exceeds"
