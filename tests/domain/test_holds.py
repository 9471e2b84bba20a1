"""Holds, alerts and locks: who stops an order, who may let it go on, and who may edit it meanwhile."""

from datetime import timedelta

import pytest

from contracts import commands as desk
from domain.deciding.decision import Known, Outcome, Policy
from domain.deciding.received import Actor
from domain.orders import events, facts
from domain.orders.decide import receive
from domain.orders.order import Order, State
from domain.orders.view.waiting import waiting
from tests.domain.story import brought_to, held_exchange
from tests.domain.world import ADA, ORDER, START, authorized, code_when, due, names, placed, received, reported, when

CLERK = Actor("clerk", frozenset({"orders.manage"}), frozenset({"*"}))


def asked() -> Order:
    return brought_to(State.AVAILABILITY_REQUESTED).order


@pytest.mark.rule("H-01", "EP-09")
def test_a_person_holds_an_order_for_a_reason() -> None:
    decision = when(asked(), desk.HoldOrder(reason="the customer calls back"))

    assert "H-01" in decision.rules
    assert decision.after.holds == ("csr",)
    assert "OrderHeld" in names(decision)
    assert code_when(asked(), desk.HoldOrder()) == "reason_required"
    assert code_when(decision.after, desk.HoldOrder(reason="again")) == "duplicate"


@pytest.mark.rule("H-02", "H-04", "OMC-15", "OMC-16")
def test_a_suspended_order_is_resumed() -> None:
    suspended = when(asked(), desk.SuspendOrder(reason="odd addresses"))
    resumed = when(suspended.after, desk.ResumeOrder())

    assert (suspended.after.holds, "OrderSuspended" in names(suspended)) == (("suspended",), True)
    assert "H-04" in resumed.rules
    assert (resumed.after.holds, "OrderResumed" in names(resumed)) == ((), True)


@pytest.mark.rule("H-04", "H-08", "H-11", "S-06", "EP-10")
def test_goods_that_came_under_two_holds_go_out_when_the_last_one_is_off() -> None:
    held = when(when(asked(), desk.HoldOrder(reason="wait")).after, desk.SuspendOrder(reason="odd")).after
    confirmed = when(held, reported(held))
    one_off = when(confirmed.after, desk.ReleaseHold())
    free = when(one_off.after, desk.ResumeOrder())

    assert confirmed.after.state is State.CONFIRMED
    assert "H-04" in one_off.rules
    assert ["ShipmentRelease" in names(d) for d in (confirmed, one_off, free)] == [False, False, True]


@pytest.mark.rule("H-03", "H-05", "PEL-31")
def test_an_order_of_many_pieces_is_pushed_on_by_logistics_alone() -> None:
    policy = Policy(logistics_pieces=1)
    clear = when(brought_to("payment_pending").order, facts.FraudScored("clear")).after
    held = when(clear, authorized(clear), policy=policy)
    clerk = code_when(held.after, desk.ReleaseHold("logistics"), CLERK)
    pushed = when(held.after, desk.ReleaseHold("logistics"))

    assert "H-03" in held.rules
    assert (held.after.state, held.after.holds) == (State.APPROVED, ("logistics",))
    assert clerk == "scope"
    assert "H-05" in pushed.rules
    assert pushed.after.state is State.AVAILABILITY_REQUESTED
    assert waiting(held.after)[0].party == "logistics"


@pytest.mark.rule("H-09", "H-10", "OMC-28", "OMC-29", "OMC-31")
def test_a_blocking_alert_holds_the_order_until_it_is_cleared() -> None:
    flagged = when(asked(), desk.FlagAlert("odd", text="two orders in a minute"))
    confirmed = when(flagged.after, reported(flagged.after))
    cleared = when(confirmed.after, desk.ClearAlert("odd", reason="spoke to the customer"))

    assert {"H-09"} <= set(flagged.rules)
    assert flagged.after.holds == ("alert",)
    assert "ShipmentRelease" not in names(confirmed)
    assert "H-10" in cleared.rules
    assert (cleared.after.holds, "ShipmentRelease" in names(cleared)) == ((), True)
    assert code_when(flagged.after, desk.ReleaseHold("alert")) == "alert_uncleared"
    assert code_when(flagged.after, desk.ClearAlert("odd")) == "reason_required"
    assert code_when(flagged.after, desk.ClearAlert("other", reason="x")) == "gate"


@pytest.mark.rule("A-34")
def test_a_warning_holds_nothing() -> None:
    flagged = when(asked(), desk.FlagAlert("odd", blocking=False)).after

    assert flagged.holds == ()
    assert "ShipmentRelease" in names(when(flagged, reported(flagged)))


@pytest.mark.rule("A-15", "A-21")
def test_the_hold_of_an_exchange_is_its_returns_to_end() -> None:
    assert code_when(held_exchange().order, desk.ReleaseHold("exchange")) == "held"
    assert code_when(held_exchange().order, facts.CancelOrder(reason="wish")) == "held"
    assert code_when(asked(), desk.ReleaseHold("csr")) == "gate"


@pytest.mark.rule("K-01", "K-02", "K-03", "EP-24", "EP-25", "EP-33")
def test_one_agent_edits_while_others_read() -> None:
    locked = when(asked(), desk.LockOrder(), actor=ADA)
    again = when(locked.after, desk.LockOrder(), actor=ADA)
    note = facts.CommentOrder("called")

    assert "K-01" in locked.rules
    assert "OrderLocked" in names(locked)
    assert "K-02" in again.rules
    assert "OrderLocked" not in names(again)
    assert code_when(locked.after, desk.ModifyOrder(carrier="heron"), CLERK) == "locked_by"
    assert code_when(locked.after, desk.LockOrder(), CLERK) == "locked_by"
    assert code_when(locked.after, desk.ModifyOrder(carrier="heron"), ADA) is None
    assert code_when(locked.after, note, CLERK) is None


@pytest.mark.rule("A-22")
def test_a_lock_never_keeps_a_partners_fact_waiting() -> None:
    locked = when(asked(), desk.LockOrder(), actor=ADA).after

    assert when(locked, reported(locked)).after.state is State.CONFIRMED


@pytest.mark.rule("K-04", "K-05", "EP-27", "EP-28", "EP-30")
def test_a_lock_is_ended_by_its_owner_by_a_supervisor_or_by_time() -> None:
    locked = when(asked(), desk.LockOrder(), actor=ADA).after
    closed = when(locked, desk.UnlockOrder(reason="saved"), actor=ADA)
    forced = when(locked, desk.UnlockOrder(force=True))
    expired = due(locked, "lock")

    hows = [next(e for e in d.events if isinstance(e, events.OrderUnlocked)) for d in (closed, forced, expired)]
    assert [(e.owner, e.how) for e in hows] == [("ada", "saved"), ("ada", "forced"), ("ada", "expired")]
    assert "K-04" in closed.rules
    assert "K-05" in forced.rules
    assert [d.after.lock for d in (closed, forced, expired)] == [None, None, None]
    assert code_when(locked, desk.UnlockOrder(), CLERK) == "locked_by"
    assert code_when(locked, desk.UnlockOrder(force=True), CLERK) == "scope"
    assert code_when(asked(), desk.UnlockOrder()) == "gate"


@pytest.mark.rule("K-06", "EP-26", "EP-32")
def test_an_edit_of_an_older_version_never_applies() -> None:
    order = asked()
    stale = desk.ModifyOrder(carrier="heron", expected_version=order.version - 1)

    assert code_when(order, stale) == "stale_version"
    assert code_when(order, desk.ModifyOrder(carrier="heron", expected_version=order.version)) is None


@pytest.mark.rule("H-08")
def test_a_held_order_still_takes_its_money_and_its_verdict() -> None:
    order = receive(Order.shell(ORDER), received(placed()), Known())[-1].after
    held = when(order, desk.HoldOrder(reason="wait")).after
    scored = receive(held, received(facts.FraudScored("clear"), "f", START + timedelta(days=2)), Known())[-1].after
    paid = receive(scored, received(authorized(scored), "p", START + timedelta(days=3)), Known())[-1]

    assert paid.outcome is Outcome.APPLIED
    assert paid.after.state is State.APPROVED
    assert "AvailabilityRequested" in names(when(paid.after, desk.ReleaseHold()))
