"""Money that people handle: cheques, credit notes, goodwill, manual refunds."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import commands as desk
from domain.deciding.decision import Decision, Known, Policy
from domain.deciding.received import Actor
from domain.deciding.values import changed
from domain.orders import facts, requests
from domain.orders.decide import receive
from domain.orders.money.balance import balance
from domain.orders.money.refund_amounts import promised
from domain.orders.order import Order, PaymentState, RefundState, State
from tests.domain.story import brought_to
from tests.domain.world import (
    ADA,
    BOSS,
    ORDER,
    START,
    TWO_LINES,
    Hub,
    alerts,
    code_when,
    line,
    money,
    names,
    placed,
    received,
    when,
)

RIGHT = desk.CheckCheque(signed=True, amount=True, billing_address=True, customer_name=True)


def cheque_here() -> Order:
    hub = Hub()
    hub.take(ORDER, received(placed(method="cheque")))
    hub.take(ORDER, received(facts.FraudScored("clear"), "f"))
    hub.take(ORDER, received(facts.ChequeReceived(money(3000)), "c"))
    return hub.orders[ORDER]


def paid(lines: tuple[tuple[int, int], ...] = ((2, 1000), (1, 700))) -> Order:
    """A delivered order whose money is taken."""
    return brought_to("delivered", lines=tuple(line(n, *each) for n, each in enumerate(lines, start=1))).order


@pytest.mark.rule("P-02", "OSM-29")
def test_a_cheque_that_does_not_fit_stays_where_it_is() -> None:
    wrong = desk.CheckCheque(signed=True, amount=False, billing_address=True, customer_name=False)
    decision = when(cheque_here(), wrong)
    corrected = when(decision.after, RIGHT)

    assert alerts(decision) == {"cheque_mismatch"}
    assert code_when(decision.after, desk.AuthorizeCheque()) == "gate"
    assert (corrected.after.alerts, corrected.after.payment.cheque_checked) == ((), True)


@pytest.mark.rule("O-27")
@pytest.mark.parametrize("first", ["the cheque", "the cancellation"])
def test_a_cheque_of_a_cancelled_order_is_sent_back_and_nobody_waits_for_its_check(first: str) -> None:
    hub = Hub()
    hub.take(ORDER, received(placed(method="cheque")))
    told = [facts.ChequeReceived(money(3000)), facts.CancelOrder(reason="customer_choice")]
    for index, fact in enumerate(told if first == "the cheque" else reversed(told)):
        hub.take(ORDER, received(fact, f"e{index}", actor=BOSS))
    order = hub.orders[ORDER]

    assert order.state is State.CANCELLED
    assert [alert.name for alert in order.alerts] == ["cheque_to_return"]
    assert "check" not in {timer.kind for timer in order.timers}


@pytest.mark.rule("P-03", "O-08", "OSM-30", "OSM-31")
def test_a_checked_cheque_is_authorised_then_validated_and_the_order_approved() -> None:
    checked = when(cheque_here(), RIGHT).after
    authorised = when(checked, desk.AuthorizeCheque())
    validated = when(authorised.after, desk.ValidateCheque())

    assert code_when(checked, desk.ValidateCheque()) == "gate"
    assert "P-03" in authorised.rules
    assert authorised.after.state is State.PAYMENT_PENDING
    assert {"P-03", "O-08"} <= set(validated.rules)
    assert validated.after.state is State.AVAILABILITY_REQUESTED
    assert balance(validated.after).captured == 3000


@pytest.mark.rule("P-02")
def test_cheques_need_their_own_scope() -> None:
    clerk = Actor("clerk", frozenset({"orders.manage"}), frozenset({"*"}))

    assert [
        code_when(cheque_here(), step, clerk) for step in (RIGHT, desk.AuthorizeCheque(), desk.ValidateCheque())
    ] == [
        "scope",
        "scope",
        "scope",
    ]


@pytest.mark.rule("F-11", "F-08", "EP-51")
def test_a_cancelled_cheque_order_is_paid_back_by_hand() -> None:
    taken = when(when(when(cheque_here(), RIGHT).after, desk.AuthorizeCheque()).after, desk.ValidateCheque()).after
    cancelled = when(taken, facts.CancelOrder(reason="wish"))
    refund = cancelled.after.refunds[0]
    done = when(cancelled.after, desk.RefundDone(refund.id, "transfer 12"))

    assert "F-11" in cancelled.rules
    assert (refund.state, refund.tender, refund.amount) == (RefundState.APPROVED, "manual", 3000)
    assert "RefundRequested" not in {type(r).__name__ for r in cancelled.requests}
    assert "F-08" in done.rules
    assert balance(done.after).refunded == 3000


@pytest.mark.rule("A-32")
def test_a_cashed_cheque_order_that_gets_cheaper_owes_the_difference() -> None:
    taken = when(when(when(cheque_here(), RIGHT).after, desk.AuthorizeCheque()).after, desk.ValidateCheque()).after
    cheaper = when(taken, desk.ChangePrice((desk.PriceCut(1, 20),)))
    dearer = code_when(taken, desk.ModifyOrder(add=(desk.NewLine(sku="hat", quantity=1, unit_price=100),)))

    assert [(r.origin, r.amount, r.state) for r in cheaper.after.refunds] == [("reduction", 500, RefundState.REQUESTED)]
    assert dearer == "gate"


@pytest.mark.rule("F-01", "OSM-67", "OSM-68", "OSM-69", "A-16")
def test_an_item_refund_follows_from_price_and_fee_share_and_waits_for_a_person() -> None:
    request = desk.RequestRefund("items", (desk.LineQuantity(1, 1),), shipping=True, reason="scratched")
    decision = when(paid(), request)
    refund = decision.after.refunds[0]

    assert "F-01" in decision.rules
    assert (refund.amount, refund.state, refund.origin) == (1000 + 185, RefundState.REQUESTED, "items")
    assert code_when(brought_to("shipping", lines=TWO_LINES).order, request) == "not_shipped"
    assert "F-04" in when(decision.after, facts.ApproveRefund(refund.id)).rules


@pytest.mark.rule("F-01")
def test_more_pieces_or_money_than_there_are_cannot_be_refunded() -> None:
    once = when(paid(), desk.RequestRefund("items", (desk.LineQuantity(1, 2),), reason="scratched")).after

    assert code_when(once, desk.RequestRefund("items", (desk.LineQuantity(1, 1),), reason="again")) == "amount_exceeds"
    assert code_when(paid(), desk.RequestRefund("goodwill", amount=99_999, reason="x")) == "amount_exceeds"
    assert code_when(paid(), desk.RequestRefund("items", (desk.LineQuantity(7, 1),), reason="x")) == "gate"
    assert code_when(paid(), desk.RequestRefund("goodwill", amount=100)) == "reason_required"


@pytest.mark.rule("F-02", "EP-53", "EP-54", "EP-55", "A-03")
def test_goodwill_is_paid_at_any_time_once_the_money_is_taken_by_who_may() -> None:
    clerk = Actor("clerk", frozenset({"orders.manage"}), frozenset({"*"}))
    goodwill = desk.RequestRefund("goodwill", amount=300, reason="late")

    assert "F-02" in when(paid(), goodwill).rules
    assert code_when(paid(), goodwill, clerk) == "scope"
    assert code_when(brought_to(State.CONFIRMED).order, goodwill) == "gate"


@pytest.mark.rule("F-04")
def test_two_persons_make_a_refund_where_the_retailer_wants_so() -> None:
    order = when(paid(), desk.RequestRefund("goodwill", amount=300, reason="late"), actor=ADA).after
    approve = facts.ApproveRefund(order.refunds[0].id)
    strict = Policy(two_persons=True)

    own = when(order, approve, policy=strict, actor=ADA)
    assert own.refusal is not None
    assert own.refusal.code == "scope"
    assert "F-04" in when(order, approve, policy=strict).rules
    assert "F-04" in when(order, approve, actor=ADA).rules


@pytest.mark.rule("F-10", "F-09", "EP-48")
def test_a_failed_refund_is_paid_in_another_way() -> None:
    order = when(paid(), desk.RequestRefund("goodwill", amount=300, reason="late")).after
    decision = when(order, facts.ApproveRefund(order.refunds[0].id))
    asked = next(r for r in decision.requests if isinstance(r, requests.RefundRequested))
    failed = when(decision.after, facts.RefundFailed(asked.request_id, asked.refund_id, retryable=False))
    other = when(failed.after, desk.RetenderRefund(asked.refund_id, "alternate", reason="card expired"))
    again = next(r for r in other.requests if isinstance(r, requests.RefundRequested))
    done = when(other.after, facts.RefundExecuted(again.request_id, again.refund_id, again.amount))

    assert alerts(failed) == {"refund_failed"}
    assert code_when(failed.after, desk.RetenderRefund(asked.refund_id)) == "reason_required"
    assert "F-10" in other.rules
    assert (again.tender, again.attempt) == ("alternate", 2)
    assert done.after.refunds[0].state is RefundState.EXECUTED
    assert code_when(done.after, desk.RefundDone(asked.refund_id)) == "gate"


@pytest.mark.rule("P-05", "TRV-17")
def test_retries_are_given_up_only_once_a_payment_has_succeeded() -> None:
    assert "P-05" in when(brought_to(State.AVAILABILITY_REQUESTED).order, desk.ClearRetries()).rules
    assert code_when(brought_to(State.PAYMENT_PENDING).order, desk.ClearRetries()) == "gate"


@pytest.mark.rule("F-03", "A-20")
def test_a_piece_paid_back_is_not_paid_back_again_when_it_comes_back() -> None:
    order = when(paid(), desk.RequestRefund("items", (desk.LineQuantity(1, 2),), reason="scratched")).after
    assert code_when(order, facts.CreateReturn((facts.ReturnLine(1, 2), facts.ReturnLine(2, 1)))) == "amount_exceeds"
    opened = when(order, facts.CreateReturn((facts.ReturnLine(2, 1),))).after
    code_ = opened.returns[0].code
    sent = when(opened, facts.ConfirmReturn(code_)).after
    back = when(sent, facts.ReturnReceived(code_, (facts.ReceivedLine(1, 2), facts.ReceivedLine(2, 1)))).after

    assert [refund.amount for refund in back.refunds] == [2000, 700]


@given(
    lines=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9999)), min_size=1, max_size=3).map(tuple),
    asks=st.lists(
        st.tuples(
            st.sampled_from(["items", "goodwill", "return"]), st.integers(1, 3), st.integers(1, 4), st.booleans()
        ),
        max_size=8,
    ),
)
@pytest.mark.rule("F-01", "F-02", "F-03")
def test_credits_goodwill_and_returns_together_never_exceed_what_was_taken(
    lines: tuple[tuple[int, int], ...], asks: list[tuple[str, int, int, bool]]
) -> None:
    order = paid(lines)
    for number, (kind, each, quantity, fee) in enumerate(asks):
        pieces = (desk.LineQuantity(each, quantity),)
        fact: facts.Fact = desk.RequestRefund("items", pieces, shipping=fee, reason="x")
        if kind == "goodwill":
            fact = desk.RequestRefund("goodwill", amount=quantity * 300, reason="x")
        if kind == "return":
            fact = facts.CreateReturn((facts.ReturnLine(each, quantity),), refund_shipping=fee)
        order = _told(order, fact, f"a{number}").after
        for returned in order.returns:
            order = _told(order, facts.ConfirmReturn(returned.code), f"c{number}").after
            received_all = tuple(facts.ReceivedLine(entry.line, entry.quantity) for entry in returned.lines)
            order = _told(order, facts.ReturnReceived(returned.code, received_all), f"r{number}").after

        assert promised(order) <= order.payment.captured
        assert all(refund.amount > 0 for refund in order.refunds)


def _told(order: Order, fact: facts.Fact, event_id: str) -> Decision[Order]:
    actor = BOSS if isinstance(fact, facts.Command) else None
    return receive(order, received(fact, event_id, START + timedelta(days=1), actor), Known())[-1]


@pytest.mark.rule("O-27", "P-03")
def test_an_uncashed_cheque_of_a_cancelled_order_goes_back() -> None:
    order = when(when(cheque_here(), RIGHT).after, desk.AuthorizeCheque()).after
    decision = when(order, facts.CancelOrder(reason="wish"))

    assert decision.after.payment.state is PaymentState.VOIDED
    assert "VoidRequested" not in names(decision)
    assert (balance(decision.after).held, balance(decision.after).voided) == (0, 3000)


@pytest.mark.rule("O-14")
def test_a_doubted_order_is_not_let_through_on_a_reservation_that_has_expired() -> None:
    review = brought_to(State.RISK_REVIEW).order
    doubted = when(review, facts.FraudScored("review")).after
    expired = changed(doubted, payment=changed(doubted.payment, expires_at=START))

    assert code_when(expired, facts.ApproveOrder()) == "gate"
    assert "O-14" in when(doubted, facts.ApproveOrder()).rules
