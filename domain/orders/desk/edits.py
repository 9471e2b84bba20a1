"""Edits: the checks that precede an edit of an order, and what follows from it (O-26)."""

from itertools import islice
from typing import Final

from contracts.bounds import LARGEST
from domain.deciding.decision import Refusal
from domain.deciding.values import changed
from domain.orders import events
from domain.orders.goods import recalled_goods
from domain.orders.money import payments, refund_requests
from domain.orders.order import LINES, ORDERS, Order, PaymentState, Shipment, ShipmentState
from domain.orders.scratchpad import OrderPad

_RULE: Final = "O-26"
HIGHEST_LINE: Final = 10_000
"""The highest number that a line may have."""
NO_MORE: Final = "its money is settled and can't be raised"
_UNAPPROVED: Final = ORDERS["unapproved"]


def unknown_line(order: Order, numbers: set[int]) -> Refusal | None:
    """Refuse line numbers that the order does not have."""
    live = {line.line for line in order.lines if line.state in LINES["kept"]}
    missing = sorted(numbers - live)
    return Refusal("gate", f"the order has no such line: {missing[0]}", "look at its lines") if missing else None


def fixed(order: Order) -> bool:
    """Tell whether the total can grow no more.

    That is so once the money is captured, or once an order to be paid by cheque was approved without one.
    """
    if order.payment.state is PaymentState.NOT_REQUIRED:
        return order.payment_method == "cheque" and order.state not in _UNAPPROVED
    return order.payment.state is PaymentState.CAPTURED


def too_much(order: Order) -> Refusal | None:
    """Refuse an edit after which the order's total, or a line of it, is larger than an amount or a count may be."""
    amounts = (order.total, *(line.full_price for line in order.lines))
    if max(amounts) > LARGEST:
        return Refusal("amount_exceeds", f"no total may be over {LARGEST}", "place another order for what is added")
    return None


def numbers(order: Order, count: int) -> tuple[int, ...]:
    """Return the numbers of that many new lines: those after the last, or else the lowest that are free."""
    taken = {line.line for line in order.lines}
    first = max(taken, default=0) + 1
    free = range(first, first + count) if first + count - 1 <= HIGHEST_LINE else range(1, HIGHEST_LINE + 1)
    return tuple(islice((number for number in free if number not in taken), count))


def new_shipment(pad: OrderPad, lines: tuple[int, ...], warehouse: str | None, carrier: str | None = None) -> Shipment:
    """Add a shipment of these lines, and have the warehouse asked for it."""
    order = pad.order
    name = pad.id("shipment", len(order.shipments) + 1)
    shipment = Shipment(name, lines, warehouse=warehouse, carrier=carrier or order.carrier, ask_again=True)
    pad.order = changed(order, shipments=(*order.shipments, shipment))
    return shipment


def ask_again(pad: OrderPad, numbers: set[int]) -> None:
    """Have the warehouse asked again for shipments with changed lines, once no hold prevents it."""
    for shipment in pad.order.shipments:
        if numbers & set(shipment.lines) and shipment.state is ShipmentState.AWAITING_AVAILABILITY:
            pad.put_shipment(changed(shipment, ask_again=True))


def finish(pad: OrderPad, before: int) -> None:
    """Publish the new total and adjust the payment; ask for recalled shipments again.

    While several edits are saved together, that is done once, at the end.
    """
    if pad.saving:
        return
    pad.rules.append(_RULE)
    recalled_goods.edited(pad)
    after = pad.order.total
    if after != before:
        pad.emit(events.OrderRepriced(pad.money(before), pad.money(after)))
        payments.reprice(pad)
        if pad.order.payment.state is PaymentState.CAPTURED:
            refund_requests.for_reduction(pad, pad.order)
