"""Changes of an order's lines, prices and addresses."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Id, LineNumber, Money


class OrderModified(OrderEvent):
    """Lines, carrier or shipping fee were changed (O-26)."""

    name: ClassVar[str] = "order.modified"

    added: tuple[LineNumber, ...] = ()
    removed: tuple[LineNumber, ...] = ()
    changed: tuple[LineNumber, ...] = ()
    carrier: Id | None = None


class OrderRepriced(OrderEvent):
    """The order's total changed (OSM-50)."""

    name: ClassVar[str] = "order.repriced"

    before: Money
    after: Money


class OrderAddressChanged(OrderEvent):
    """An address was changed; which one, not to what (O-26)."""

    name: ClassVar[str] = "order.address_changed"

    kind: Code
    shipment_id: Id | None = None
