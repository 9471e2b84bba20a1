"""Saves: an edit of an order as a whole, decided at once: every part of it is done, or none (O-26)."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from contracts import commands as desk
from domain import rights
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.values import changed
from domain.orders import events, facts, gates
from domain.orders.desk import addresses, contents, edits, prices, shipments
from domain.orders.order import Order
from domain.orders.scratchpad import OrderPad

_Rule = Callable[[OrderPad, Any], Answer]
_PARTS: Final[dict[type[facts.Command], tuple[str, _Rule]]] = {
    desk.ModifyOrder: ("modify", contents.modify),
    desk.ChangePrice: ("price", prices.reprice),
    desk.ResetPrice: ("price", prices.reprice),
    desk.ChangeAddress: ("address", addresses.readdress),
    desk.SplitShipment: ("split", shipments.split),
}
"""The commands that an edit consists of, each with its row of the gate matrix and its rule."""


def splits(order: Order, said: desk.EditOrder) -> bool:
    """Tell whether an edit splits shipments, for which there is a scope of its own (EP-36)."""
    return bool(said.splits)


def save(pad: OrderPad, fact: desk.EditOrder) -> Answer:
    """Do all parts of an edit in their order, or refuse the edit for the first that can't be done."""
    parts, before = tuple(_parts(fact)), pad.order
    refusal = _objection(pad, fact, parts)
    if refusal is not None:
        return refusal
    pad.saving = True
    for part in parts:
        answer = _PARTS[type(part)][1](pad, part)
        if isinstance(answer, Refusal):
            return answer
        pad.tell(type(part))
    pad.saving = False
    _correct(pad, fact.contact)
    if pad.order.total > before.total and edits.fixed(before):
        return Refusal("gate", edits.NO_MORE, "place another order for what is added")
    edits.finish(pad, before.total)
    return Outcome.APPLIED


def _parts(fact: desk.EditOrder) -> Iterator[facts.Command]:
    """Yield the commands that an edit stands for."""
    lines = fact.lines or desk.EditedLines()
    if lines.add or lines.remove or lines.change or fact.carrier or fact.shipping_discount_pct is not None:
        yield desk.ModifyOrder(lines.add, lines.remove, lines.change, fact.carrier, fact.shipping_discount_pct)
    if fact.prices is not None and fact.prices.reset:
        yield desk.ResetPrice(fact.prices.reset)
    if fact.prices is not None and fact.prices.cut:
        yield desk.ChangePrice(fact.prices.cut)
    for each in fact.addresses:
        yield desk.ChangeAddress(kind=each.kind, address=each.address, shipment_id=each.shipment_id)
    for split in fact.splits:
        yield desk.SplitShipment(split.lines, split.address, split.method)


def _objection(pad: OrderPad, fact: desk.EditOrder, parts: tuple[facts.Command, ...]) -> Refusal | None:
    """Return why the order takes no such edit now: each part has the gate of its own command."""
    if not parts and fact.contact is None:
        return Refusal("gate", "the edit changes nothing", "say what to change")
    only_splits = not fact.contact and all(isinstance(each, desk.SplitShipment) for each in parts)
    if not only_splits:
        lacking = rights.no_right(rights.MANAGE, None, pad.order.store, pad.received.actor)
        if lacking is not None:
            return lacking
    asked: list[tuple[str, facts.Command]] = [(_PARTS[type(part)][0], part) for part in parts]
    if fact.contact is not None:
        asked.append(("address", fact))
    refusals = (gates.objection(pad.order, row, part) for row, part in asked)
    return next((refusal for refusal in refusals if refusal is not None), None)


def _correct(pad: OrderPad, new: desk.EditedContact | None) -> None:
    """Correct how the customer is called and reached."""
    contact = pad.order.contact
    if new is None or contact is None:
        return
    given = {name: held for name in ("name", "email", "phone") if (held := getattr(new, name)) is not None}
    customer = changed(contact.customer, **given)
    if customer != contact.customer:
        pad.order = changed(pad.order, contact=changed(contact, customer=customer))
        pad.emit(events.OrderAddressChanged("contact"))
