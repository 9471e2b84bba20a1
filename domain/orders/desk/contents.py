"""Contents: changing an order's lines, carrier and shipping fee (OSM-40 to OSM-45)."""

from contracts import commands as desk
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.money import share
from domain.deciding.values import changed
from domain.orders import events
from domain.orders.desk import edits
from domain.orders.goods import flash_reorders, shipping
from domain.orders.order import FREE, LINES, SHIPMENTS, Counted, Line, LineState, Order
from domain.orders.scratchpad import OrderPad


def modify(pad: OrderPad, fact: desk.ModifyOrder) -> Answer:
    """Apply one change of lines, carrier and shipping fee as a whole (OSM-40 to OSM-45)."""
    order = pad.order
    touched = {*fact.remove, *(entry.line for entry in fact.change)}
    twice = set(fact.remove) & {entry.line for entry in fact.change}
    refusal = edits.unknown_line(order, touched) or _senseless(order, fact, twice) or _beyond(order, fact)
    if refusal is not None:
        return refusal
    before = order.total
    _remove(pad, set(fact.remove))
    flash_reorders.end(pad, set(fact.remove), "removed")
    _recount(pad, {entry.line: entry.quantity for entry in fact.change})
    added = _add(pad, fact.add)
    _carry(pad, fact.carrier)
    _absorb(pad, fact.shipping_discount_pct)
    if pad.order.total > before and edits.fixed(order) and not pad.saving:
        return Refusal("gate", edits.NO_MORE, "place another order for what is added")
    if (refusal := edits.too_much(pad.order)) is not None:
        return refusal
    changed_lines = tuple(entry.line for entry in fact.change)
    pad.emit(events.OrderModified(added, fact.remove, changed_lines, fact.carrier))
    edits.ask_again(pad, touched | set(added))
    edits.finish(pad, before)
    return Outcome.APPLIED


def _senseless(order: Order, fact: desk.ModifyOrder, twice: set[int]) -> Refusal | None:
    if twice:
        return Refusal("gate", f"line {min(twice)} is both removed and changed", "say one of the two")
    kept = [line for line in order.lines if line.state in LINES["kept"] and line.line not in fact.remove]
    if not kept and not fact.add and order.lines:
        return Refusal("gate", "nothing would be left of the order", "cancel it instead: order.cancel")
    settings = (fact.carrier, fact.shipping_discount_pct)
    nothing = not (fact.add or fact.remove or fact.change) and all(each is None for each in settings)
    if nothing and not any(shipment.recalled for shipment in order.shipments):
        return Refusal("gate", "the command changes nothing", "say what to add, remove or change")
    return None


def _beyond(order: Order, fact: desk.ModifyOrder) -> Refusal | None:
    """Return a refusal if a line would replace more pieces of the original order than it was opened for (R-21)."""
    if order.origin is None:
        return None
    held = {line.line: line.quantity for line in order.lines}
    for entry in fact.change:
        if entry.quantity > held[entry.line]:
            detail = f"line {entry.line} replaces {held[entry.line]} pieces of order {order.origin.number}"
            return Refusal("amount_exceeds", detail, f"have more replaced from order {order.origin.number}")
    return None


def _remove(pad: OrderPad, numbers: set[int]) -> None:
    if not numbers:
        return
    pad.put_lines(
        tuple(
            changed(line, state=LineState.CANCELLED, base=line.full_price, price=0) if line.line in numbers else line
            for line in pad.order.lines
        )
    )
    live = {line.line for line in pad.order.lines if line.state in LINES["kept"]}
    for shipment in pad.order.live_shipments:
        if not live & set(shipment.lines):
            shipping.cancel_one(pad, shipment)


def _recount(pad: OrderPad, quantities: dict[int, int]) -> None:
    """Change quantities; the price of each line changes in proportion."""
    pad.put_lines(
        tuple(_counted(line, quantities[line.line]) if line.line in quantities else line for line in pad.order.lines)
    )


def _counted(line: Line, quantity: int) -> Line:
    before = line.before or Counted(line.quantity, line.price, line.base)
    base = None if before.base is None else share(before.base, quantity, before.quantity)
    price = share(before.price, quantity, before.quantity)
    kept = None if quantity == before.quantity else before
    return changed(line, quantity=quantity, price=price, base=base, before=kept, state=LineState.REQUESTED)


def _add(pad: OrderPad, lines: tuple[desk.NewLine, ...]) -> tuple[int, ...]:
    order = pad.order
    numbers = edits.numbers(order, len(lines))
    free = order.kind in FREE
    new = tuple(
        Line(
            number,
            each.sku,
            each.quantity,
            0 if free else max(0, each.unit_price * each.quantity - each.discount),
            each.model,
            "digital" if each.kind == "digital" else "shippable",
            personalisation=each.personalisation,
            title=each.title,
            variant=each.variant,
        )
        for number, each in zip(numbers, lines, strict=True)
    )
    pad.put_lines((*order.lines, *new))
    for line, asked in zip(new, lines, strict=True):
        if line.kind == "shippable":
            _ship(pad, line.line, asked.warehouse)
    return tuple(line.line for line in new)


def _ship(pad: OrderPad, number: int, warehouse: str | None) -> None:
    """Add a new line to a shipment that is not reserved yet, or to a new shipment."""
    for shipment in pad.order.shipments:
        if shipment.state in SHIPMENTS["unreserved"] and warehouse in (None, shipment.warehouse):
            pad.put_shipment(changed(shipment, lines=(*shipment.lines, number)))
            return
    edits.new_shipment(pad, (number,), warehouse)


def _carry(pad: OrderPad, carrier: str | None) -> None:
    if carrier is None:
        return
    order = pad.order
    shipments = tuple(changed(s, carrier=carrier) if s.state in SHIPMENTS["unreserved"] else s for s in order.shipments)
    pad.order = changed(order, carrier=carrier, shipments=shipments)


def _absorb(pad: OrderPad, percent: int | None) -> None:
    """Reduce the original shipping fee by this percentage; 0 restores it (OSM-44)."""
    if percent is None:
        return
    order = pad.order
    base = order.shipping_fee if order.fee_base is None else order.fee_base
    pad.order = changed(order, shipping_fee=base - share(base, percent, 100), fee_base=base)
