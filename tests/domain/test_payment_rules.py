"""An order's payment: what it waits for, who may take it, and how often and how long it is tried."""

from datetime import timedelta

import pytest

from contracts import commands as desk
from domain.deciding.decision import Policy
from domain.orders import events, facts, requests
from domain.orders.money.balance import balance
from domain.orders.order import State
from domain.orders.view.waiting import waiting
from hub.settings import Settings
from tests.domain.story import CHEQUE, Story, brought_to
from tests.domain.world import ADDRESS, CUSTOMER, ORDER, Hub, alerts, code_of, line, money, placed, somebody

CLERK = somebody("orders.manage", "payment.cheque", name="clerk")
DEFAULTS = Policy()


def submitted(method: str) -> facts.SubmitOrder:
    """An order that an agent enters."""
    return facts.SubmitOrder(
        number="N-1",
        store="lille",
        currency="EUR",
        customer=CUSTOMER,
        shipping_address=ADDRESS,
        lines=(line(),),
        payment_method=method,
    )


@pytest.mark.parametrize(
    ("method", "message", "party", "deadline"),
    [
        pytest.param("card", "payment.authorized", "payment service", "payment", marks=pytest.mark.rule("OSM-06")),
        pytest.param("cheque", "cheque.received", "customer", "cheque", marks=pytest.mark.rule("OSM-07")),
    ],
)
def test_an_order_waits_for_its_bank_or_its_cheque_with_the_same_status(
    method: str, message: str, party: str, deadline: str
) -> None:
    story = brought_to("payment_pending", method=method)
    asked = story.asked(requests.AuthorizationRequested)
    owed = [(each.message, each.party) for each in waiting(story.order) if each.due_at is not None]
    story.score()

    assert asked is not None
    assert (asked.method, asked.amount.amount) == (method, story.order.total)
    assert (message, party) in owed
    assert deadline in {timer.kind for timer in story.order.timers}
    assert story.order.state is State.PAYMENT_PENDING


@pytest.mark.rule("OSM-06")
def test_only_the_banks_answer_lets_a_card_order_go_on() -> None:
    story = brought_to("payment_pending")
    story.score()
    story.tell(facts.ChequeReceived(money(story.order.total)))
    before = story.order.state
    story.tell(story.authorized())

    assert before is State.PAYMENT_PENDING
    assert story.order.state == "availability_requested"


@pytest.mark.parametrize("scored_before", range(len(CHEQUE)), ids=["checked", "authorised", "validated"])
@pytest.mark.rule("OSM-07")
def test_a_cheque_order_keeps_its_status_until_its_cheque_is_validated(scored_before: int) -> None:
    story = brought_to("payment_pending", method="cheque")
    passed = []
    story.tell(facts.ChequeReceived(money(story.order.total)))
    for number, step in enumerate(CHEQUE):
        if number == scored_before:
            story.score()
        passed.append(str(story.order.state))
        assert code_of(story.command(step)) is None

    assert passed == ["payment_pending"] * 3
    assert story.order.state is State.AVAILABILITY_REQUESTED


@pytest.mark.rule("TRV-08")
def test_an_agent_asks_a_customers_bank_for_the_money() -> None:
    story = Story()
    decision = story.command(submitted("card"), CLERK)

    (asked,) = (each for each in decision.requests if isinstance(each, requests.AuthorizationRequested))
    assert (asked.customer_id, asked.amount, asked.method) == ("c-1", money(2500), "card")


@pytest.mark.rule("TRV-08")
def test_an_agent_takes_a_customers_cheque() -> None:
    story = Story()
    story.command(submitted("cheque"), CLERK)
    story.tell(facts.ChequeReceived(money(2500)))
    steps = [story.command(step, CLERK) for step in CHEQUE]

    taken = [each for each in steps[-1].events if isinstance(each, events.PaymentChanged)]
    assert [(each.state, each.amount) for each in taken] == [("captured", money(2500))]
    assert balance(story.order).captured == 2500


@pytest.mark.parametrize("method", ["card", "cheque"])
@pytest.mark.parametrize("by", ["customer", "agent", "draft"])
@pytest.mark.rule("A-31")
def test_a_regular_order_is_paid_by_card_or_cheque_whoever_enters_it(by: str, method: str) -> None:
    story = Story(method=method)
    if by == "customer":
        story.place()
    else:
        if by == "draft":
            story.draft()
        story.command(submitted(method))
    asked = story.asked(requests.AuthorizationRequested)

    assert asked is not None
    assert (story.order.kind, story.order.state, asked.method) == ("regular", "payment_pending", method)
    story.score()
    story.pay()
    assert (story.order.kind, story.order.state) == ("regular", "availability_requested")


@pytest.mark.parametrize("method", ["card", "cheque", "none"])
@pytest.mark.rule("A-31")
def test_an_order_is_of_the_kind_that_it_is_whatever_it_names_to_pay_with(method: str) -> None:
    story = Story(method=method)
    story.draft("support")
    story.command(facts.ApproveOrder(reason="broken on arrival"))

    assert (story.order.kind, story.order.state, story.order.total) == ("support", "availability_requested", 0)
    assert story.asked(requests.AuthorizationRequested) is None


def told_by(setting: dict[str, object]) -> Policy:
    """The choices of a retailer who sets this."""
    return Settings(policy=setting).domain_policy()


@pytest.mark.parametrize(("policy", "tries"), [(DEFAULTS, 3), (told_by({"payment_attempts": 2}), 2)])
@pytest.mark.rule("A-36")
def test_a_refused_payment_is_tried_three_times_or_as_often_as_is_set(policy: Policy, tries: int) -> None:
    story = Story(Hub(policy))
    story.place()
    asked = 1
    while True:
        story.tell(story.refused())
        if not story.hub.fire(["payment_retry"]):
            break
        asked += 1

    assert asked == tries
    assert story.order.state is State.CANCELLED


@pytest.mark.parametrize(("policy", "days"), [(DEFAULTS, 15), (told_by({"cheque_days": "P4D"}), 4)])
@pytest.mark.rule("A-36")
def test_a_cheque_has_fifteen_days_or_as_many_as_are_set_and_then_the_order_is_cancelled(
    policy: Policy, days: int
) -> None:
    story = Story(Hub(policy), method="cheque")
    story.place()
    (timer,) = (each for each in story.order.timers if each.kind == "cheque")
    story.due("cheque")

    assert timer.due_at - timer.since == timedelta(days=days)
    assert story.order.state is State.CANCELLED
    assert "payment_not_received" in [
        each.reason for each in story.hub.decisions[-1].events if isinstance(each, events.OrderCancelled)
    ]


@pytest.mark.parametrize(("policy", "days"), [(DEFAULTS, 7), (told_by({"follow_up": "P2D"}), 2)])
@pytest.mark.rule("A-36")
def test_a_customers_answer_has_seven_days_or_as_many_as_are_set_and_then_an_alert_is_all(
    policy: Policy, days: int
) -> None:
    story = Story(Hub(policy))
    story.place()
    story.score("review")
    story.pay()
    story.command(facts.FollowUpOrder())
    (timer,) = (each for each in story.order.timers if each.kind == "follow_up")
    story.due("follow_up")

    assert timer.due_at - timer.since == timedelta(days=days)
    assert alerts(story.hub.decisions[-1]) == {"no_answer"}
    assert story.hub.orders[ORDER].state is State.RISK_FOLLOW_UP


@pytest.mark.rule("A-36")
def test_a_try_is_made_again_after_the_time_that_is_set() -> None:
    for policy, hours in ((DEFAULTS, 4), (told_by({"payment_retry": "PT9H"}), 9)):
        story = Story(Hub(policy))
        story.place()
        story.tell(story.refused())
        (timer,) = (each for each in story.order.timers if each.kind == "payment_retry")

        assert timer.due_at - timer.since == timedelta(hours=hours)


@pytest.mark.rule("P-04", "O-38")
def test_money_that_is_reserved_after_the_goods_have_gone_is_taken_at_once() -> None:
    story = Story(lines=(line(1, 1, 0),))
    story.tell(placed(line(1, 1, 0), fee=0))
    story.score()
    story.command(desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=700),)))
    story.tell(story.available())
    story.tell(facts.CarrierDelivered("T-0", shipment_id=story.shipment().id))
    authorised = story.tell(story.authorized())

    assert story.order.state == "delivered"
    assert [type(request).__name__ for request in authorised.requests] == ["CaptureRequested"]
