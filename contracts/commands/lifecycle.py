"""Placing an order, letting it through, cancelling it."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts import bounds
from contracts.checks import Check
from contracts.commands.command import Command
from contracts.declaring import Words
from contracts.message import Amount, Code, Currency, Id, Moment
from contracts.personal import Personal
from contracts.shop import Address, Customer, OrderLine, PaymentMethod


class SubmitOrder(Command, kw_only=True):
    """Place an order for a customer (O-05); kind `support` waits for its approval and costs nothing."""

    name: ClassVar[str] = "order.submit"
    checks: ClassVar[tuple[Check, ...]] = (bounds.TOTAL,)

    number: Id
    store: Id
    channel: Code = "website"
    currency: Currency
    payment_method: Annotated[str, Words(PaymentMethod)] = PaymentMethod.CARD
    customer: Annotated[Customer, Personal("order.contact")]
    shipping_address: Annotated[Address, Personal("order.shipping_address")]
    billing_address: Annotated[Address, Personal("order.billing_address")] | None = None
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=200)]
    shipping_fee: Amount = 0
    carrier: Id | None = None
    placed_at: Moment | None = None
    kind: Annotated[str, Field(pattern="^(regular|support)$")] = "regular"
    reason: Code | None = None
    expected_version: Annotated[int, Field(ge=0, le=2**62)] | None = None


class ApproveOrder(Command):
    """Let an order through: a reviewed one (O-14) or a free one (O-07)."""

    name: ClassVar[str] = "order.approve"


class FollowUpOrder(Command):
    """Ask the customer about a reviewed order (O-15)."""

    name: ClassVar[str] = "order.follow_up"


class CancelOrder(Command):
    """Cancel an order; `reason` is mandatory (O-18, O-27).

    `fraud_proven` needs its own scope, and the fraud service is told. `single_line_out_of_stock` is for an order of one
    line that the warehouse doesn't have. Any other reason is free text.
    """

    name: ClassVar[str] = "order.cancel"
