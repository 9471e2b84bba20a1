"""Documents of orders: an order as JSON and back, exactly."""

from collections.abc import Mapping
from typing import Any, Final

from domain.deciding import codec
from domain.deciding.values import changed
from domain.orders.order import Order

SCHEMA: Final = 1


def order_text(order: Order) -> str:
    """Return an order as JSON, with what an earlier document held and these rules don't know."""
    plain = changed(order, parked=(), extra={}) if order.parked or order.extra else order
    return codec.text_of(SCHEMA, plain, (each.received for each in order.parked), order.extra)


def order_document(order: Order) -> codec.Document:
    """Return an order as a document."""
    return codec.document_of(order_text(order))


def order_from(document: Mapping[str, Any]) -> Order:
    """Return the order of a document; fields that aren't known are kept in `extra`."""
    return codec.value_from(Order, document)
