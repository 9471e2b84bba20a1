"""Editing: lines, prices, addresses and shipments of an order that the warehouse has not set aside yet (O-26, S-02)."""

from collections.abc import Callable
from typing import Final

from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.money import share
from domain.deciding.scratchpad import Scratchpad
from domain.deciding.values import changed
from domain.orders import desk_facts as desk
from domain.orders import events
from domain.orders.goods import flash_reorders, recalled_goods, shipping
from domain.orders.money import payments, refund_requests
from domain.orders.order import (
    FREE,
    Contact,
    Counted,
    Line,
    LineState,
    Order,
    OwnAddress,
    PaymentState,
    Shipment,
    ShipmentState,
    State,
)

_RULE: Final = "O-26"
_GONE: Final = (ShipmentState.CANCELLED, ShipmentState.NOT_REQUIRED)


def _unknown(order: Order, numbers: set[int]) -> Refusal | None:
    live = {line.line for line in order.lines if line.state is not LineState.CANCELLED}
    missing = sorted(numbers - live)
    return Refusal("gate", f"the order has no such line: {missing[0]}", "look at its lines") if missing else None


_NO_MORE: Final = "its money is settled and can't be raised"
_UNAPPROVED: Final = frozenset({State.DRAFT, State.PAYMENT_PENDING, State.RISK_REVIEW, State.RISK_FOLLOW_UP})


def _fixed(order: Order) -> bool:
    """Tell whether the money can't grow: it is taken, or the order went on without the cheque that it didn't need."""
    if order.payment.state is PaymentState.NOT_REQUIRED:
        return order.payment_method == "cheque" and order.state not in _UNAPPROVED
    return order.payment.state is PaymentState.CAPTURED


def modify(pad: Scratchpad, fact: desk.ModifyOrder) -> Answer:
    """Change lines, carrier and shipping fee all at once (OSM-40 to OSM-45)."""
    order = pad.order
    touched = {*fact.remove, *(entry.line for entry in fact.change)}
    twice = set(fact.remove) & {entry.line for entry in fact.change}
    refusal = _unknown(order, touched) or _senseless(order, fact, twice)
    if refusal is not None:
        return refusal
    before = order.total
    _remove(pad, set(fact.remove))
    flash_reorders.end(pad, set(fact.remove), "removed")
    _recount(pad, {entry.line: entry.quantity for entry in fact.change})
    added = _add(pad, fact.add)
    _carry(pad, fact.carrier)
    _absorb(pad, fact.shipping_discount_pct)
    if pad.order.total > before and _fixed(order):
        return Refusal("gate", _NO_MORE, "place another order for what is added")
    changed_lines = tuple(entry.line for entry in fact.change)
    pad.emit(events.OrderModified(added, fact.remove, changed_lines, fact.carrier))
    _ask_again(pad, touched | set(added))
    _after(pad, before)
    return Outcome.APPLIED


def _senseless(order: Order, fact: desk.ModifyOrder, twice: set[int]) -> Refusal | None:
    if twice:
        return Refusal("gate", f"line {min(twice)} is both removed and changed", "say one of the two")
    kept = [line for line in order.lines if line.state is not LineState.CANCELLED and line.line not in fact.remove]
    if not kept and not fact.add and order.lines:
        return Refusal("gate", "nothing would be left of the order", "cancel it instead: order.cancel")
    settings = (fact.carrier, fact.shipping_discount_pct)
    nothing = not (fact.add or fact.remove or fact.change) and all(each is None for each in settings)
    if nothing and not any(shipment.recalled for shipment in order.shipments):
        return Refusal("gate", "the command changes nothing", "say what to add, remove or change")
    return None


def _remove(pad: Scratchpad, numbers: set[int]) -> None:
    if not numbers:
        return
    pad.put_lines(
        tuple(
            changed(line, state=LineState.CANCELLED, base=line.full_price, price=0) if line.line in numbers else line
            for line in pad.order.lines
        )
    )
    live = {line.line for line in pad.order.lines if line.state is not LineState.CANCELLED}
    for shipment in pad.order.live_shipments:
        if not live & set(shipment.lines):
            shipping.cancel_one(pad, shipment)


def _recount(pad: Scratchpad, quantities: dict[int, int]) -> None:
    """Give lines other quantities: the price goes with the pieces, promotions of order time included."""
    pad.put_lines(
        tuple(_counted(line, quantities[line.line]) if line.line in quantities else line for line in pad.order.lines)
    )


def _counted(line: Line, quantity: int) -> Line:
    before = line.before or Counted(line.quantity, line.price, line.base)
    base = None if before.base is None else share(before.base, quantity, before.quantity)
    price = share(before.price, quantity, before.quantity)
    kept = None if quantity == before.quantity else before
    return changed(line, quantity=quantity, price=price, base=base, before=kept, state=LineState.REQUESTED)


def _add(pad: Scratchpad, lines: tuple[desk.NewLine, ...]) -> tuple[int, ...]:
    order = pad.order
    first = max((line.line for line in order.lines), default=0) + 1
    free = order.kind in FREE
    new = tuple(
        Line(
            first + n,
            each.sku,
            each.quantity,
            0 if free else max(0, each.unit_price * each.quantity - each.discount),
            each.model,
            "digital" if each.kind == "digital" else "shippable",
            personalisation=each.personalisation,
        )
        for n, each in enumerate(lines)
    )
    pad.put_lines((*order.lines, *new))
    for line, asked in zip(new, lines, strict=True):
        if line.kind == "shippable":
            _ship(pad, line.line, asked.warehouse)
    return tuple(line.line for line in new)


def _ship(pad: Scratchpad, number: int, warehouse: str | None) -> None:
    """Let a new line travel with a shipment that isn't set aside yet, or in one of its own."""
    open_states = (ShipmentState.PLANNED, ShipmentState.AWAITING_AVAILABILITY)
    for shipment in pad.order.shipments:
        if shipment.state in open_states and warehouse in (None, shipment.warehouse):
            pad.put_shipment(changed(shipment, lines=(*shipment.lines, number)))
            return
    _new_shipment(pad, (number,), warehouse)


def _new_shipment(
    pad: Scratchpad, lines: tuple[int, ...], warehouse: str | None, carrier: str | None = None
) -> Shipment:
    order = pad.order
    name = pad.id("shipment", len(order.shipments) + 1)
    shipment = Shipment(name, lines, warehouse=warehouse, carrier=carrier or order.carrier, ask_again=True)
    pad.order = changed(order, shipments=(*order.shipments, shipment))
    return shipment


def _carry(pad: Scratchpad, carrier: str | None) -> None:
    if carrier is None:
        return
    order = pad.order
    open_states = (ShipmentState.PLANNED, ShipmentState.AWAITING_AVAILABILITY)
    shipments = tuple(changed(s, carrier=carrier) if s.state in open_states else s for s in order.shipments)
    pad.order = changed(order, carrier=carrier, shipments=shipments)


def _absorb(pad: Scratchpad, percent: int | None) -> None:
    """Take this part of the shipping fee of order time off; 0 asks for all of it again (OSM-44)."""
    if percent is None:
        return
    order = pad.order
    base = order.shipping_fee if order.fee_base is None else order.fee_base
    pad.order = changed(order, shipping_fee=base - share(base, percent, 100), fee_base=base)


def _ask_again(pad: Scratchpad, numbers: set[int]) -> None:
    """Have the warehouse asked again for shipments whose lines have changed, as soon as nothing holds the order."""
    for shipment in pad.order.shipments:
        if numbers & set(shipment.lines) and shipment.state is ShipmentState.AWAITING_AVAILABILITY:
            pad.put_shipment(changed(shipment, ask_again=True))


def _after(pad: Scratchpad, before: int) -> None:
    """Draw what follows from an edit: the new total, its money, and recalled goods that may be asked for again."""
    pad.rules.append(_RULE)
    recalled_goods.edited(pad)
    after = pad.order.total
    if after != before:
        pad.emit(events.OrderRepriced(pad.money(before), pad.money(after)))
        payments.reprice(pad)
        if pad.order.payment.state is PaymentState.CAPTURED:
            refund_requests.for_reduction(pad, pad.order)


def reprice(pad: Scratchpad, fact: desk.ChangePrice | desk.ResetPrice) -> Answer:
    """Make lines cheaper by a percentage of their price at order time, or undo that (OSM-49 to OSM-51)."""
    cuts = (
        {entry.line: entry.percent for entry in fact.lines}
        if isinstance(fact, desk.ChangePrice)
        else dict.fromkeys(fact.lines, 0)
    )
    order = pad.order
    refusal = _unknown(order, set(cuts)) or _of_nothing(order)
    if refusal is not None:
        return refusal
    new = tuple(_cut(line, cuts[line.line]) if line.line in cuts else line for line in order.lines)
    if new == order.lines:
        return Refusal("gate", "these lines have that price already", "look at the order as it stands")
    pad.put_lines(new)
    if pad.order.total > order.total and _fixed(order):
        return Refusal("gate", _NO_MORE, "leave the price as it is")
    _after(pad, order.total)
    return Outcome.APPLIED


def _of_nothing(order: Order) -> Refusal | None:
    if order.kind == "regular":
        return None
    return Refusal("gate", f"an order of kind {order.kind} costs nothing", "leave its prices")


def _cut(line: Line, percent: int) -> Line:
    base = line.full_price
    return changed(line, price=base - share(base, percent, 100), base=base if percent else None, before=None)


def readdress(pad: Scratchpad, fact: desk.ChangeAddress) -> Answer:
    """Change the billing address, or where the order or one shipment of it goes (OSM-46, OSM-47, EP-37).

    A new address for all is one for all that may still be changed: a shipment that is set aside or further keeps the
    one that it has.
    """
    order = pad.order
    known = any(each.id == fact.shipment_id and each.state not in _GONE for each in order.shipments)
    if fact.shipment_id is not None and not known:
        return Refusal("gate", f"the order has no such shipment: {fact.shipment_id}", "look at its shipments")
    assert order.contact is not None
    pad.order = changed(order, contact=_ADDRESSES[fact.kind](order, order.contact, fact))
    pad.emit(events.OrderAddressChanged(fact.kind, fact.shipment_id))
    _after(pad, order.total)
    return Outcome.APPLIED


def _billed(order: Order, contact: Contact, fact: desk.ChangeAddress) -> Contact:
    return changed(contact, billing_address=fact.address)


def _shipped(order: Order, contact: Contact, fact: desk.ChangeAddress) -> Contact:
    if fact.shipment_id is None:
        return changed(contact, shipping_address=fact.address, own_addresses=_settled(order, contact))
    return _own(contact, fact.shipment_id, fact)


def _settled(order: Order, contact: Contact) -> tuple[OwnAddress, ...]:
    """Return the addresses of the shipments that are set aside or further: they go where they went before."""
    fixed = (each.id for each in order.live_shipments if each.rank >= shipping.RESERVED_RANK)
    addresses = ((name, contact.address_of(name)) for name in fixed)
    return tuple(OwnAddress(name, address) for name, address in addresses if address is not None)


def _own(contact: Contact, shipment_id: str, fact: desk.ChangeAddress | desk.SplitShipment) -> Contact:
    assert fact.address is not None
    others = tuple(each for each in contact.own_addresses if each.shipment_id != shipment_id)
    return changed(contact, own_addresses=(*others, OwnAddress(shipment_id, fact.address)))


_ADDRESSES: Final[dict[str, Callable[[Order, Contact, desk.ChangeAddress], Contact]]] = {
    "billing": _billed,
    "shipping": _shipped,
}


def split(pad: Scratchpad, fact: desk.SplitShipment) -> Answer:
    """Let lines, or some pieces of them, travel apart (S-02)."""
    order = pad.order
    wanted: dict[int, int] = {}
    for entry in fact.lines:
        wanted[entry.line] = wanted.get(entry.line, 0) + entry.quantity
    refusal = _unknown(order, set(wanted)) or _unsplittable(order, wanted) or _nowhere(fact)
    if refusal is not None:
        return refusal
    sources = tuple(shipment.id for shipment in order.live_shipments if set(wanted) & set(shipment.lines))
    warehouse = next(shipment.warehouse for shipment in order.live_shipments if shipment.id == sources[0])
    flash_reorders.end(pad, set(wanted), "split")
    moved = _move(pad, wanted)
    shipment = _new_shipment(pad, moved, warehouse, fact.method)
    if fact.address is not None and pad.order.contact is not None:
        pad.order = changed(pad.order, contact=_own(pad.order.contact, shipment.id, fact))
    pad.rules.append("S-02")
    pad.emit(events.OrderShipmentSplit(shipment.id, sources, moved))
    _ask_again(pad, {number for each in pad.order.shipments if each.id in sources for number in each.lines})
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
        if line.kind == "shippable"
        and line.state is not LineState.CANCELLED
        and wanted.get(line.line, 0) < line.quantity
    ]
    if not left:
        return Refusal("gate", "nothing would be left of the first shipment", "change its address instead")
    return None


def _move(pad: Scratchpad, wanted: dict[int, int]) -> tuple[int, ...]:
    """Take lines out of their shipments; a line of which pieces stay is parted into two."""
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


def _part(pad: Scratchpad, line: Line, quantity: int) -> int:
    """Part a line in two without losing a cent, and return the number of the new one."""
    number = max(each.line for each in pad.order.lines) + 1
    price = share(line.price, quantity, line.quantity)
    base = None if line.base is None else share(line.base, quantity, line.quantity)
    new = changed(line, line=number, quantity=quantity, price=price, base=base, before=None, state=LineState.REQUESTED)
    rest = changed(
        line,
        quantity=line.quantity - quantity,
        price=line.price - price,
        base=None if line.base is None or base is None else line.base - base,
        before=None,
    )
    pad.put_lines((*(rest if each.line == line.line else each for each in pad.order.lines), new))
    return number


def cancel_shipment(pad: Scratchpad, fact: desk.CancelShipment) -> Answer:
    """Cancel one shipment; the order goes on with the others, or ends with the last one (S-12, EP-14)."""
    shipment = next((each for each in pad.order.live_shipments if each.id == fact.shipment_id), None)
    if shipment is None:
        return Refusal("gate", f"the order has no such shipment: {fact.shipment_id}", "look at its shipments")
    if not fact.reason:
        return Refusal("reason_required", "a cancellation needs its reason", "say why the shipment is cancelled")
    if pad.order.state is State.DRAFT:
        return Refusal("gate", "the order is a draft", "remove its lines instead: order.modify")
    shipping.cancel_one(pad, shipment)
    return Outcome.APPLIED
