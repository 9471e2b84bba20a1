"""Progress: what the rows of an order's table ask of it, and what it publishes, asks and sets as it moves on."""

from typing import Final

from domain.deciding.deadlines import Deadline
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.transitions import Step
from domain.deciding.values import changed
from domain.orders import events, facts, fraud, holds, placing
from domain.orders.goods import availability, recalls
from domain.orders.money import payments, refunds
from domain.orders.order import SHIPMENT_RANK, LineState, Order, PaymentState, RefundState, ShipmentState
from domain.orders.returns import exchanges, returns


def paid_and_clear(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the money is there and the verdict is clear (O-08)."""
    return payments.secured(order) and fraud.cleared(order) and not emptied(pad, order)


def paid_not_clear(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the money is there, the verdict is review or missing (O-09)."""
    free = order.payment.state is PaymentState.NOT_REQUIRED and order.verdict is None
    return payments.secured(order) and not fraud.cleared(order) and not free and not emptied(pad, order)


def paid(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the authorisation is valid, or the money is taken or not needed (O-14)."""
    return payments.secured(order)


def clear(pad: Scratchpad, order: Order) -> bool:
    """Tell whether it is clear (O-13)."""
    return fraud.cleared(order)


def tries_left(pad: Scratchpad, order: Order) -> bool:
    """Tell whether a try is left (O-11)."""
    refused = order.payment.state is PaymentState.REFUSED
    return refused and order.payment.attempt < pad.policy.payment_attempts


def no_tries_left(pad: Scratchpad, order: Order) -> bool:
    """Tell whether no try is left (O-12)."""
    refused = order.payment.state is PaymentState.REFUSED
    return refused and order.payment.attempt >= pad.policy.payment_attempts


def all_reserved(pad: Scratchpad, order: Order) -> bool:
    """Tell whether all lines are available (O-21)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.RESERVED]


def stopped(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the warehouse was asked to, and stopped a shipment (O-24)."""
    return 0 <= order.lowest < SHIPMENT_RANK[ShipmentState.RESERVED]


def some_missing(pad: Scratchpad, order: Order) -> bool:
    """Tell whether some line is not available (O-25)."""
    return bool(availability.missing(order))


def none_known_missing(pad: Scratchpad, order: Order) -> bool:
    """Tell whether no other line is missing (A-10)."""
    return not availability.known_missing(order)


def out_of_stock(pad: Scratchpad, order: Order) -> bool:
    """Tell whether no line of it will come (O-28)."""
    wanted = [line for line in order.lines if line.kind == "shippable" and line.state is not LineState.CANCELLED]
    return bool(wanted) and all(line.state is LineState.UNAVAILABLE for line in wanted)


def tell_out_of_stock(pad: Scratchpad, order: Order) -> None:
    """Have a person cancel the order, or take lines out (O-28, A-11)."""
    pad.alert("out_of_stock")


def picked_free(pad: Scratchpad, order: Order) -> bool:
    """Tell whether every shipment is picked, no hold (O-29)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.PICKING] and not held(pad, order)


def picked_held(pad: Scratchpad, order: Order) -> bool:
    """Tell whether every shipment is picked in spite of a hold (O-30)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.PICKING] and held(pad, order)


def part_picked_held(pad: Scratchpad, order: Order) -> bool:
    """Tell whether a shipment is picked, not all, in spite of a hold (O-30)."""
    return order.lowest < SHIPMENT_RANK[ShipmentState.PICKING] and held(pad, order)


def held(pad: Scratchpad, order: Order) -> bool:
    """Tell whether a hold should have kept the warehouse from picking; that of a recall binds its own shipment."""
    return _held_by_more(order) or recalls.is_open(order, getattr(pad.received.fact, "shipment_id", None))


def _held_by_more(order: Order) -> bool:
    return any(hold != holds.RECALL for hold in order.holds)


def emptied(pad: Scratchpad, order: Order) -> bool:
    """Tell whether no line is left (S-12)."""
    return not order.live_shipments and all(line.state is LineState.CANCELLED for line in order.lines)


def nothing_travels(pad: Scratchpad, order: Order) -> bool:
    """Tell whether nothing that travels is left (S-12, O-20)."""
    return placing.ships_nothing(pad, order) and not emptied(pad, order)


def doubted_late(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the order is doubted after all (O-41)."""
    return fraud.warned(order) and holds.SUSPENDED not in order.holds


def suspend(pad: Scratchpad, order: Order) -> None:
    """Suspend the order; what the warehouse has of it is called back (O-41)."""
    holds.put_on(pad, holds.SUSPENDED)
    recalls.of_the_hub(pad, "fraud")


def shrunk(pad: Scratchpad, order: Order) -> None:
    """Look at the money again after a shipment was cancelled (S-12)."""
    payments.reprice(pad)
    if order.payment.state is PaymentState.CAPTURED:
        refunds.for_reduction(pad, pad.order)


def asked_again(pad: Scratchpad, order: Order) -> None:
    """Publish that the warehouse was asked for changed lines (O-26)."""
    pad.emit(events.OrderAvailabilityRequested())


def all_packed(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the last shipment is packed (O-31)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.PACKED]


def all_sent(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the last shipment is sent (O-32)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.SENT]


def all_delivered(pad: Scratchpad, order: Order) -> bool:
    """Tell whether the last shipment is delivered (O-33)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.DELIVERED]


UNSETTLED: Final = frozenset({"carrier", "returned_to_sender", "amount_mismatch", "capture_failed", "refund_failed"})
"""Alerts that keep an order from being closed until a person has cleared them; the hub takes others back itself."""


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


def closable(pad: Scratchpad, order: Order) -> bool:
    """Tell whether its time is over and nothing is open (O-35)."""
    return order.closing and nothing_open(order)


def approved(pad: Scratchpad, order: Order) -> None:
    """Publish that the order goes ahead (O-08, O-13, O-14)."""
    fraud.settle_doubt(pad, order)
    pad.emit(events.OrderApproved())
    pad.email("validated")
    holds.match(pad, order)


def try_again_later(pad: Scratchpad, order: Order) -> None:
    """Set the time of the next try, and tell the customer (O-11)."""
    pad.arm(Deadline.PAYMENT_RETRY, pad.policy.payment_retry)
    pad.email("payment_failed", str(order.payment.attempt))


def no_answer(pad: Scratchpad, order: Order) -> None:
    """Have a person decide without the customer (O-17)."""
    pad.alert("no_answer")


def confirmed(pad: Scratchpad, order: Order) -> None:
    """Publish that all goods are there (O-21)."""
    pad.clear("stock", "out_of_stock", "substitute_proposed")
    pad.emit(events.OrderConfirmed())


def processing(pad: Scratchpad, order: Order) -> None:
    """Publish what is missing; the alert is a warning and blocks nothing (O-25)."""
    pad.emit(events.OrderProcessing(tuple(line.line for line in availability.missing(order))))
    pad.alert("stock")


def picking(pad: Scratchpad, order: Order) -> None:
    """Publish that the goods are being picked (O-29)."""
    pad.emit(events.OrderPicking())


def picked_while_held(pad: Scratchpad, order: Order) -> None:
    """Ask the warehouse to stop what it was not told to begin (O-30)."""
    pad.alert("picked_while_held")
    if _held_by_more(order):
        recalls.of_the_hub(pad, "picked_while_held")


def packed(pad: Scratchpad, order: Order) -> None:
    """Publish that all is packed (O-31)."""
    pad.emit(events.OrderShipping())


def sent(pad: Scratchpad, order: Order) -> None:
    """Publish that all is on its way, and have the money taken (O-32, P-04)."""
    pad.disarm(Deadline.FRAUD)  # what is sent is not scored any more
    pad.emit(events.OrderSent())
    payments.MACHINE.take(pad, order.payment, Step.CAPTURE)
    pad.email("shipped")


def delivered(pad: Scratchpad, order: Order) -> None:
    """Publish that all has arrived, and set the time of closing (O-33)."""
    pad.order = changed(pad.order, delivered_at=pad.now)
    pad.emit(events.OrderDelivered())
    pad.arm(Deadline.CLOSING, pad.policy.closing)
    exchanges.answer(pad, "delivered")


def carrier_trouble(pad: Scratchpad, order: Order) -> None:
    """Have a person ask the carrier (O-34)."""
    fact = pad.received.fact
    pad.alert("carrier", text=fact.code if isinstance(fact, facts.CarrierException) else None)


def completed(pad: Scratchpad, order: Order) -> None:
    """Publish that the order is closed (O-35)."""
    pad.emit(events.OrderCompleted())


def shipped_after_cancel(pad: Scratchpad, order: Order) -> None:
    """Tell of goods that move though the order is cancelled (O-40)."""
    pad.alert("shipped_after_cancel")
