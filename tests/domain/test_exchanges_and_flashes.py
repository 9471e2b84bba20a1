"""The exchange gate, its way back to the money, and the bounded search for missing pieces."""

import pytest

from contracts import commands as desk
from domain.deciding.decision import Decision, Outcome, Policy
from domain.deciding.received import Actor
from domain.orders import events, facts, requests
from domain.orders.goods.availability import request_id
from domain.orders.order import ExchangeState, LineState, Order, ReturnState, ShipmentState, State
from domain.orders.returns.exchange_orders import unmet
from domain.orders.view.actions import allowed
from tests.domain.story import EXCHANGES, brought_to, exchange_order, held_exchange
from tests.domain.world import (
    BOSS,
    SEARCHING,
    Hub,
    Script,
    alerts,
    due,
    exchange_released,
    line,
    names,
    placed,
    played,
    received,
    reported,
    when,
)

SHOWN = Policy(flash_automatic=True, flash_rounds=5)


def exchange_asked() -> Order:
    """An exchange order whose goods were asked of the warehouse."""
    return exchange_order(EXCHANGES["pending, asked"]()).order


def opened() -> Order:
    return played(Script(returned="all", exchange=True)).first(lambda order: order.exchanges)


def validated() -> Order:
    order = opened()
    return when(order, facts.ReturnReceived(order.returns[0].code, (facts.ReceivedLine(1, 1),))).after


def answered(order: Order, outcome: str) -> Decision[Order]:
    exchange = order.exchanges[0]
    return when(order, facts.ExchangeAnswered(exchange.order_id, exchange.rma_code, outcome))


@pytest.mark.rule("R-08", "X-04", "OSM-86")
def test_goods_that_came_back_release_the_exchange_order() -> None:
    order = opened()
    decision = when(order, facts.ReturnReceived(order.returns[0].code, (facts.ReceivedLine(1, 1),)))

    assert {"R-08", "X-04"} <= set(decision.rules)
    assert decision.after.exchanges[0].state is ExchangeState.RELEASED
    assert isinstance(decision.to_others[0].fact, facts.ReleaseExchange)


@pytest.mark.rule("X-05", "H-06")
def test_an_exchange_order_released_before_its_goods_are_there_goes_its_way() -> None:
    order = exchange_asked()
    decision = when(order, exchange_released(order))

    assert {"X-05", "H-06"} <= set(decision.rules)
    assert (decision.after.state, decision.after.holds) == (State.AVAILABILITY_REQUESTED, ())
    assert unmet(decision.after) == ("replacement available",)


@pytest.mark.rule("X-07")
def test_a_replacement_that_does_not_come_in_time_becomes_a_refund() -> None:
    order = exchange_asked()
    released = when(order, exchange_released(order)).after
    cancelled = due(released, "replacement")
    refund = answered(validated(), "cancelled")

    assert "X-07" in cancelled.rules
    assert cancelled.after.state is State.CANCELLED
    assert [m.fact.outcome for m in cancelled.to_others if isinstance(m.fact, facts.ExchangeAnswered)] == ["cancelled"]
    assert {"X-07", "R-07", "F-03"} <= set(refund.rules)
    assert refund.after.returns[0].outcome == "refund"
    assert len(refund.after.refunds) == 1


@pytest.mark.rule("X-09")
def test_an_exchange_is_done_when_its_order_is_delivered() -> None:
    decision = answered(validated(), "delivered")

    assert "X-09" in decision.rules
    assert decision.after.exchanges[0].state is ExchangeState.DONE


@pytest.mark.rule("X-02", "X-03")
def test_the_exchange_gate_says_what_is_missing() -> None:
    held = held_exchange().order
    asked = exchange_asked()
    shipment = asked.shipments[0]
    missing_line = (facts.ReportedLine(1, "anomaly"),)
    answer = facts.AvailabilityReported(
        request_id=request_id(asked.id, shipment.id, shipment.round), shipment_id=shipment.id, lines=missing_line
    )
    short = when(asked, answer).after
    flagged = when(held, desk.FlagAlert("odd")).after

    assert unmet(held) == ("returned goods received and accepted",)
    assert (short.state, unmet(short)) == (
        State.PROCESSING,
        ("returned goods received and accepted", "replacement available"),
    )
    assert "no other hold" in unmet(flagged)


@pytest.mark.rule("X-08", "A-14")
def test_an_uneven_exchange_is_a_refund_and_another_order() -> None:
    order = brought_to(State.DELIVERED).order
    other = facts.CreateReturn((facts.ReturnLine(1, 1, exchange_sku="hat-M"),), "exchange")

    refusal = when(order, other).refusal
    free = when(order, other, policy=Policy(exchange_scope="any"))

    assert refusal is not None
    assert "order.link" in str(refusal.hint)
    assert free.outcome is Outcome.APPLIED


def missing(status: str = "anomaly", stock: int | None = 5, policy: Policy = SHOWN) -> Order:
    asked = brought_to(State.AVAILABILITY_REQUESTED, lines=(line(),)).order
    return when(asked, reported(asked, status, stock), policy=policy).after


@pytest.mark.rule("S-05", "O-25", "OSM-11")
def test_a_line_that_is_not_there_keeps_its_shipment_waiting() -> None:
    asked = brought_to(State.AVAILABILITY_REQUESTED).order
    decision = when(asked, reported(asked, "restocking"))

    assert "S-05" in decision.rules
    assert decision.after.state is State.PROCESSING
    assert decision.after.shipments[0].state is ShipmentState.AWAITING_AVAILABILITY
    assert decision.after.lines[0].state is LineState.RESTOCKING


@pytest.mark.rule("L-03", "L-04", "L-05", "OSM-59")
def test_a_search_is_accepted_and_found_pieces_are_asked_of_the_warehouse_again() -> None:
    order = missing()
    flash = order.flashes[0].id
    taken = when(order, facts.FlashAccepted(flash))
    found = when(taken.after, facts.FlashFulfilled(flash, (facts.FulfilledLine(1, 1),)))

    assert "L-04" in taken.rules
    assert "L-05" in found.rules
    assert found.after.flashes[0].end == "found"
    assert [r.round for r in found.requests if isinstance(r, requests.AvailabilityRequested)] == [2]


@pytest.mark.rule("L-05", "H-11")
def test_found_pieces_of_a_held_order_are_asked_for_after_the_release() -> None:
    held = when(missing(), desk.HoldOrder(reason="wait")).after
    found = when(held, facts.FlashFulfilled(held.flashes[0].id, (facts.FulfilledLine(1, 1),)))

    assert "AvailabilityRequested" not in names(found)
    assert "AvailabilityRequested" in names(when(found.after, desk.ReleaseHold()))


@pytest.mark.rule("L-06", "O-28")
def test_what_the_desk_could_not_find_is_remembered_and_not_searched_again_by_itself() -> None:
    order = missing()
    refused = when(order, facts.FlashRefused(order.flashes[0].id))
    later = when(refused.after, reported(refused.after, "anomaly", 9), policy=SHOWN)

    assert {"L-06", "O-28"} <= set(refused.rules)
    assert alerts(refused) == {"out_of_stock"}
    assert refused.after.flashes[0].end == "refused"
    assert [each.sku for each in refused.after.unfound] == ["shirt-1-M"]
    assert len(later.after.flashes) == 1


@pytest.mark.rule("L-06")
@pytest.mark.parametrize(
    ("command", "end"),
    [
        (facts.CancelOrder(reason="single_line_out_of_stock"), "cancelled"),
        (desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),), remove=(1,)), "removed"),
    ],
)
def test_a_search_without_a_find_ends_in_a_word(command: facts.Command, end: str) -> None:
    order = missing()
    refused = when(order, facts.FlashRefused(order.flashes[0].id, substitute="shirt-9-M")).after
    decision = when(refused, command)

    assert refused.flashes[0].end == "substitute_proposed"
    assert decision.after.flashes[0].end == end
    assert end in [e.end for e in decision.events if isinstance(e, events.FlashChanged)]


@pytest.mark.rule("L-06")
def test_a_search_ends_split_when_its_line_travels_apart() -> None:
    order = brought_to("processing", lines=(line(1, 1, 1000), line(2, 1, 700)), policy=SEARCHING).order
    refused = when(order, facts.FlashRefused(order.flashes[0].id)).after
    decision = when(refused, desk.SplitShipment((desk.LineQuantity(1, 1),), method="express"))

    assert decision.after.flashes[0].end == "split"


@pytest.mark.rule("R-03", "EP-40", "EP-43", "EP-46", "EP-50")
def test_digital_lines_come_back_without_a_parcel_and_are_never_exchanged() -> None:
    hub = Hub()
    hub.take("d", received(placed(line(kind="digital"))))
    hub.take("d", received(facts.FraudScored("clear"), "f"))
    asked = next(r for _, r in hub.asked if isinstance(r, requests.AuthorizationRequested))
    hub.take("d", received(facts.PaymentAuthorized(asked.request_id, "p", asked.amount), "p"))
    capture = next(r for _, r in hub.asked if isinstance(r, requests.CaptureRequested))
    hub.take("d", received(facts.PaymentCaptured(capture.request_id, "p", capture.amount), "c"))
    drafted = when(hub.orders["d"], facts.CreateReturn((facts.ReturnLine(1, 1),))).after
    decision = when(drafted, facts.ConfirmReturn(drafted.returns[0].code))
    exchange = when(hub.orders["d"], facts.CreateReturn((facts.ReturnLine(1, 1),), "exchange"))

    assert {"R-03", "R-07"} <= set(decision.rules)
    assert decision.after.returns[0].state is ReturnState.VALIDATED
    assert exchange.refusal is not None
    assert exchange.refusal.code == "no_exchange_digital"


@pytest.mark.rule("R-05", "R-04")
def test_a_return_in_two_parcels_is_complete_with_the_second() -> None:
    announced = played(Script(lines=((2, 500),), returned="all")).first(lambda order: order.returns)
    code = announced.returns[0].code
    part = when(announced, facts.ReturnReceived(code, (facts.ReceivedLine(1, 1),)))
    rest = Hub(orders={part.after.id: part.after})
    done = rest.take(part.after.id, received(facts.ReturnReceived(code, (facts.ReceivedLine(1, 1),)), "second"))[-1]

    assert (part.after.returns[0].state, "R-04" in part.rules) == (ReturnState.PARTIALLY_RECEIVED, True)
    assert "R-05" in done.rules
    assert done.after.refunds[0].amount == 1000


@pytest.mark.rule("EP-07", "OMC-36")
def test_what_may_be_done_follows_from_state_holds_lock_and_scopes() -> None:
    def commands(order: Order, actor: Actor | None = None) -> set[str]:
        return {action.command for action in allowed(order, actor)}

    confirmed, sent = brought_to(State.CONFIRMED).order, brought_to(State.SENT).order
    clerk = Actor("clerk", frozenset({"orders.manage"}), frozenset({"lille"}))
    elsewhere = Actor("clerk", frozenset({"orders.manage"}), frozenset({"paris"}))

    assert {"order.recall", "email.resend"} <= commands(confirmed)
    assert not {"order.cancel", "order.modify", "refund.approve", "return.create"} & commands(confirmed)
    assert {"return.create", "order.zero.create"} <= commands(sent)
    assert "order.recall" not in commands(confirmed, clerk)
    assert commands(confirmed, elsewhere) == set()
    assert not {"order.cancel", "order.modify"} & commands(held_exchange().order)
    assert allowed(Order.shell("x"), BOSS) == ()
