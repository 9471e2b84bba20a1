"""Edits of an order's lines, prices and addresses."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts import bounds
from contracts.checks import Check
from contracts.commands.command import Command
from contracts.commands.lines import LineQuantity, NewLine, PriceCut
from contracts.message import Contact, Id, LineNumber, Part
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


class EditedLines(Part):
    """Lines to add, to take out, and to change the number of pieces of."""

    checks: ClassVar[tuple[Check, ...]] = (bounds.ADDED,)

    add: Annotated[tuple[NewLine, ...], Field(max_length=200)] = ()
    remove: Annotated[tuple[LineNumber, ...], Field(max_length=200)] = ()
    change: Annotated[tuple[LineQuantity, ...], Field(max_length=200)] = ()


class EditedPrices(Part):
    """Lines to make cheaper, and lines that get their price at order time back."""

    cut: Annotated[tuple[PriceCut, ...], Field(max_length=200)] = ()
    reset: Annotated[tuple[LineNumber, ...], Field(max_length=200)] = ()


class EditedAddress(Part, kw_only=True):
    """The new billing address, or where all shipments or one of them go."""

    kind: Annotated[str, Field(pattern="^(shipping|billing)$")] = "shipping"
    address: Annotated[Address, Personal("order.address")]
    shipment_id: Id | None = None


class EditedSplit(Part):
    """Lines, or some of their pieces, that travel apart."""

    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=200)]
    address: Annotated[Address, Personal("order.address")] | None = None
    method: Id | None = None


class EditedContact(Part):
    """How the customer is called and reached, as corrected; what is left out stays as it is."""

    name: Contact | None = None
    email: Contact | None = None
    phone: Contact | None = None


class EditOrder(Command):
    """Save an edit of an order as a whole, or nothing of it (O-26).

    Its parts are done in the order in which they stand here, each as the command of its own would do it; the money is
    looked at once, when all of them are done.
    """

    name: ClassVar[str] = "order.edit"

    lines: EditedLines | None = None
    prices: EditedPrices | None = None
    shipping_discount_pct: Percent | None = None
    carrier: Id | None = None
    addresses: Annotated[tuple[EditedAddress, ...], Field(max_length=20)] = ()
    splits: Annotated[tuple[EditedSplit, ...], Field(max_length=20)] = ()
    contact: Annotated[EditedContact, Personal("order.contact")] | None = None
