"""The approval of an order: its money, the fraud verdict, and doubts that come later."""

from domain.deciding.deadlines import Deadline
from domain.orders import events, fraud, holds, stock
from domain.orders.goods import recalls
from domain.orders.money import payments, renewal
from domain.orders.order import SHIPMENTS, Order, PaymentState
from domain.orders.scratchpad import OrderPad


def paid_and_clear(pad: OrderPad, order: Order) -> bool:
    """Tell whether the money is there and the verdict is clear (O-08)."""
    return payments.secured(order) and fraud.cleared(order) and not stock.emptied(pad, order)


def paid_not_clear(pad: OrderPad, order: Order) -> bool:
    """Tell whether the money is there, the verdict is review or missing (O-09)."""
    free = order.payment.state is PaymentState.NOT_REQUIRED and order.verdict is None
    return payments.secured(order) and not fraud.cleared(order) and not free and not stock.emptied(pad, order)


def paid(pad: OrderPad, order: Order) -> bool:
    """Tell whether the authorisation is valid, or the money is taken or not needed (O-14)."""
    return payments.secured(order)


def clear(pad: OrderPad, order: Order) -> bool:
    """Tell whether it is clear (O-13)."""
    return fraud.cleared(order)


def tries_left(pad: OrderPad, order: Order) -> bool:
    """Tell whether a try is left (O-11)."""
    refused = order.payment.state is PaymentState.REFUSED
    return refused and order.payment.attempt < pad.policy.payment_attempts


def no_tries_left(pad: OrderPad, order: Order) -> bool:
    """Tell whether no try is left (O-12)."""
    refused = order.payment.state is PaymentState.REFUSED
    return refused and order.payment.attempt >= pad.policy.payment_attempts


def doubted_late(pad: OrderPad, order: Order) -> bool:
    """Tell whether the order is doubted after all (O-41)."""
    return fraud.warned(order) and holds.SUSPENDED not in order.holds


def suspend(pad: OrderPad, order: Order) -> None:
    """Suspend the order, and recall its shipments from the warehouse (O-41)."""
    holds.put_on(pad, holds.SUSPENDED)
    recalls.of_the_hub(pad, "fraud")


def money_lost(pad: OrderPad, order: Order) -> bool:
    """Tell whether the warehouse has its goods, its reservation is gone, and the bank gives no other one (P-15)."""
    there = any(each.state in SHIPMENTS["at_work"] for each in order.live_shipments)
    return there and renewal.lost(order) and order.payment_method == "card"


def stop_goods(pad: OrderPad, order: Order) -> None:
    """Recall the shipments that nobody pays for (P-15)."""
    recalls.of_the_hub(pad, "payment")


def approved(pad: OrderPad, order: Order) -> None:
    """Publish that the order is approved (O-08, O-13, O-14)."""
    fraud.settle_doubt(pad, order)
    pad.emit(events.OrderApproved())
    pad.email("validated")
    holds.match(pad, order)


def try_again_later(pad: OrderPad, order: Order) -> None:
    """Schedule the next payment attempt, and tell the customer (O-11)."""
    pad.arm(Deadline.PAYMENT_RETRY, pad.policy.payment_retry)
    pad.email("payment_failed", str(order.payment.attempt))


def no_answer(pad: OrderPad, order: Order) -> None:
    """Raise an alert: a person decides without the customer's answer (O-17)."""
    pad.alert("no_answer")
