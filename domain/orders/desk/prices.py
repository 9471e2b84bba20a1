"""Prices: cutting the prices of an order's lines, and taking cuts back (OSM-49 to OSM-51)."""

from contracts import commands as desk
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.money import share
from domain.deciding.values import changed
from domain.orders.desk import edits
from domain.orders.order import Line, Order
from domain.orders.scratchpad import OrderPad


def reprice(pad: OrderPad, fact: desk.ChangePrice | desk.ResetPrice) -> Answer:
    """Reduce lines by a percentage of their original price, or restore it (OSM-49 to OSM-51)."""
    cuts = (
        {entry.line: entry.percent for entry in fact.lines}
        if isinstance(fact, desk.ChangePrice)
        else dict.fromkeys(fact.lines, 0)
    )
    order = pad.order
    refusal = edits.unknown_line(order, set(cuts)) or _of_nothing(order)
    if refusal is not None:
        return refusal
    new = tuple(_cut(line, cuts[line.line]) if line.line in cuts else line for line in order.lines)
    if new == order.lines:
        return Refusal("gate", "these lines have that price already", "look at the order as it stands")
    pad.put_lines(new)
    if pad.order.total > order.total and edits.fixed(order) and not pad.saving:
        return Refusal("gate", edits.NO_MORE, "leave the price as it is")
    edits.finish(pad, order.total)
    return Outcome.APPLIED


def _of_nothing(order: Order) -> Refusal | None:
    if order.kind == "regular":
        return None
    return Refusal("gate", f"an order of kind {order.kind} costs nothing", "leave its prices")


def _cut(line: Line, percent: int) -> Line:
    base = line.full_price
    return changed(line, price=base - share(base, percent, 100), base=base if percent else None, before=None)
