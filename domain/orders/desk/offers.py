"""Offers: of which orders a command is offered, where the matrix and the tables of an order's things don't say all."""

from collections.abc import Callable
from typing import Any

from domain.deciding.deadlines import Deadline
from domain.orders import gates, holds
from domain.orders.money import payout, refund_amounts, refunds
from domain.orders.order import PAYMENTS, FlashState, Order, PaymentState, State
from domain.orders.returns import exchanges
from domain.orders.scratchpad import OrderMachine

When = Callable[[Order], bool]


def gate(row: str) -> When:
    """Return whether a row of the gate matrix is open, for the order or for one of its shipments."""

    def is_open(order: Order) -> bool:
        assert order.state is not None
        if holds.EXCHANGE in order.holds and row in gates.THROUGH_THE_RETURN:
            return False
        columns = {order.state, *(gates.reached(order, shipment) for shipment in order.live_shipments)}
        return any(gates.cell(row, column) == "+" for column in columns)

    return is_open


def judged(machine: OrderMachine[Any], things: Callable[[Order], tuple[Any, ...]], kind: type) -> When:
    """Return whether the table of a kind of things has a row for this command in the state of one of them."""
    sources = {state for row in machine.table if kind in row.on for state in row.source}

    def is_open(order: Order) -> bool:
        return any(machine.state(thing) in sources for thing in things(order))

    return is_open


def on_hold(*kinds: str) -> When:
    """Return whether one of these holds is on."""
    return lambda order: any(kind in order.holds for kind in kinds)


def submittable(order: Order) -> bool:
    """Tell whether it is a draft that somebody pays for."""
    return _submit(order) and order.kind not in gates.FREE


def approvable_draft(order: Order) -> bool:
    """Tell whether it is a free draft."""
    return order.state is State.DRAFT and order.kind in gates.FREE and _approve(order)


def approvable_after_doubt(order: Order) -> bool:
    """Tell whether a person may clear a doubt."""
    return order.state is not State.DRAFT and _approve(order)


def in_review(order: Order) -> bool:
    """Tell whether a person is reviewing it."""
    return order.state is State.RISK_REVIEW


def awaits_cheque(order: Order) -> bool:
    """Tell whether a cheque has come for it."""
    return order.payment_method == "cheque" and order.payment.cheque_received and _cheque(order)


def cheque_asked(order: Order) -> bool:
    """Tell whether its cheque is checked and not yet authorised."""
    return _checked(order, PaymentState.REQUESTED)


def cheque_authorised(order: Order) -> bool:
    """Tell whether its cheque is authorised and not yet validated."""
    return _checked(order, PaymentState.AUTHORISED)


def _checked(order: Order, state: PaymentState) -> bool:
    return awaits_cheque(order) and order.payment.cheque_checked and order.payment.state is state


def repriced(order: Order) -> bool:
    """Tell whether its prices may be cut."""
    return order.kind == "regular" and _price(order)


def was_cut(order: Order) -> bool:
    """Tell whether a price was cut that may go back."""
    return repriced(order) and any(line.base is not None for line in order.lines)


def has_shipment(order: Order) -> bool:
    """Tell whether a shipment may be cancelled."""
    return bool(order.live_shipments) and _cancel(order)


def holdable(order: Order) -> bool:
    """Tell whether no agent holds it."""
    return _hold(order) and holds.CSR not in order.holds


def suspendable(order: Order) -> bool:
    """Tell whether it isn't suspended."""
    return _hold(order) and holds.SUSPENDED not in order.holds


def retries_planned(order: Order) -> bool:
    """Tell whether a payment has succeeded and more tries are planned all the same."""
    paid = order.payment.state in PAYMENTS["covered"]
    return paid and any(timer.kind == Deadline.PAYMENT_RETRY for timer in order.timers)


def has_articles(order: Order) -> bool:
    """Tell whether it names an article of the warehouse that may be wrong."""
    return bool(order.lines)


def alerted(order: Order) -> bool:
    """Tell whether it has an alert."""
    return bool(order.alerts)


def drafted_flash(order: Order) -> bool:
    """Tell whether it has a flash reorder that is still a draft."""
    return any(flash.state is FlashState.DRAFT for flash in order.flashes)


def has_taken_money(order: Order) -> bool:
    """Tell whether money was taken that isn't promised back."""
    return _goodwill(order) and order.payment.taken > refund_amounts.promised(order)


def refund_by_hand(order: Order) -> bool:
    """Tell whether a refund waits for a person to pay it out."""
    return any(each.state is refunds.APPROVED and each.tender == payout.MANUAL for each in order.refunds)


def switchable(order: Order) -> bool:
    """Tell whether an exchange is still pending."""
    return any(exchange.state is exchanges.PENDING for exchange in order.exchanges)


def lockable(order: Order) -> bool:
    """Tell whether nobody has locked it."""
    return order.lock is None and _lock(order)


def locked(order: Order) -> bool:
    """Tell whether somebody has locked it."""
    return order.lock is not None


_submit, _approve, _cheque, _price = gate("submit"), gate("approve"), gate("cheque"), gate("price")
_cancel, _hold, _goodwill, _lock = gate("cancel"), gate("hold"), gate("goodwill refund"), gate("lock")
