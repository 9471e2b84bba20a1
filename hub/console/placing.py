"""Placing: a draft as the command wants it that places it, and callers as the order page knows them."""

from collections.abc import Mapping
from typing import Any, Final

from hub.console.editing import live

_LINE: Final = ("line", "sku", "model", "kind", "quantity", "personalisation")


def sale(order: Mapping[str, Any], payment_method: str) -> dict[str, Any]:
    """Return what `order.submit` takes of a draft: all of it, as it stands."""
    contact = order["contact"] or {}
    told = {
        **{name: order[name] for name in ("number", "store", "channel", "currency", "carrier", "kind")},
        "payment_method": payment_method,
        "customer": told_of(contact.get("customer")),
        "shipping_address": told_of(contact.get("shipping_address")),
        "billing_address": told_of(contact.get("billing_address")),
        "lines": [_line(line, order) for line in live(order)],
        "shipping_fee": order["totals"]["shipping"]["amount"] if order["totals"] else 0,
    }
    return {name: held for name, held in told.items() if held is not None}


def told_of(held: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a customer or an address without what nobody has said."""
    return None if not held else {name: each for name, each in held.items() if each is not None}


def _line(line: Mapping[str, Any], order: Mapping[str, Any]) -> dict[str, Any]:
    """Return a line at its price before it was cut; a cut that the draft has stays."""
    whole, pieces = (line["base_price"] or {"amount": 0})["amount"], line["quantity"]
    each = -(-whole // pieces)
    shipment = next((one for one in order["shipments"] if one["shipment_id"] == line["shipment_id"]), None)
    told = {
        **{name: line[name] for name in _LINE},
        "title": line["name"],
        "variant": line["variant"],
        "unit_price": each,
        "discount": each * pieces - whole,
        "warehouse": shipment["warehouse"] if shipment else None,
    }
    return {name: held for name, held in told.items() if held is not None}
