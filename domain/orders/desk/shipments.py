"""Shipments: splitting an order's shipments, and cancelling one (S-02, S-12)."""

from contracts import commands as desk
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.money import share
from domain.deciding.values import changed
from domain.orders import events
from domain.orders.desk import addresses, edits
from domain.orders.goods import flash_reorders, recalled_goods, shipping
from domain.orders.order import LINES, Line, LineState, Order, State
from domain.orders.scratchpad import OrderPad


def split(pad: OrderPad, fact: desk.SplitShipment) -> Answer:
    """Move lines, or some pieces of them, to a shipment of their own (S-02)."""
    order = pad.order
    wanted: dict[int, int] = {}
    for entry in fact.lines:
        wanted[entry.line] = wanted.get(entry.line, 0) + entry.quantity
    refusal = edits.unknown_line(order, set(wanted)) or _unsplittable(order, wanted) or _nowhere(fact)
    if refusal is not None:
        return refusal
    sources = tuple(shipment.id for shipment in order.live_shipments if set(wanted) & set(shipment.lines))
    warehouse = next(shipment.warehouse for shipment in order.live_shipments if shipment.id == sources[0])
    flash_reorders.end(pad, set(wanted), "split")
    moved = _move(pad, wanted)
    shipment = edits.new_shipment(pad, moved, warehouse, fact.method)
    if fact.address is not None and pad.order.contact is not None:
        pad.order = changed(pad.order, contact=addresses.own(pad.order.contact, shipment.id, fact))
    pad.rules.append("S-02")
    pad.emit(events.OrderShipmentSplit(shipment.id, sources, moved))
    edits.ask_again(pad, {number for each in pad.order.shipments if each.id in sources for number in each.lines})
    pad.emit(events.OrderRepriced(pad.money(order.total), pad.money(pad.order.total)))
    recalled_goods.edited(pad)
    return Outcome.APPLIED


def _nowhere(fact: desk.SplitShipment) -> Refusal | None:
    if fact.address is not None or fact.method is not None:
        return None
    return Refusal("gate", "a split says where or how the new shipment goes", "name its address or its method")


def _unsplittable(order: Order, wanted: dict[int, int]) -> Refusal | None:
    for number, quantity in wanted.items():
        line = order.line(number)
        if line is None or order.shipment_of(number) is None:
            return Refusal("gate", f"line {number} doesn't travel", "split lines that do")
        if quantity > line.quantity:
            return Refusal("amount_exceeds", f"line {number} has {line.quantity} pieces", "move that many at most")
    left = [
        line
        for line in order.lines
        if line.kind == "shippable" and line.state in LINES["kept"] and wanted.get(line.line, 0) < line.quantity
    ]
    if not left:
        return Refusal("gate", "nothing would be left of the first shipment", "change its address instead")
    return None


def _move(pad: OrderPad, wanted: dict[int, int]) -> tuple[int, ...]:
    """Take lines out of their shipments, and return their numbers; a line that moves in part is divided."""
    moved: list[int] = []
    for number, quantity in wanted.items():
        line = pad.order.line(number)
        assert line is not None
        moved.append(number if quantity == line.quantity else _part(pad, line, quantity))
    for shipment in pad.order.live_shipments:
        kept = tuple(number for number in shipment.lines if number not in moved)
        if kept != shipment.lines:
            pad.put_shipment(changed(shipment, lines=kept))
        if not kept:
            shipping.cancel_one(pad, changed(shipment, lines=()))
    return tuple(moved)


def _part(pad: OrderPad, line: Line, quantity: int) -> int:
    """Divide a line in two without losing a cent, and return the number of the new one."""
    (number,) = edits.numbers(pad.order, 1)
    price = share(line.price, quantity, line.quantity)
    base = None if line.base is None else share(line.base, quantity, line.quantity)
    new = changed(
        line,
        line=number,
        quantity=quantity,
        price=price,
        base=base,
        before=None,
        state=LineState.REQUESTED,
        replaces=line.replaces or line.line,
    )
    rest = changed(
        line,
        quantity=line.quantity - quantity,
        price=line.price - price,
        base=None if line.base is None or base is None else line.base - base,
        before=None,
    )
    pad.put_lines((*(rest if each.line == line.line else each for each in pad.order.lines), new))
    return number


def cancel_shipment(pad: OrderPad, fact: desk.CancelShipment) -> Answer:
    """Cancel one shipment (S-12, EP-14).

    The order goes on with the others; without any it is cancelled.
    """
    shipment = next((each for each in pad.order.live_shipments if each.id == fact.shipment_id), None)
    if shipment is None:
        return Refusal("gate", f"the order has no such shipment: {fact.shipment_id}", "look at its shipments")
    if not fact.reason:
        return Refusal("reason_required", "a cancellation needs its reason", "say why the shipment is cancelled")
    if pad.order.state is State.DRAFT:
        return Refusal("gate", "the order is a draft", "remove its lines instead: order.modify")
    shipping.cancel_one(pad, shipment)
    return Outcome.APPLIED
