"""Drafts, free orders and what is noted of orders that belong together."""

from datetime import UTC, datetime

import pytest

from contracts import commands as desk
from domain.deciding.calendar import end_of_trial, next_working_morning
from domain.deciding.decision import Known, Outcome, Policy, StoreZone
from domain.deciding.values import changed
from domain.orders import events, facts, requests
from domain.orders.decide import receive
from domain.orders.order import Order, State
from tests.domain.story import Story, brought_to
from tests.domain.world import (
    ADDRESS,
    BEA,
    BOSS,
    CUSTOMER,
    ORDER,
    TWO_LINES,
    Hub,
    code_when,
    line,
    names,
    received,
    submitted,
    when,
)

DRAFT = desk.DraftOrder(
    number="N-1",
    store="lille",
    currency="EUR",
    customer=CUSTOMER,
    shipping_address=ADDRESS,
    lines=(line(),),
    shipping_fee=500,
)


def drafted() -> Order:
    return when(Order.shell(ORDER), DRAFT).after


@pytest.mark.rule("O-01", "EP-71")
def test_an_order_is_taken_down_on_the_phone_and_locked_for_its_agent() -> None:
    decision = when(Order.shell(ORDER), DRAFT)

    assert "O-01" in decision.rules
    assert decision.after.state is State.DRAFT
    assert decision.after.lock is not None
    assert {"OrderDrafted", "OrderLocked"} <= names(decision)
    assert "AuthorizationRequested" not in names(decision)


@pytest.mark.rule("O-02", "OMC-11")
def test_a_parked_draft_may_be_taken_up_by_another() -> None:
    parked = when(drafted(), desk.ParkCall())

    assert "O-02" in parked.rules
    assert {"CallParked", "OrderUnlocked"} <= names(parked)
    assert code_when(drafted(), desk.ModifyOrder(carrier="heron"), BEA) == "locked_by"
    assert code_when(parked.after, desk.ModifyOrder(carrier="heron"), BEA) is None
    assert code_when(parked.after, desk.ParkCall()) == "gate"


@pytest.mark.rule("O-03", "OMC-13")
def test_a_draft_is_handed_over() -> None:
    decision = when(drafted(), desk.TransferCall("bea"))

    assert "O-03" in decision.rules
    assert (decision.after.assignee, decision.after.lock) == ("bea", None)
    assert "CallTransferred" in names(decision)


@pytest.mark.rule("O-04", "OMC-06", "OMC-14")
@pytest.mark.parametrize("command", [desk.VoidOrder(), desk.VoidCall(), facts.CancelOrder(reason="wish")])
def test_a_draft_is_dropped_and_nothing_else(command: facts.Command) -> None:
    decision = when(drafted(), command)

    assert "O-04" in decision.rules
    assert decision.after.state is State.VOIDED
    assert "OrderVoided" in names(decision)
    assert code_when(brought_to(State.PAYMENT_PENDING).order, desk.VoidOrder()) == "gate"


@pytest.mark.rule("O-05", "OMC-11")
def test_a_draft_is_submitted_as_it_is_at_the_end_of_the_call() -> None:
    edited = when(drafted(), desk.ModifyOrder(carrier="heron")).after
    decision = when(edited, submitted())

    assert "O-05" in decision.rules
    assert decision.after.state is State.PAYMENT_PENDING
    assert {"OrderCreated", "OrderUnlocked", "AuthorizationRequested", "ScoreRequested"} <= names(decision)
    assert not any(timer.kind == "draft" for timer in decision.after.timers)
    assert code_when(decision.after, submitted()) == "duplicate"


@pytest.mark.rule("PEL-06", "A-29")
def test_a_free_order_is_approved_for_a_reason_and_a_paid_one_is_not() -> None:
    support = when(Order.shell(ORDER), submitted("support")).after

    assert code_when(support, facts.ApproveOrder()) == "reason_required"
    assert code_when(support, facts.ApproveOrder(reason="goodwill")) is None
    assert code_when(support, submitted()) == "gate"
    assert code_when(drafted(), facts.ApproveOrder(reason="x")) == "gate"


@pytest.mark.rule("OSM-73", "OSM-76", "OSM-77", "OSM-79", "OSM-80", "O-07", "A-43")
def test_a_free_copy_of_a_sent_order_is_drafted_linked_and_approved() -> None:
    hub = Hub()
    hub.orders[ORDER] = brought_to("delivered", lines=TWO_LINES).order
    hub.take(ORDER, received(desk.CreateZeroOrder((desk.LineQuantity(1, 1),), reason="lost"), "z", hub.now(), BOSS))
    hub.drain()
    (copy_id,) = set(hub.orders) - {ORDER}
    copy = hub.orders[copy_id]
    approved = hub.take(copy_id, received(facts.ApproveOrder(reason="lost"), "a", hub.now(), BOSS))[-1]
    hub.drain()

    assert (copy.kind, copy.state, copy.number) == ("zero", State.DRAFT, "N-1-Z1")
    assert (copy.total, [(each.quantity, each.price, each.base) for each in copy.lines]) == (0, [(1, 0, 1000)])
    assert copy.links == (ORDER,)
    assert hub.orders[ORDER].links == (copy_id,)
    assert approved.after.state is State.AVAILABILITY_REQUESTED
    assert {"OrderApproved", "NoteAdded", "EmailRequested"} <= names(approved)
    notes = [e.text for d in hub.decisions for e in d.events if isinstance(e, events.NoteAdded)]
    assert [text.rsplit(":")[0] for text in notes] == [
        "free copy N-1-Z1 drafted",
        "free copy of N-1",
        "free copy of N-1 approved",
        "free copy N-1-Z1 approved",
    ]


@pytest.mark.rule("OSM-74")
def test_a_free_copy_needs_goods_that_were_sent_and_a_reason() -> None:
    assert code_when(brought_to(State.SHIPPING).order, desk.CreateZeroOrder(reason="lost")) == "not_shipped"
    assert code_when(brought_to(State.SENT).order, desk.CreateZeroOrder()) == "reason_required"
    assert (
        code_when(brought_to(State.SENT).order, desk.CreateZeroOrder((desk.LineQuantity(1, 9),), reason="lost"))
        == "amount_exceeds"
    )


@pytest.mark.rule("OSM-78", "A-43")
def test_a_free_copy_is_edited_like_any_order_and_stays_free() -> None:
    hub = Hub()
    hub.orders[ORDER] = brought_to(State.DELIVERED).order
    hub.take(ORDER, received(desk.CreateZeroOrder(reason="lost"), "z", hub.now(), BOSS))
    hub.drain()
    copy = next(order for order in hub.orders.values() if order.kind == "zero")
    edited = when(copy, desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),))).after

    assert (len(edited.lines), edited.total) == (2, 0)
    assert code_when(copy, desk.ChangePrice((desk.PriceCut(1, 10),))) == "gate"


@pytest.mark.rule("PEL-25")
def test_two_orders_know_of_each_other() -> None:
    hub = Hub()
    hub.orders[ORDER] = brought_to(State.DELIVERED).order
    hub.orders["other"] = brought_to(State.SENT).order
    hub.take(ORDER, received(desk.LinkOrder("other"), "l", hub.now(), BOSS))
    hub.drain()

    assert (hub.orders[ORDER].links, hub.orders["other"].links) == (("other",), (ORDER,))
    assert code_when(hub.orders[ORDER], desk.LinkOrder("other")) == "duplicate"
    assert code_when(hub.orders[ORDER], desk.LinkOrder(hub.orders[ORDER].id)) == "gate"


@pytest.mark.rule("OMC-35", "A-35", "TRV-24")
def test_an_e_mail_sent_again_is_a_new_numbered_request() -> None:
    first = when(brought_to(State.SENT).order, desk.ResendEmail())
    second = when(first.after, desk.ResendEmail())

    mails = [next(r for r in d.requests if isinstance(r, requests.EmailRequested)) for d in (first, second)]
    assert [mail.resend for mail in mails] == [1, 2]
    assert mails[0].request_id != mails[1].request_id
    assert code_when(drafted(), desk.ResendEmail()) == "gate"


@pytest.mark.rule("OSM-55", "OSM-56", "A-38")
def test_an_items_correction_is_asked_for_and_counts_from_the_next_working_morning() -> None:
    policy = Policy(time_zone="Europe/Paris", holidays=("2026-03-02",))
    order = brought_to(State.SENT).order
    asked = receive(order, received(desk.CorrectItem("shirt-1", reason="too heavy"), "c", actor=BOSS), Known(policy))[
        -1
    ]
    done = when(asked.after, facts.ItemCorrected("shirt-1"))

    event = next(e for e in asked.events if isinstance(e, events.ItemCorrectionAsked))
    assert event.effective_at == datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
    assert "ItemCorrectionRequested" in names(asked)
    assert "OSM-56" in done.rules
    assert not any(timer.kind == "correction" for timer in done.after.timers)
    assert when(order, facts.ItemCorrected("shirt-1")).outcome is Outcome.LATE
    assert code_when(order, desk.CorrectItem("shirt-1")) == "reason_required"


@pytest.mark.rule("A-38")
def test_a_working_morning_is_one_in_the_stores_own_zone() -> None:
    policy = Policy(store_zones=(StoreZone("nyc", "America/New_York"),))
    friday = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)

    assert next_working_morning(policy, "nyc", friday) == datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    assert next_working_morning(policy, "lille", friday) == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.mark.rule("PEL-21", "A-37")
def test_a_home_trial_ends_with_its_thirtieth_day_in_the_stores_zone() -> None:
    policy = Policy(time_zone="Europe/Paris")
    order = brought_to(State.DELIVERED).order
    assert order.delivered_at is not None
    end = end_of_trial(policy, "lille", order.delivered_at)
    back = facts.CreateReturn((facts.ReturnLine(1, 1, "home_trial"),))
    in_time = receive(order, received(back, "r", end, BOSS), Known(policy))[-1]
    early = receive(order, received(back, "r", datetime(2026, 3, 31, 21, 59, tzinfo=UTC), BOSS), Known(policy))[-1]

    assert end == datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
    assert (early.outcome, in_time.outcome) == (Outcome.APPLIED, Outcome.REFUSED)


def test_a_calendar_that_cannot_be_counted_in_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone 'Mars/Base'"):
        Policy(time_zone="Mars/Base")
    with pytest.raises(ValueError, match="working days"):
        Policy(working_days=())


@pytest.mark.rule("O-05")
def test_a_draft_that_is_submitted_keeps_its_kind_and_the_prices_that_its_agent_gave() -> None:
    story = Story()
    story.draft()
    story.command(desk.ChangePrice((desk.PriceCut(1, 50),)))
    story.command(desk.ModifyOrder(shipping_discount_pct=100))

    story.command(changed(submitted("support"), lines=(line(1, 2), line(2, 1)), shipping_fee=500))

    assert (story.order.kind, story.order.state) == ("regular", "payment_pending")
    assert [each.price for each in story.order.lines] == [2500, 2500]
    assert story.order.total == 5000
