"""The closing of an order: once its time is over and nothing is open."""

from typing import Final

from domain.orders import events
from domain.orders.goods import coming_back
from domain.orders.money.balance import still_due
from domain.orders.order import ENDED, PAYMENTS, REFUNDS, Order, PaymentState
from domain.orders.returns import returns
from domain.orders.scratchpad import OrderPad

UNSETTLED: Final = frozenset(
    {
        *("carrier", "returned_to_sender", "amount_mismatch", "capture_failed", "refund_failed", "refunded_twice"),
        *("unexpected_payment", "unexpected_refund", "payment_contradicted", "currency_mismatch"),
    }
)
"""Alerts that keep an order open until a person clears them. The hub clears other alerts itself."""


def money_open(order: Order) -> bool:
    """Tell whether the money of goods that are gone is still to be taken, and not written off (O-35, P-13)."""
    payment = order.payment
    asked = payment.capture_asked and payment.state is PaymentState.AUTHORISED
    again = payment.state in PAYMENTS["open"] or payment.collecting
    return (asked or (again and order.state not in ENDED)) and still_due(order) > 0


def unpaid(order: Order) -> bool:
    """Tell whether money is due that is neither taken nor written off."""
    return still_due(order) > 0


def open_things(order: Order) -> tuple[str, ...]:
    """Return what is still open of an order: returns, refunds, holds, alerts, money (O-35)."""
    found = [f"return {each.code}" for each in order.returns if returns.is_open(each)]
    found += [f"refund {each.id}" for each in order.refunds if each.state not in REFUNDS["settled"]]
    found += [f"hold {hold}" for hold in order.holds]
    found += [f"alert {each.name}" for each in order.alerts if each.blocking or each.name in UNSETTLED]
    return (*found, *(("payment",) if money_open(order) else ()))


def nothing_open(order: Order) -> bool:
    """Tell whether no return, refund, exchange, hold, blocking alert or payment is open (O-35)."""
    return not open_things(order)


def closable(pad: OrderPad, order: Order) -> bool:
    """Tell whether its time is over and nothing is open (O-35)."""
    return order.closing and nothing_open(order)


def given_back(pad: OrderPad, order: Order) -> bool:
    """Tell whether every parcel is delivered or back, one is back, its time is over and nothing is open (S-22)."""
    return coming_back.is_back(order) and closable(pad, order)


def completed(pad: OrderPad, order: Order) -> None:
    """Publish that the order is closed (O-35)."""
    pad.emit(events.OrderCompleted())
