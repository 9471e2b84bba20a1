"""Exchanges, rule by rule: which article, and the order for it, which waits for the return."""

from dataclasses import replace

import pytest

from domain.orders import events, facts, requests
from tests.domain.story import WAYS, Story, brought_to
from tests.domain.world import BY_HAND, Hub, code_of, line

rule = pytest.mark.rule


def exchange(sku: str | None) -> facts.CreateReturn:
    return facts.CreateReturn((facts.ReturnLine(1, 2, exchange_sku=sku),), "exchange")


def confirmed(sku: str | None = "shirt-1-L") -> Story:
    """A delivered order whose goods are to come back for another article."""
    story = brought_to("delivered")
    story.command(exchange(sku))
    story.command(facts.ConfirmReturn(story.order.returns[0].code))
    story.hub.drain_internal()
    return story


def followed(story: Story) -> Story:
    """The story of the exchange order."""
    return story.other(story.order.exchanges[0].order_id)


@rule("PEL-11")
def test_another_article_is_sent_only_where_the_retailer_chose_so() -> None:
    strict, free = Story(), Story(Hub(replace(BY_HAND, exchange_scope="any")))
    for story in (strict, free):
        WAYS["delivered"](story)

    codes = [code_of(story.command(exchange("bottle-7"))) for story in (strict, free)]

    assert codes == ["not_same_product", None]
    assert code_of(strict.command(exchange("shirt-1-L"))) is None


@pytest.mark.parametrize(("chosen", "sent"), [("shirt-1-L", "shirt-1-L"), (None, "shirt-1-M")])
@rule("EP-45")
def test_the_chosen_article_is_sent_and_without_a_choice_the_returned_one(chosen: str | None, sent: str) -> None:
    story = confirmed(chosen)

    assert [(each.sku, each.quantity) for each in followed(story).order.lines] == [(sent, 2)]


@rule("X-01")
def test_a_confirmed_return_opens_the_exchange_order_free_approved_held_and_linked() -> None:
    story = brought_to("delivered")
    story.command(exchange("shirt-1-L"))
    before = story.order.exchanges

    decision = story.command(facts.ConfirmReturn(story.order.returns[0].code))
    story.hub.drain_internal()

    other = followed(story).order
    created = events.ExchangeCreated(story.order.returns[0].code, other.id)
    assert before == ()
    assert {created, events.OrderLinked(other.id, "exchange")} <= set(decision.events)
    assert (other.kind, other.total, other.holds) == ("exchange", 0, ("exchange",))
    told = {type(event) for each in story.hub.decisions if each.after.id == other.id for event in each.events}
    assert {events.OrderApproved, events.OrderHeld, events.OrderLinked} <= told
    assert (other.links, story.order.links) == ((story.id,), (other.id,))
    assert followed(story).asked(requests.AuthorizationRequested) is None


@rule("OSM-83")
def test_the_exchange_order_waits_at_confirmed_until_its_return_is_validated() -> None:
    story = confirmed()
    other = followed(story)

    other.tell(other.available())
    waits = (other.order.state, other.order.holds, other.asked(requests.ShipmentRelease))
    story.tell(facts.ReturnReceived(story.order.returns[0].code, (facts.ReceivedLine(1, 2),), validated=True))
    story.hub.drain_internal()

    assert waits == ("confirmed", ("exchange",), None)
    assert (other.order.state, other.order.holds) == ("confirmed", ())
    assert other.asked(requests.ShipmentRelease) is not None


def picked() -> tuple[Story, Story]:
    """An order that is returned, and its exchange order, which the warehouse picks though it is held."""
    story = confirmed()
    other = followed(story)
    other.tell(other.available())
    other.tell(other.picking())
    story.command(facts.CancelReturn(story.order.returns[0].code, reason="kept"))
    story.hub.drain_internal()
    return story, other


@rule("X-06", "O-37")
def test_a_held_exchange_order_that_was_picked_ends_with_its_return_once_its_goods_are_stopped() -> None:
    story, other = picked()
    waits = (other.order.state, other.order.holds)

    decision = other.tell(other.recall_accepted())
    story.hub.drain_internal()

    assert waits == ("picking", ("exchange", "recall"))
    assert (other.order.state, other.order.holds) == ("cancelled", ())
    assert "O-37" in decision.rules
    assert story.order.exchanges[0].answers == ("opened", "cancelled")


@rule("X-06", "H-06")
def test_a_held_exchange_order_that_was_packed_is_not_held_any_more_when_its_return_has_ended() -> None:
    story, other = picked()

    other.tell(other.packed())
    story.hub.drain_internal()

    assert (other.order.state, other.order.holds) == ("shipping", ())
    assert story.order.exchanges[0].answers == ("opened", "refused")


@rule("R-09", "O-21")
def test_an_exchange_order_whose_missing_line_did_not_come_back_is_confirmed_with_the_others() -> None:
    story = brought_to("delivered", lines=(line(1, 1), line(2, 1)))
    story.command(facts.CreateReturn((facts.ReturnLine(1, 1), facts.ReturnLine(2, 1)), "exchange"))
    code = story.order.returns[0].code
    story.command(facts.ConfirmReturn(code))
    story.hub.drain_internal()
    other = followed(story)
    other.tell(other.reported("available", "unavailable"))
    before = other.order.state

    story.tell(facts.ReturnReceived(code, (facts.ReceivedLine(1, 1),)))
    story.command(facts.CloseReturnShort(code))
    story.hub.drain_internal()

    asked = other.asked(requests.ShipmentRelease)
    assert (before, other.order.state) == ("processing", "confirmed")
    assert asked is not None
    assert [each.line for each in asked.lines] == [1]


@rule("R-09")
def test_the_warehouse_is_asked_for_fewer_missing_pieces_when_fewer_came_back() -> None:
    story = confirmed()
    other = followed(story)
    other.tell(other.reported("anomaly"))
    code = story.order.returns[0].code

    story.tell(facts.ReturnReceived(code, (facts.ReceivedLine(1, 1),)))
    story.command(facts.CloseReturnShort(code))
    story.hub.drain_internal()

    asked = other.asked(requests.AvailabilityRequested)
    assert asked is not None
    assert (other.order.state, asked.round) == ("availability_requested", 2)
    assert [each.quantity for each in asked.lines] == [1]
