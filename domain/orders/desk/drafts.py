"""Drafts: orders taken down on the phone, parked, handed over or dropped; free copies of sent orders (O-01 to O-07)."""

from typing import Final

from contracts import commands as desk
from contracts.references import NUMBER
from domain.deciding.deadlines import Deadline
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.identity import derive
from domain.deciding.money import share
from domain.deciding.values import changed
from domain.orders import events, facts, pieces
from domain.orders.desk import locks
from domain.orders.money import payments
from domain.orders.order import FREE, Line, Order, Replaced, State
from domain.orders.scratchpad import OrderPad

_ELSEWHERE: Final = "ask for less; a piece that another order replaced is replaced again from that order"
Call = desk.ParkCall | desk.TransferCall


def drafted(pad: OrderPad, order: Order) -> None:
    """Publish that an order is being taken down, locked by its agent (O-01)."""
    pad.claim(NUMBER, order.store, order.number)
    pad.emit(events.OrderDrafted(order.kind, order.store, order.channel))
    if pad.received.actor is not None:
        locks.take(pad, pad.received.actor.name)
    pad.arm(Deadline.DRAFT, pad.policy.draft)


def call(pad: OrderPad, fact: Call) -> Answer:
    """Park the draft or hand it over; its lock ends (O-02, O-03)."""
    order, actor = pad.order, pad.received.actor
    assert actor is not None
    if order.lock is None or order.lock.owner != actor.name:
        return Refusal("gate", "only who edits the draft parks it or hands it over", "lock it first: order.lock")
    if isinstance(fact, desk.ParkCall):
        pad.rules.append("O-02")
        pad.emit(events.CallParked())
        locks.end(pad, "parked")
        return Outcome.APPLIED
    pad.rules.append("O-03")
    pad.order = changed(order, assignee=fact.user)
    pad.emit(events.CallTransferred(fact.user))
    locks.end(pad, "transferred")
    return Outcome.APPLIED


def void(pad: OrderPad, fact: desk.VoidOrder | desk.VoidCall) -> Answer:
    """Drop the draft, and end its call (O-04, OMC-14); only drafts come so far."""
    if isinstance(fact, desk.VoidCall):
        pad.emit(events.CallVoided())
    return Outcome.APPLIED


def approvable(pad: OrderPad, fact: facts.ApproveOrder) -> Answer:
    """Let a free order through for a reason, or a doubted one (O-07, O-14)."""
    order = pad.order
    if order.state is State.DRAFT and order.kind not in FREE:
        return Refusal("gate", "an order that is paid for isn't approved but submitted", "submit it: order.submit")
    if order.state is State.DRAFT and not fact.reason:
        return Refusal("reason_required", "an order that costs nothing needs its reason", "say why it is free")
    if order.state is State.DRAFT and not order.lines:
        return Refusal("gate", "the order has no lines", "add some: order.modify")
    if order.state is State.DRAFT and _nowhere(order):
        return Refusal("gate", "nobody has said where the goods go", "give the address: order.address.change")
    if order.state is not State.DRAFT and not payments.secured(order):
        return Refusal("gate", "the order's money is not reserved in full", "wait for the payment service")
    if order.state is not State.DRAFT and payments.expired(pad):
        return Refusal("gate", "the reservation of the order's money has expired", "cancel it and place it anew")
    return Outcome.APPLIED


def _nowhere(order: Order) -> bool:
    """Tell whether something travels and has no address (O-05, O-07)."""
    return any(order.contact is None or order.contact.address_of(each.id) is None for each in order.live_shipments)


def copy(pad: OrderPad, fact: desk.CreateZeroOrder) -> Answer:
    """Have a free copy of this sent order made: another order, by message (OSM-73 to OSM-77)."""
    order = pad.order
    if not fact.reason:
        return Refusal("reason_required", "a free copy needs its reason", "say why it is sent")
    wanted = _wanted(order, fact)
    if isinstance(wanted, Refusal):
        return wanted
    lines = tuple(_copied_line(line, wanted[line.line]) for line in order.lines if wanted.get(line.line))
    if not lines:
        return Refusal("amount_exceeds", "every piece of the order is given back or replaced already", _ELSEWHERE)
    _open(pad, lines, fact.reason)
    return Outcome.APPLIED


def _wanted(order: Order, fact: desk.CreateZeroOrder) -> dict[int, int] | Refusal:
    """Return by line how many pieces are to be replaced: those named, or all that are left (R-21)."""
    left = {line.line: pieces.of(order, line).left for line in order.lines}
    named: dict[int, int] = {}
    for entry in fact.lines:
        named[entry.line] = named.get(entry.line, 0) + entry.quantity
    for number, quantity in named.items():
        if quantity > left.get(number, 0):
            detail = f"line {number}: {quantity} pieces asked, {left.get(number, 0)} can still be replaced"
            return Refusal("amount_exceeds", detail, _ELSEWHERE)
    return named or left


def _copied_line(line: Line, quantity: int) -> facts.OrderLine:
    """Return a line of the copy; its price is kept for information, it costs nothing (A-43)."""
    price = share(line.full_price, 1, line.quantity)
    return facts.OrderLine(
        line=line.line,
        sku=line.sku,
        quantity=quantity,
        unit_price=price,
        model=line.model,
        kind=line.kind,
        personalisation=line.personalisation,
        title=line.title,
        variant=line.variant,
    )


def _open(pad: OrderPad, lines: tuple[facts.OrderLine, ...], reason: str) -> None:
    order, cause = pad.order, pad.received.cause
    copy_id = derive(order.id, "zero", cause.source, cause.id)
    copies = order.copies + 1
    pad.rules.append("OSM-73")
    replaced = tuple(Replaced(copy_id, line.line, line.quantity) for line in lines)
    links, replaced = (*order.links, copy_id), (*order.replaced, *replaced)
    pad.order = changed(order, links=links, copies=copies, replaced=replaced)
    pad.emit(events.OrderLinked(copy_id, "zero"))
    number = order.number_of("Z", copies)
    pad.emit(events.NoteAdded(f"free copy {number} drafted: {reason}"))
    pad.send(copy_id, _opening(order, number, lines, reason))


def _opening(order: Order, number: str, lines: tuple[facts.OrderLine, ...], reason: str) -> facts.OpenZeroOrder:
    assert order.contact is not None
    assert order.contact.shipping_address is not None
    return facts.OpenZeroOrder(
        origin_id=order.id,
        origin_number=order.number,
        number=number,
        store=order.store,
        channel=order.channel,
        currency=order.currency,
        customer=order.contact.customer,
        shipping_address=order.contact.shipping_address,
        lines=lines,
        carrier=order.carrier,
        reason=reason,
    )


def copied(pad: OrderPad, order: Order) -> None:
    """Publish the free copy as a draft, linked to its origin (O-07, OSM-77); it is an order once it is approved."""
    assert order.origin is not None
    pad.claim(NUMBER, order.store, order.number)
    pad.emit(events.OrderDrafted(order.kind, order.store, order.channel, order.origin.order_id))
    pad.emit(events.OrderLinked(order.origin.order_id, "origin"))
    pad.emit(events.NoteAdded(f"free copy of {order.origin.number}: {pad.reason}"))
    pad.arm(Deadline.DRAFT, pad.policy.draft)


def approved(pad: OrderPad, order: Order) -> None:
    """Note on both orders that the free one goes ahead, and tell the customer its number (O-07, OSM-80)."""
    pad.disarm(Deadline.DRAFT)
    locks.end(pad, "saved")
    if order.origin is None:
        return
    pad.emit(events.NoteAdded(f"free copy of {order.origin.number} approved: {pad.reason}"))
    pad.send(order.origin.order_id, facts.OrderRelated(order.id, "zero", f"free copy {order.number} approved"))
    pad.email("new_order_no")
