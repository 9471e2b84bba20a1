"""shop.events: what shops say: an order placed, a cancellation or a return asked for."""

from typing import Annotated, ClassVar, Self, cast

from pydantic import Field

from contracts import bounds
from contracts.checks import Check
from contracts.countries import NO_POSTCODE
from contracts.declaring import Words
from contracts.message import (
    Amount,
    Code,
    Comment,
    Contact,
    Count,
    Country,
    Currency,
    Fact,
    Id,
    LineNumber,
    Moment,
    Part,
    Quantity,
    ReadableEnum,
    Text,
    Word,
)
from contracts.personal import Personal
from contracts.values import changed


class PaymentMethod(ReadableEnum):
    """How an order is paid."""

    CARD = "card"
    CHEQUE = "cheque"
    NONE = "none"


class ItemKind(ReadableEnum):
    """What a line sells: goods that travel, or something digital."""

    SHIPPABLE = "shippable"
    DIGITAL = "digital"


class CustomerStatus(ReadableEnum):
    """Whether a customer may buy (C-01); `blacklisted` orders always go to review (A-26)."""

    ACTIVE = "active"
    ANONYMOUS = "anonymous"
    DISABLED = "disabled"
    BLACKLISTED = "blacklisted"


class Outcome(ReadableEnum):
    """What a customer gets for a return."""

    REFUND = "refund"
    EXCHANGE = "exchange"


class Customer(Part):
    """The buyer as the shop knows him; `id` is the only part that leaves the hub on public topics."""

    id: Id
    status: Annotated[str, Words(CustomerStatus)] = CustomerStatus.ACTIVE
    name: Contact | None = None
    email: Contact | None = None
    phone: Contact | None = None
    locale: Code = "en"


class Address(Part, kw_only=True):
    """A postal address, of anywhere: `region` is a state, a province or a district.

    `postcode` may be left out where the country has none.
    """

    checks: ClassVar[tuple[Check, ...]] = (bounds.POSTCODE,)

    name: Annotated[Word, Personal("order.address")] | None = None
    company: Annotated[Word, Personal("order.address")] | None = None
    street: Annotated[Word, Personal("order.address")]
    street2: Annotated[Word, Personal("order.address")] | None = None
    city: Annotated[Word, Personal("order.address")]
    region: Annotated[Word, Personal("order.address")] | None = None
    postcode: Annotated[Word, Personal("order.address")] | None = None
    country: Country
    delivery_note: Annotated[Text, Personal("order.address")] | None = None


class DeliveryAddress(Address, kw_only=True):
    """Where a shipment goes; `postcode` is `-` where the country has none."""

    checks: ClassVar[tuple[Check, ...]] = ()

    postcode: Annotated[Word, Personal("order.address")]
    country: Country
    delivery_note: Annotated[Text, Personal("order.address")] | None = None

    @classmethod
    def of(cls, address: Address) -> Self:
        """Return an address as the hub writes it: it stays the value that it is, and is written in the same way."""
        return cast("Self", address if address.postcode else changed(address, postcode=NO_POSTCODE))


class OrderLine(Part, kw_only=True):
    """One line: `unit_price` and `discount` (of the whole line) in minor units, taxes included.

    `title` is what the article is called, `variant` which one it is, such as a size and a colour.
    """

    line: LineNumber
    sku: Id
    model: Id | None = None
    title: Code | None = None
    variant: Code | None = None
    kind: Annotated[str, Words(ItemKind)] = ItemKind.SHIPPABLE
    quantity: Quantity
    unit_price: Amount
    discount: Amount = 0
    warehouse: Id | None = None
    personalisation: Annotated[Text, Personal("order.personalisation")] | None = None


class OrderPlaced(Fact, kw_only=True):
    """A customer ordered in a shop (O-06); `placed_at` is when."""

    name: ClassVar[str] = "order.placed"
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


class CancellationRequested(Fact):
    """The customer asked the shop to cancel the order."""

    name: ClassVar[str] = "cancellation.requested"

    reason: Code = "customer_choice"


class ReturnLine(Part):
    """Pieces of one line that come back; `exchange_sku` is what should be sent instead.

    The reason `home_trial` holds for the days of the trial, 30 where nothing else is set, after delivery, the last one
    included. Any other reason is free text.
    """

    line: LineNumber
    quantity: Quantity
    reason: Code = "unwanted"
    comment: Comment | None = None
    exchange_sku: Id | None = None


class ReturnRequested(Fact):
    """The customer asked online for a return (R-01).

    `request_id` is the shop's number: a request that comes again under another event id opens one return (R-22).
    """

    name: ClassVar[str] = "return.requested"

    lines: Annotated[tuple[ReturnLine, ...], Field(min_length=1, max_length=200)]
    outcome: Annotated[str, Words(Outcome)] = Outcome.REFUND
    refund_shipping: bool = False
    request_id: Id | None = None


class ReceivedLine(Part):
    """Pieces of one line that arrived."""

    line: LineNumber
    quantity: Count
