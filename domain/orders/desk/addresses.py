"""Addresses: changing where an order is billed and where its shipments go (OSM-46, OSM-47, EP-37)."""

from collections.abc import Callable
from typing import Final

from contracts import commands as desk
from domain.deciding.decision import Answer, Outcome, Refusal
from domain.deciding.values import changed
from domain.orders import events
from domain.orders.desk import edits
from domain.orders.goods import shipping
from domain.orders.order import SHIPMENTS, Contact, Order, OwnAddress
from domain.orders.scratchpad import OrderPad

_GONE: Final = SHIPMENTS["needless"]


def readdress(pad: OrderPad, fact: desk.ChangeAddress) -> Answer:
    """Change the billing address, or the address of the order or one shipment (OSM-46, OSM-47, EP-37).

    A new address of the order leaves out shipments that are reserved already: they keep theirs.
    """
    order = pad.order
    known = any(each.id == fact.shipment_id and each.state not in _GONE for each in order.shipments)
    if fact.shipment_id is not None and not known:
        return Refusal("gate", f"the order has no such shipment: {fact.shipment_id}", "look at its shipments")
    assert order.contact is not None
    pad.order = changed(order, contact=_ADDRESSES[fact.kind](order, order.contact, fact))
    pad.emit(events.OrderAddressChanged(fact.kind, fact.shipment_id))
    edits.finish(pad, order.total)
    return Outcome.APPLIED


def _billed(order: Order, contact: Contact, fact: desk.ChangeAddress) -> Contact:
    return changed(contact, billing_address=fact.address)


def _shipped(order: Order, contact: Contact, fact: desk.ChangeAddress) -> Contact:
    if fact.shipment_id is None:
        return changed(contact, shipping_address=fact.address, own_addresses=_settled(order, contact))
    return own(contact, fact.shipment_id, fact)


def _settled(order: Order, contact: Contact) -> tuple[OwnAddress, ...]:
    """Return the addresses of the shipments that are reserved or further: they stay the same."""
    fixed = (each.id for each in order.live_shipments if each.rank >= shipping.RESERVED_RANK)
    addresses = ((name, contact.address_of(name)) for name in fixed)
    return tuple(OwnAddress(name, address) for name, address in addresses if address is not None)


def own(contact: Contact, shipment_id: str, fact: desk.ChangeAddress | desk.SplitShipment) -> Contact:
    """Give one shipment its own address."""
    assert fact.address is not None
    others = tuple(each for each in contact.own_addresses if each.shipment_id != shipment_id)
    return changed(contact, own_addresses=(*others, OwnAddress(shipment_id, fact.address)))


_ADDRESSES: Final[dict[str, Callable[[Order, Contact, desk.ChangeAddress], Contact]]] = {
    "billing": _billed,
    "shipping": _shipped,
}
