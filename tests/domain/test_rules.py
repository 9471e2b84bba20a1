"""The rules one by one: an order in a state, a fact, and what comes out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from domain.deciding.decision import Known, Outcome, Policy
from domain.deciding.received import Actor
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.decide import receive
from domain.orders.facts import Fact
from domain.orders.order import Alert, Order, RefundState, ReturnState, State
from tests.domain.story import ORDERS, brought_to, held_exchange
from tests.domain.world import (
    BOSS,
    ORDER,
    START,
    Hub,
    Script,
    alerts,
    authorized,
    due,
    exchange_called_off,
    exchange_released,
    line,
    names,
    placed,
    played,
    received,
    reported,
    submitted,
    when,
)

Make = Callable[[Order], Fact]


@dataclass(frozen=True)
class Case:
    """Rules: from this order, with this fact, to that state, with these events and requests among others."""

    rules: tuple[str, ...]
    order: Callable[[], Order]
    fact: Make
    state: State
    made: frozenset[str] = frozenset()
    alert: str | None = None


def case(
    rules: str, order: Callable[[], Order], fact: Make, state: State, *made: str, alert: str | None = None
) -> Case:
    return Case(tuple(rules.split()), order, fact, state, frozenset(made), alert)


def picking(order: Order) -> Fact:
    return facts.PickingStarted(order.shipments[0].id)


def pending() -> Order:
    return brought_to(State.PAYMENT_PENDING).order


def refused_twice() -> Order:
    return ORDERS["payment_pending, last try"]().order


def in_doubt() -> Order:
    return brought_to(State.RISK_REVIEW).order


def asked_customer() -> Order:
    return brought_to(State.RISK_FOLLOW_UP).order


def short() -> Order:
    asked = brought_to(State.AVAILABILITY_REQUESTED).order
    return when(asked, reported(asked, "restocking")).after


def refused(order: Order) -> Fact:
    return facts.PaymentRefused(authorized(order).request_id)


S = State
CASES = [
    case("O-06", lambda: Order.shell(ORDER), lambda o: placed(), S.PAYMENT_PENDING, "OrderCreated", "ScoreRequested"),
    case("O-05", lambda: Order.shell(ORDER), lambda o: submitted(), S.PAYMENT_PENDING, "AuthorizationRequested"),
    case(
        "O-07 O-19 S-03",
        lambda: when(Order.shell(ORDER), submitted("support")).after,
        lambda o: facts.ApproveOrder(reason="broken on arrival"),
        S.AVAILABILITY_REQUESTED,
        "OrderApproved",
        "AvailabilityRequested",
    ),
    case("O-09 P-01", pending, authorized, S.RISK_REVIEW, "OrderRiskReview", "PaymentChanged"),
    case("O-10", pending, lambda o: facts.FraudScored("review"), S.PAYMENT_PENDING, alert="fraud"),
    case("O-10", pending, lambda o: facts.FraudScored("invented"), S.PAYMENT_PENDING, alert="fraud"),
    case(
        "O-08 O-19",
        lambda: when(pending(), facts.FraudScored("clear")).after,
        authorized,
        S.AVAILABILITY_REQUESTED,
        "OrderApproved",
    ),
    case("O-11 P-01", pending, refused, S.PAYMENT_PENDING, "PaymentChanged", "EmailRequested"),
    case("O-12", refused_twice, refused, S.CANCELLED, "OrderCancelled", "EmailRequested"),
    case(
        "O-13 O-19",
        lambda: brought_to(S.RISK_REVIEW).order,
        lambda o: facts.FraudScored("clear"),
        S.AVAILABILITY_REQUESTED,
        "OrderApproved",
    ),
    case(
        "O-14 O-19", in_doubt, lambda o: facts.ApproveOrder(), S.AVAILABILITY_REQUESTED, "FraudCleared", "AlertCleared"
    ),
    case("O-15", in_doubt, lambda o: facts.FollowUpOrder(), S.RISK_FOLLOW_UP, "OrderFollowUp", "EmailRequested"),
    case("O-16", asked_customer, lambda o: facts.CustomerAnswered("it was me"), S.RISK_REVIEW, "OrderRiskReview"),
    case(
        "O-18",
        in_doubt,
        lambda o: facts.CancelOrder(reason="fraud_proven"),
        S.CANCELLED,
        "FraudConfirmed",
        "VoidRequested",
    ),
    case(
        "O-21 S-04 S-06", lambda: brought_to(S.AVAILABILITY_REQUESTED).order, reported, S.CONFIRMED, "ShipmentRelease"
    ),
    case("O-21 S-04", short, reported, S.CONFIRMED, "OrderConfirmed", "AlertCleared"),
    case(
        "O-25",
        lambda: brought_to(S.AVAILABILITY_REQUESTED).order,
        lambda o: reported(o, "anomaly"),
        S.PROCESSING,
        alert="stock",
    ),
    case(
        "O-27",
        short,
        lambda o: facts.CancelOrder(reason="customer_choice"),
        S.CANCELLED,
        "VoidRequested",
        "AvailabilityCancelled",
        "EmailRequested",
    ),
    case("O-27", pending, lambda o: facts.CancellationRequested(), S.CANCELLED, "OrderCancelled"),
    case("O-29 S-07", lambda: brought_to(S.CONFIRMED).order, picking, S.PICKING, "OrderPicking", "ShipmentChanged"),
    case("O-30", lambda: held_exchange().order, picking, S.PICKING, "RecallRequested", alert="picked_while_held"),
    case(
        "O-31 S-08",
        lambda: brought_to(S.PICKING).order,
        lambda o: facts.ParcelPacked(o.shipments[0].id),
        S.SHIPPING,
        "OrderShipping",
        "ShipmentChanged",
    ),
    case(
        "O-32 S-09 P-04",
        lambda: brought_to(S.SHIPPING).order,
        lambda o: facts.ShipmentHandedOver(o.shipments[0].id, "c", "T"),
        S.SENT,
        "ShipmentChanged",
        "CaptureRequested",
        "EmailRequested",
    ),
    case(
        "O-33 S-11",
        lambda: brought_to(S.SENT).order,
        lambda o: facts.CarrierDelivered("T-1", None, o.shipments[0].id),
        S.DELIVERED,
        "OrderDelivered",
        "ShipmentChanged",
    ),
    case(
        "O-34",
        lambda: brought_to(S.SENT).order,
        lambda o: facts.CarrierException("T-1", None, o.shipments[0].id),
        S.SENT,
        alert="carrier",
    ),
    case(
        "O-36 H-06 S-06",
        lambda: held_exchange().order,
        exchange_released,
        S.CONFIRMED,
        "OrderHoldReleased",
        "ShipmentRelease",
    ),
    case("O-37", lambda: held_exchange().order, exchange_called_off, S.CANCELLED, "OrderCancelled"),
    case(
        "O-40",
        lambda: when(short(), facts.CancelOrder(reason="x")).after,
        picking,
        S.CANCELLED,
        alert="shipped_after_cancel",
    ),
    case(
        "O-38",
        lambda: brought_to(S.CONFIRMED).order,
        lambda o: facts.CarrierDelivered("T-1"),
        S.DELIVERED,
        "OrderSent",
        "CaptureRequested",
        "OrderDelivered",
    ),
]


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=f"{case.rules[0]}-{case.state}", marks=pytest.mark.rule(*case.rules)) for case in CASES],
)
def test_a_rule_takes_its_order_where_the_table_says(case: Case) -> None:
    order = case.order()

    decision = when(order, case.fact(order))

    assert decision.outcome is Outcome.APPLIED
    assert decision.after.state is case.state
    assert {*case.rules} - {*decision.rules} <= {"O-34", "O-38"}
    assert case.made <= names(decision)
    assert case.alert is None or case.alert in alerts(decision)
    assert decision.after.version == order.version + 1


@pytest.mark.rule("O-38", "S-07", "S-08", "S-09", "S-11")
def test_skipped_states_are_marked_inferred_and_the_real_one_is_not() -> None:
    decision = when(brought_to(State.CONFIRMED).order, facts.CarrierDelivered("T-1"))

    moves = [(e.state, e.inferred) for e in decision.events if isinstance(e, events.ShipmentChanged)]
    assert moves == [("picking", True), ("packed", True), ("sent", True), ("delivered", False)]


@pytest.mark.rule("O-12")
def test_a_cheque_that_does_not_come_ends_the_order() -> None:
    order = brought_to("payment_pending", method="cheque").order

    decision = due(order, "cheque")

    assert decision.after.state is State.CANCELLED
    assert "O-12" in decision.rules


@pytest.mark.rule("O-17")
def test_a_customer_who_does_not_answer_is_a_persons_matter() -> None:
    decision = due(asked_customer(), "follow_up")

    assert (decision.after.state, alerts(decision)) == (State.RISK_FOLLOW_UP, {"no_answer"})


@pytest.mark.rule("O-20", "S-14", "P-04")
def test_an_order_with_nothing_to_ship_is_completed_and_its_money_taken() -> None:
    hub = Hub()
    hub.take(ORDER, received(placed(line(kind="digital"))))
    hub.take(ORDER, received(facts.FraudScored("clear"), "e-2"))
    (decision,) = hub.take(ORDER, received(authorized_for(hub), "e-3"))

    assert decision.after.state is State.COMPLETED
    assert {"CaptureRequested", "OrderCompleted"} <= names(decision)


def authorized_for(hub: Hub) -> Fact:
    asked = next(r for _, r in hub.asked if isinstance(r, requests.AuthorizationRequested))
    return facts.PaymentAuthorized(asked.request_id, "p-1", asked.amount)


@pytest.mark.rule("O-35", "F-05", "F-07")
def test_an_order_is_closed_only_when_nothing_is_open() -> None:
    play = played(Script(returned="all"))
    announced = play.first(lambda order: order.returns)

    waits = due(announced, "closing").after
    received_back = when(waits, facts.ReturnReceived(waits.returns[0].code, (facts.ReceivedLine(1, 1),))).after
    refund = received_back.refunds[0]
    paid = next(r for _, r in play.hub.asked if isinstance(r, requests.RefundRequested))
    closed = when(received_back, facts.RefundExecuted(paid.request_id, refund.id, paid.amount))

    assert waits.state is State.DELIVERED
    assert received_back.state is State.DELIVERED
    assert closed.after.state is State.COMPLETED


@pytest.mark.rule("A-26")
def test_a_blacklisted_customer_is_always_reviewed() -> None:
    blacklisted = changed(placed(), customer=changed(placed().customer, status="blacklisted"))
    order = when(Order.shell(ORDER), blacklisted).after
    scored = when(order, facts.FraudScored("clear")).after

    assert when(scored, authorized(scored)).after.state is State.RISK_REVIEW


@pytest.mark.rule("EP-61", "A-26")
def test_a_disabled_customer_gets_no_order() -> None:
    disabled = changed(placed(), customer=changed(placed().customer, status="disabled"))
    shell = Order.shell(ORDER)

    decision = when(shell, disabled)

    assert decision.refusal is not None
    assert (decision.outcome, decision.refusal.code, decision.after) == (Outcome.REFUSED, "customer_blocked", shell)


@pytest.mark.rule("F-03", "R-07", "A-20")
def test_the_last_refund_takes_the_remainder_of_price_and_shipping() -> None:
    order = brought_to("delivered", lines=(line(1, 3, 1000),)).order
    order = changed(order, lines=(changed(order.lines[0], price=1000),))
    for _ in range(3):
        wanted = facts.ReturnRequested((facts.ReturnLine(1, 1),), refund_shipping=True)
        number = len(order.returns)
        at_time = START + timedelta(days=2 + number)
        order = receive(order, received(wanted, f"r-{number}", at_time), Known())[-1].after
        arrived = facts.ReturnReceived(order.returns[-1].code, (facts.ReceivedLine(1, 1),))
        order = receive(order, received(arrived, f"a-{number}", at_time), Known())[-1].after

    assert [refund.amount for refund in order.refunds] == [333 + 167, 334 + 167, 333 + 166]
    assert sum(refund.amount for refund in order.refunds) == 1500


@pytest.mark.rule("F-04", "F-06", "A-16")
@pytest.mark.parametrize("policy", [Policy(refund_automatic=False), Policy(refund_cap=100)])
def test_a_refund_that_is_not_automatic_waits_for_its_approval(policy: Policy) -> None:
    play = played(Script(returned="all"))
    announced = play.first(lambda order: order.returns)
    arrived = facts.ReturnReceived(announced.returns[0].code, (facts.ReceivedLine(1, 1),))
    waits = when(announced, arrived, policy=policy).after

    approved = when(waits, facts.ApproveRefund(waits.refunds[0].id), policy=policy)
    cancelled = when(waits, facts.CancelRefund(waits.refunds[0].id), policy=policy)

    assert waits.refunds[0].state is RefundState.REQUESTED
    assert "F-04" in approved.rules
    assert "RefundRequested" in names(approved)
    assert "F-06" in cancelled.rules
    assert cancelled.after.refunds[0].state is RefundState.CANCELLED


@pytest.mark.rule("R-04", "R-06", "R-09", "R-10", "R-11", "R-12", "R-14")
def test_a_return_may_come_short_late_or_with_too_much() -> None:
    play = played(Script(lines=((2, 500),), returned="all"))
    first = play.first(lambda order: order.returns)
    announced = changed(first, returns=(changed(first.returns[0], lines=(changed(first.returns[0].lines[0]),)),))
    code = announced.returns[0].code
    part = when(announced, facts.ReturnReceived(code, (facts.ReceivedLine(1, 1),))).after
    excess = when(announced, facts.ReturnReceived(code, (facts.ReceivedLine(1, 5),)))

    assert part.returns[0].state is ReturnState.PARTIALLY_RECEIVED
    assert when(part, facts.CloseReturnShort(code)).after.refunds[0].amount == 500
    assert due(announced, "return").after.returns[0].state is ReturnState.EXPIRED
    assert when(announced, facts.CancelReturn(code)).after.returns[0].state is ReturnState.CANCELLED
    assert alerts(excess) == {"excess"}
    assert excess.after.refunds[0].amount == 1000
    unsure = when(announced, facts.ReturnReceived(code, (facts.ReceivedLine(1, 2),), validated=False)).after
    assert when(unsure, facts.RefuseReturn(code, reason="worn")).after.returns[0].state is ReturnState.REFUSED
    assert when(unsure, facts.ValidateReturn(code)).after.refunds[0].amount == 1000


@pytest.mark.rule("X-06", "X-07")
def test_an_exchange_ends_with_its_return_or_turns_into_a_refund() -> None:
    play = played(Script(returned="all", exchange=True))
    opened = play.first(lambda order: order.exchanges)
    code = opened.returns[0].code

    ended = when(opened, facts.CancelReturn(code))
    switched = when(opened, facts.SwitchReturnOutcome(rma_code=code))

    for decision in (ended, switched):
        assert isinstance(decision.to_others[0].fact, facts.CancelExchange)
    assert switched.after.returns[0].outcome == "refund"


@pytest.mark.rule("A-14", "OSM-84")
def test_an_exchange_for_another_product_is_refused_to_a_person_and_a_refund_for_a_shop() -> None:
    order = brought_to(State.DELIVERED).order
    other = (facts.ReturnLine(1, 1, exchange_sku="hat-M"),)

    asked = when(order, facts.CreateReturn(lines=other, outcome="exchange"))
    online = when(order, facts.ReturnRequested(other, "exchange"))

    assert asked.refusal is not None
    assert asked.refusal.code == "not_same_product"
    assert online.after.returns[0].outcome == "refund"
    assert "NoteAdded" in names(online)


@pytest.mark.rule("L-01", "L-02", "L-03", "L-06", "L-07", "L-08", "L-09")
def test_a_flash_reorder_by_hand() -> None:
    by_hand = Policy(flash_automatic=False)
    asked = brought_to(State.AVAILABILITY_REQUESTED, lines=(line(),)).order
    missing = when(asked, reported(asked, "anomaly", 5), policy=by_hand).after
    drafted = when(missing, facts.CreateFlash(lines=(facts.FulfilledLine(1, 1),))).after
    flash = drafted.flashes[0].id
    edited = when(drafted, facts.RemoveFromFlash(flash_id=flash, lines=(1,)))
    sent = when(drafted, facts.SendFlash(flash_id=flash))
    cancelled = when(sent.after, facts.CancelFlash(flash_id=flash))

    assert edited.after.flashes[0].lines == ()
    assert "FlashRequested" in names(sent)
    assert alerts(due(sent.after, "flash")) == {"flash_late"}
    assert "FlashCancelRequested" in names(cancelled)
    assert alerts(when(cancelled.after, facts.FlashFulfilled(flash, (facts.FulfilledLine(1, 1),)))) == {
        "stock_arrived_unneeded"
    }
    assert when(sent.after, facts.FlashRefused(flash)).after.lines[0].state == "unavailable"


@pytest.mark.rule("H-08", "A-34")
def test_a_blocking_alert_stops_the_hubs_own_steps_but_no_fact() -> None:
    order = changed(brought_to(State.AVAILABILITY_REQUESTED).order, alerts=(Alert("logistics", blocking=True),))

    confirmed = when(order, reported(order))

    assert confirmed.after.state is State.CONFIRMED
    assert "ShipmentRelease" not in names(confirmed)


@pytest.mark.rule("P-04")
def test_a_refused_capture_raises_an_alert_and_leaves_the_order() -> None:
    story = brought_to(State.SHIPPING)
    story.each(story.handed_over)

    decision = story.tell(facts.PaymentRefused("any", operation="capture"))

    assert (decision.after.state, alerts(decision)) == (State.SENT, {"capture_failed"})


@pytest.mark.rule("R-13")
def test_an_unannounced_return_is_parked_and_told_of_once() -> None:
    order = brought_to(State.DELIVERED).order
    parked = when(order, facts.ReturnReceived("RMA-NONE", (facts.ReceivedLine(1, 1),)))
    told = due(parked.after, "parked")

    assert parked.outcome is Outcome.PARKED
    assert "unannounced_return" in alerts(told)
    assert due(told.after, "parked").outcome is Outcome.LATE


@pytest.mark.rule("EP-22")
def test_a_comment_enters_the_history_in_any_state() -> None:
    decision = when(brought_to("cancelled").order, facts.CommentOrder(text="called back"))

    assert names(decision) == {"NoteAdded", "CommandAccepted"}


REFUSALS = [
    ("", "unknown_order", lambda: Order.shell(ORDER), facts.CommentOrder(text="x"), BOSS),
    ("", "scope", short, facts.CancelOrder(reason="x"), None),
    (
        "EP-03",
        "scope",
        short,
        facts.CancelOrder(reason="x"),
        Actor("ann", frozenset({"orders.manage"}), frozenset({"paris"})),
    ),
    ("", "scope", in_doubt, facts.ApproveOrder(), Actor("ann", frozenset({"orders.manage"}), frozenset({"*"}))),
    ("K-06 EP-26", "stale_version", short, facts.CancelOrder(reason="x", expected_version=1), BOSS),
    ("OSM-32", "reason_required", short, facts.CancelOrder(), BOSS),
    ("OSM-36", "gate_confirmed", lambda: brought_to(State.CONFIRMED).order, facts.CancelOrder(reason="x"), BOSS),
    ("OSM-38", "packed", lambda: brought_to(State.SHIPPING).order, facts.CancelOrder(reason="x"), BOSS),
    ("", "held", lambda: held_exchange().order, facts.CancelOrder(reason="x"), BOSS),
    (
        "R-01",
        "not_shipped",
        lambda: brought_to(State.CONFIRMED).order,
        facts.CreateReturn(lines=(facts.ReturnLine(1, 1),)),
        BOSS,
    ),
    (
        "",
        "amount_exceeds",
        lambda: brought_to(State.SENT, lines=(line(),)).order,
        facts.CreateReturn(lines=(facts.ReturnLine(1, 2),)),
        BOSS,
    ),
    ("OSM-57", "no_stock", short, facts.CreateFlash(lines=(facts.FulfilledLine(1, 1),)), BOSS),
    ("", "duplicate", short, submitted(), BOSS),
    ("", "gate", lambda: brought_to(State.SENT).order, facts.ApproveOrder(), BOSS),
]


@pytest.mark.parametrize(
    ("code", "make", "command", "actor"),
    [pytest.param(code, *row, id=code, marks=pytest.mark.rule(*rules.split())) for rules, code, *row in REFUSALS],
)
def test_a_command_that_may_not_be_is_answered_with_its_code(
    code: str, make: Callable[[], Order], command: facts.Command, actor: Actor | None
) -> None:
    order = make()

    decision = receive(order, received(command, "c-1", START + timedelta(days=1), actor), Known())[0]

    assert decision.outcome is Outcome.REFUSED
    assert decision.refusal is not None
    assert decision.refusal.code == code
    assert decision.after is order
    (answer,) = decision.events
    assert isinstance(answer, events.CommandRejected)
    assert (answer.command_id, answer.client) == ("c-1", "test")


def test_the_checks_of_a_command_are_made_in_their_order() -> None:
    order = brought_to(State.CONFIRMED).order
    stale = facts.CancelOrder(expected_version=0)

    assert when(order, stale, actor=Actor("ann")).refusal.code == "scope"  # type: ignore[union-attr]
    assert when(order, stale).refusal.code == "stale_version"  # type: ignore[union-attr]
