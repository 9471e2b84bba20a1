"""Edits of an order's lines, prices and addresses."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts import bounds
from contracts.checks import Check
from contracts.commands.command import Command
from contracts.commands.lines import LineQuantity, NewLine, PriceCut
from contracts.message import Id, LineNumber
from contracts.personal import Personal
from contracts.shop import Address

Percent = Annotated[int, Field(ge=0, le=100)]


class ModifyOrder(Command):
    """Change lines, carrier and shipping fee at once, or nothing at all (O-26)."""

    name: ClassVar[str] = "order.modify"
    checks: ClassVar[tuple[Check, ...]] = (bounds.ADDED,)

    add: Annotated[tuple[NewLine, ...], Field(max_length=200)] = ()
    remove: Annotated[tuple[LineNumber, ...], Field(max_length=200)] = ()
    change: Annotated[tuple[LineQuantity, ...], Field(max_length=200)] = ()
    carrier: Id | None = None
    shipping_discount_pct: Percent | None = None


class ChangePrice(Command):
    """Make lines cheaper (OSM-50)."""

    name: ClassVar[str] = "order.price.change"

    lines: Annotated[tuple[PriceCut, ...], Field(min_length=1, max_length=200)]


class ResetPrice(Command):
    """Give lines their price at order time back (OSM-51)."""

    name: ClassVar[str] = "order.price.reset"

    lines: Annotated[tuple[LineNumber, ...], Field(min_length=1, max_length=200)]


class ChangeAddress(Command, kw_only=True):
    """Change the billing address, or where all shipments or one of them go (OSM-46, OSM-47)."""

    name: ClassVar[str] = "order.address.change"

    kind: Annotated[str, Field(pattern="^(shipping|billing)$")] = "shipping"
    address: Annotated[Address, Personal("order.address")]
    shipment_id: Id | None = None
