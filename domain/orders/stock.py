"""The stock of an order: what the warehouse has, what is missing, what is left to send."""

from domain.orders import events, placing
from domain.orders.goods import availability
from domain.orders.money import payments, refund_requests
from domain.orders.order import LINES, SHIPMENT_RANK, LineState, Order, PaymentState, ShipmentState
from domain.orders.scratchpad import OrderPad


def all_reserved(pad: OrderPad, order: Order) -> bool:
    """Tell whether all lines are available (O-21)."""
    return order.lowest >= SHIPMENT_RANK[ShipmentState.RESERVED]


def stopped(pad: OrderPad, order: Order) -> bool:
    """Tell whether the warehouse was asked to, and stopped a shipment (O-24)."""
    return 0 <= order.lowest < SHIPMENT_RANK[ShipmentState.RESERVED]


def some_missing(pad: OrderPad, order: Order) -> bool:
    """Tell whether some line is not available (O-25)."""
    return bool(availability.missing(order))


def none_known_missing(pad: OrderPad, order: Order) -> bool:
    """Tell whether no other line is missing (A-10)."""
    return not availability.known_missing(order)


def out_of_stock(pad: OrderPad, order: Order) -> bool:
    """Tell whether no line of it will come (O-28)."""
    wanted = [line for line in order.lines if line.kind == "shippable" and line.state in LINES["kept"]]
    return bool(wanted) and all(line.state is LineState.UNAVAILABLE for line in wanted)


def tell_out_of_stock(pad: OrderPad, order: Order) -> None:
    """Raise an alert: a person cancels the order or removes lines (O-28, A-11)."""
    pad.alert("out_of_stock")


def emptied(pad: OrderPad, order: Order) -> bool:
    """Tell whether no line is left (S-12)."""
    return not order.live_shipments and all(line.state not in LINES["kept"] for line in order.lines)


def nothing_travels(pad: OrderPad, order: Order) -> bool:
    """Tell whether nothing that travels is left (S-12, O-20)."""
    return placing.ships_nothing(pad, order) and not emptied(pad, order)


def shrunk(pad: OrderPad, order: Order) -> None:
    """Adjust the payment after a shipment was cancelled (S-12)."""
    payments.reprice(pad)
    if order.payment.state is PaymentState.CAPTURED:
        refund_requests.for_reduction(pad, pad.order)


def asked_again(pad: OrderPad, order: Order) -> None:
    """Publish that stock was requested for the changed lines (O-26)."""
    pad.emit(events.OrderAvailabilityRequested())


def confirmed(pad: OrderPad, order: Order) -> None:
    """Publish that all goods are available (O-21)."""
    pad.clear("stock", "out_of_stock", "substitute_proposed")
    pad.emit(events.OrderConfirmed())


def processing(pad: OrderPad, order: Order) -> None:
    """Publish what is missing, and raise an alert that blocks nothing (O-25)."""
    pad.emit(events.OrderProcessing(tuple(line.line for line in availability.missing(order))))
    pad.alert("stock")
