"""Refund amounts: what was refunded, what is left, and what a return is worth (F-03, A-20)."""

from collections.abc import Mapping
from typing import Final

from domain.deciding.money import next_share
from domain.orders import pieces
from domain.orders.order import REFUNDS, Order, PaymentState, Refund, Return

REPLACEMENT: Final = "replacement"
"""The origin of a refund for pieces that another order replaced."""
OF_GOODS: Final = frozenset({"rma", REPLACEMENT})
"""The origins of refunds for goods that came back."""


def taken(order: Order) -> bool:
    """Tell whether the order's money is captured."""
    return order.payment.state is PaymentState.CAPTURED or order.payment.taken > 0


def promised(order: Order) -> int:
    """Return the sum of all refunds that are not cancelled, in minor units."""
    return sum(refund.amount for refund in order.refunds if refund.state in REFUNDS["counted"])


def left_for(order: Order, refund: Refund) -> int:
    """Return what approved refunds other than this one leave of the captured money, in minor units."""
    others = (each for each in order.refunds if each.id != refund.id and each.state not in REFUNDS["unapproved"])
    return order.payment.taken - sum(each.amount for each in others)


def left_of(order: Order, payment_id: str | None) -> int:
    """Return what refunds leave of the money taken under one payment id, in minor units; None is the one in use."""
    payment = order.payment
    name = None if payment_id == payment.payment_id else payment_id
    other = next((each for each in payment.others if each.payment_id == name), None)
    taken_here = payment.captured if other is None else other.captured
    return taken_here - sum(
        refund.amount for refund in order.refunds if refund.payment_id == name and refund.state in REFUNDS["counted"]
    )


def to_give(order: Order) -> int:
    """Return the captured money, in minor units; before the capture, the amount that will be captured."""
    payment = order.payment
    return (
        payment.taken if taken(order) else min(order.total - payment.written_off, payment.authorised - payment.voided)
    )


def fee_share(order: Order, goods: int) -> int:
    """Return the share of the shipping fee for goods of this worth, in minor units (A-20).

    The last share takes the remainder.
    """
    whole = sum(line.price for line in order.lines if line.kind == "shippable")
    before = sum(refund.fee_goods for refund in order.refunds if refund.state in REFUNDS["counted"])
    return next_share(order.shipping_fee, before, goods, whole)


def shipped_worth(order: Order, worth: Mapping[int, int]) -> int:
    """Return the worth of the shippable lines among these: only they share the shipping fee (A-20)."""
    travelled = {line.line for line in order.lines if line.kind == "shippable"}
    return sum(amount for number, amount in worth.items() if number in travelled)


def paid_back(order: Order, number: int, but: str = "") -> int:
    """Return how many pieces of a line were refunded, with or without a return (A-20).

    `but` is the RMA code of a return to leave out.
    """
    live = [refund for refund in order.refunds if refund.state in REFUNDS["counted"]]
    codes = {refund.rma_code for refund in live} - {but}
    named = sum(entry.quantity for refund in live for entry in refund.pieces if entry.line == number)
    return named + sum(accepted(order, each, number) for each in order.returns if each.code in codes)


def accepted(order: Order, returned: Return, number: int) -> int:
    """Return how many pieces of a line arrived by a return, without those settled since by what replaced them."""
    arrived = sum(entry.received for entry in returned.lines if entry.line == number)
    return arrived - pieces.ended(order, returned.code, number) if arrived else 0


def reduced(order: Order) -> int:
    """Return the sum of refunds for price reductions, in minor units."""
    reductions = (each for each in order.refunds if each.origin == "reduction" and each.state in REFUNDS["counted"])
    return sum(each.amount for each in reductions)


def suggested(order: Order, returned: Return) -> tuple[int, int]:
    """Return the amount to refund for a return, and the worth of its goods that share the fee (F-03, A-20).

    Both are in minor units.
    """
    numbers = dict.fromkeys(entry.line for entry in returned.lines)
    arrived = {number: accepted(order, returned, number) for number in numbers}
    return worth_of(order, arrived, shipping=returned.refund_shipping, but=returned.code)


def worth_of(order: Order, wanted: Mapping[int, int], *, shipping: bool, but: str = "") -> tuple[int, int]:
    """Return the amount to refund for these pieces by line, and the worth of those that share the fee (F-03, A-20).

    Both are in minor units. `but` is the RMA code of the return that they came back by.
    """
    worth = {number: _goods(order, number, quantity, but) for number, quantity in wanted.items()}
    goods = sum(worth.values())
    if not shipping:
        return goods, 0
    shipped = shipped_worth(order, worth)
    return goods + fee_share(order, shipped), shipped


def _goods(order: Order, number: int, quantity: int, but: str) -> int:
    line = order.line(number)
    if line is None:
        return 0
    before = paid_back(order, number, but=but)
    return next_share(line.price, before, min(quantity, max(0, line.quantity - before)), line.quantity)
