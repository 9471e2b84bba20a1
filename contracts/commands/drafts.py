"""Drafts: orders taken down on the phone, and free copies."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts import bounds
from contracts.checks import Check
from contracts.commands.command import Command
from contracts.commands.lines import LineQuantity
from contracts.declaring import Words
from contracts.message import Amount, Code, Currency, Id
from contracts.personal import Personal
from contracts.shop import Address, Customer, OrderLine, PaymentMethod

OrderKind = Annotated[str, Field(pattern="^(regular|support)$")]


class DraftOrder(Command, kw_only=True):
    """Begin an order with a customer on the phone; what is not known yet may follow (O-01)."""

    name: ClassVar[str] = "order.draft"
    checks: ClassVar[tuple[Check, ...]] = (bounds.TOTAL,)

    number: Id
    store: Id
    channel: Code = "phone"
    kind: OrderKind = "regular"
    currency: Currency
    payment_method: Annotated[str, Words(PaymentMethod)] = PaymentMethod.CARD
    customer: Annotated[Customer, Personal("order.contact")]
    shipping_address: Annotated[Address, Personal("order.shipping_address")] | None = None
    billing_address: Annotated[Address, Personal("order.billing_address")] | None = None
    lines: Annotated[tuple[OrderLine, ...], Field(max_length=200)] = ()
    shipping_fee: Amount = 0
    carrier: Id | None = None


class ParkCall(Command):
    """Keep the draft for later (O-02)."""

    name: ClassVar[str] = "call.park"


class TransferCall(Command):
    """Hand the draft over to another agent (O-03)."""

    name: ClassVar[str] = "call.transfer"

    user: Code


class VoidOrder(Command):
    """Drop a draft (O-04)."""

    name: ClassVar[str] = "order.void"


class VoidCall(Command):
    """Drop the draft of the call in hand (O-04)."""

    name: ClassVar[str] = "call.void"


class CreateZeroOrder(Command):
    """Draft a free copy of an order that was sent, of some of its lines or of all (OSM-73)."""

    name: ClassVar[str] = "order.zero.create"

    lines: Annotated[tuple[LineQuantity, ...], Field(max_length=200)] = ()
