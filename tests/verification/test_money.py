"""Money adds up, moves for a cause, and is what the payment service said; exchanges wait for their returns."""

import pytest

from contracts import commands as desk
from contracts.wire import Outgoing
from domain.deciding.decision import Decision
from domain.deciding.values import changed
from domain.orders.money.balance import balance
from domain.orders.order import Order, RefundState, ReturnState, State
from tests.domain.story import CHEQUE, Story
from tests.domain.world import ORDER, Script, played
from verification import provider
from verification.money import (
    asked_twice,
    exchange_fault,
    exchange_is_released,
    faults,
    history_faults,
)

REFUNDED = Script(returned="all", lines=((2, 5000),))
EXCHANGED = Script(returned="all", exchange=True)
SCRIPTS = [
    Script(),
    REFUNDED,
    EXCHANGED,
    Script(refusals=1),
    Script(refusals=9),
    Script(cheque=True),
    Script(returned="one", lines=((3, 3000),), fee_back=True, failed_refunds=1),
]


def order_of(script: Script) -> tuple[Order, list[tuple[Decision[Order], object]]]:
    hub = played(script).hub
    return hub.orders[ORDER], [(each, None) for each in hub.decisions if each.after.id == ORDER]


def exchange_of(script: Script) -> Order:
    return next(order for order in played(script).hub.orders.values() if order.origin is not None)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_money_of_a_clean_history_has_no_fault(script: Script) -> None:
    order, decisions = order_of(script)

    assert faults(order) == []
    assert history_faults(order, decisions) == []


def test_a_cheque_is_for_what_the_order_cost_when_it_was_checked_not_for_what_was_added_since() -> None:
    story = Story(method="cheque")
    story.place()
    story.score()
    story.cheque(2)
    story.command(desk.ModifyOrder(add=(desk.NewLine(sku="hat-1", quantity=1, unit_price=9000),)))
    for command in CHEQUE[1:]:
        story.command(command)

    assert (story.order.payment.captured, story.order.total) == (5500, 14500)
    assert history_faults(story.order, [(each, None) for each in story.hub.decisions]) == []


def test_captured_money_that_nobody_told_of_is_found_in_order_and_history() -> None:
    order, decisions = order_of(REFUNDED)
    more = changed(order, payment=changed(order.payment, captured=order.payment.captured + 1))

    assert any("sums" in fault for fault in faults(more))
    assert any("captured is" in fault for fault in history_faults(more, decisions))


def test_a_refund_above_the_captured_money_is_found() -> None:
    order, _ = order_of(REFUNDED)
    greedy = changed(order, refunds=(changed(order.refunds[0], amount=10**6),))

    assert any("exceed" in fault for fault in faults(greedy))


def test_a_refund_without_its_validated_return_is_found() -> None:
    order, _ = order_of(REFUNDED)
    unseen = changed(order, returns=tuple(changed(r, state=ReturnState.AWAITING_RECEIPT) for r in order.returns))

    assert any("no cause" in fault for fault in faults(unseen))
    assert any("doesn't exist" in fault for fault in faults(changed(order, returns=())))


def test_a_refund_for_a_cancellation_that_was_none_is_found() -> None:
    order, _ = order_of(REFUNDED)
    refund = changed(order.refunds[0], origin="cancellation")

    assert any("not cancelled" in fault for fault in faults(changed(order, refunds=(refund,))))
    assert faults(changed(order, refunds=(refund,), state=State.CANCELLED)) == []


def test_a_refund_from_nowhere_is_found_unless_it_was_cancelled() -> None:
    order, _ = order_of(REFUNDED)
    refund = changed(order.refunds[0], origin="nowhere")
    cancelled = changed(refund, state=RefundState.CANCELLED)

    assert any("nowhere" in fault for fault in faults(changed(order, refunds=(refund,))))
    assert faults(changed(order, refunds=(cancelled,))) == []


def test_an_exchange_is_released_only_for_a_validated_return() -> None:
    origin, _ = order_of(EXCHANGED)
    exchange = exchange_of(EXCHANGED)
    waiting = tuple(changed(entry, state=ReturnState.AWAITING_RECEIPT) for entry in origin.returns)

    assert exchange_is_released(exchange)
    assert exchange_fault(exchange, origin) == ""
    assert "not validated" in exchange_fault(exchange, changed(origin, returns=waiting))
    assert "doesn't exist" in exchange_fault(exchange, None)
    assert any("isn't validated" in fault for fault in faults(changed(origin, returns=waiting)))


def test_the_sums_told_are_those_of_the_balance() -> None:
    order, decisions = order_of(REFUNDED)
    told = provider.told(order.currency, [decision for decision, _ in decisions])
    captured = sum(sums.captured for sums in told.payments.values())

    assert told.refunded == balance(order).refunded > 0
    assert captured == balance(order).captured > 0


def test_a_request_for_money_that_was_made_twice_is_found() -> None:
    request = Outgoing("payment.requests", None, b"", (), b'{"request_id": "r-1"}')
    other = Outgoing("payment.requests", None, b"", (), b'{"request_id": "r-2"}')

    assert asked_twice([request, other]) == []
    assert asked_twice([request, other, request]) == ["r-1"]
