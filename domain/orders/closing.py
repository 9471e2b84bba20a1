"""The closing of an order: once its time is over and nothing is open."""

from typing import Final

from domain.orders import events
from domain.orders.goods import coming_back
from domain.orders.order import Order, PaymentState, RefundState
from domain.orders.returns import returns
from domain.orders.scratchpad import OrderPad

UNSETTLED: Final = frozenset({"carrier", "returned_to_sender", "amount_mismatch", "capture_failed", "refund_failed"})
"""Alerts that keep an order open until a person clears them. The hub clears other alerts itself."""


def nothing_open(order: Order) -> bool:
    """Tell whether no return, refund, exchange, hold or blocking alert is open (O-35)."""
    settled = (RefundState.EXECUTED, RefundState.CANCELLED)
    return (
        not any(returns.is_open(returned) for returned in order.returns)
        and all(refund.state in settled for refund in order.refunds)
        and not order.holds
        and not any(alert.blocking or alert.name in UNSETTLED for alert in order.alerts)
        and not (order.payment.capture_asked and order.payment.state is PaymentState.AUTHORISED)
    )


def closable(pad: OrderPad, order: Order) -> bool:
    """Tell whether its time is over and nothing is open (O-35)."""
    return order.closing and nothing_open(order)


def given_back(pad: OrderPad, order: Order) -> bool:
    """Tell whether every parcel is delivered or back, one is back, its time is over and nothing is open (S-22)."""
    return coming_back.is_back(order) and closable(pad, order)


def completed(pad: OrderPad, order: Order) -> None:
    """Publish that the order is closed (O-35)."""
    pad.emit(events.OrderCompleted())
