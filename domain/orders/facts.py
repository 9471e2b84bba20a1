"""Facts: what partners, people and other orders tell an order; the same words as on the wire, as plain values."""

from datetime import datetime

from domain.deciding.money import Money
from domain.deciding.values import Value


class Fact(Value):
    """Something that is so, or that somebody wants; which of the classes below says what."""


class Command(Fact, kw_only=True):
    """What a person or a tool tells an order to do; `expected_version` is the version its author saw (K-06)."""

    expected_version: int | None = None
    reason: str | None = None


class Customer(Value):
    """The buyer as the shop knows him; `id` is the only part that leaves the hub on public topics."""

    id: str
    status: str = "active"
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    locale: str = "en"


class Address(Value):
    """A postal address."""

    street: str
    city: str
    postcode: str
    country: str
    name: str | None = None


class OrderLine(Value):
    """One line: `unit_price` and `discount` (of the whole line) in minor units, taxes included."""

    line: int
    sku: str
    quantity: int
    unit_price: int
    model: str | None = None
    kind: str = "shippable"
    discount: int = 0
    warehouse: str | None = None
    personalisation: str | None = None


class ReturnLine(Value):
    """Pieces of one line that come back; `exchange_sku` is what should be sent instead."""

    line: int
    quantity: int
    reason: str = "unwanted"
    comment: str | None = None
    exchange_sku: str | None = None


class ReportedLine(Value):
    """The answer for one line; `stock` is what the warehouse's shelves show."""

    line: int
    status: str
    stock: int | None = None


class FulfilledLine(Value):
    """Pieces that were found for a line."""

    line: int
    quantity: int


class ReceivedLine(Value):
    """Pieces of one line that arrived; `accepted` of them in good condition."""

    line: int
    quantity: int


class ExchangeLine(Value):
    """A line of the exchange order and the returned line that it replaces."""

    line: int
    quantity: int


class OrderPlaced(Fact):
    """A customer ordered in a shop (O-06)."""

    number: str
    store: str
    currency: str
    customer: Customer
    shipping_address: Address
    lines: tuple[OrderLine, ...]
    channel: str = "website"
    payment_method: str = "card"
    billing_address: Address | None = None
    shipping_fee: int = 0
    carrier: str | None = None
    placed_at: datetime | None = None


class CancellationRequested(Fact):
    """The customer asked the shop to cancel the order."""

    reason: str = "customer_choice"


class ReturnRequested(Fact):
    """The customer asked online for a return (R-01)."""

    lines: tuple[ReturnLine, ...]
    outcome: str = "refund"
    refund_shipping: bool = False


class PaymentAuthorized(Fact):
    """The amount is reserved (P-01)."""

    request_id: str
    payment_id: str
    amount: Money
    expires_at: datetime | None = None


class PaymentRefused(Fact):
    """An authorisation, a capture or a void was refused."""

    request_id: str
    operation: str = "authorization"
    reason: str = "declined"


class PaymentCaptured(Fact):
    """The amount was taken (P-04)."""

    request_id: str
    payment_id: str
    amount: Money


class PaymentVoided(Fact):
    """A reserved amount was set free."""

    request_id: str
    payment_id: str
    amount: Money


class ChequeReceived(Fact):
    """A cheque arrived (P-02)."""

    amount: Money
    drawer: str | None = None


class RefundExecuted(Fact):
    """A refund reached the customer (F-07)."""

    request_id: str
    refund_id: str
    amount: Money
    provider_reference: str | None = None


class RefundFailed(Fact):
    """A refund did not go through (F-09)."""

    request_id: str
    refund_id: str
    reason: str = "declined"
    retryable: bool = True


class RefundReversed(Fact):
    """A refund that had gone through came back."""

    refund_id: str
    amount: Money
    reason: str = "unknown"


class FraudScored(Fact):
    """The order was scored: 0 is harmless, 100 the riskiest."""

    verdict: str
    request_id: str | None = None
    score: int | None = None
    reasons: tuple[str, ...] = ()


class CustomerAnswered(Fact):
    """The customer answered the follow-up (O-16)."""

    text: str = ""


class AvailabilityReported(Fact):
    """The warehouse's answer to one request (O-21, O-25)."""

    request_id: str
    shipment_id: str
    lines: tuple[ReportedLine, ...]
    warehouse: str | None = None


class FlashAccepted(Fact):
    """The desk took the flash reorder on (L-04)."""

    flash_id: str


class FlashFulfilled(Fact):
    """The desk found pieces (L-05)."""

    flash_id: str
    lines: tuple[FulfilledLine, ...]


class FlashRefused(Fact):
    """The desk found nothing (L-06); `substitute` is a SKU that it proposes instead."""

    flash_id: str
    reason: str = "no_stock"
    substitute: str | None = None


class PickingStarted(Fact):
    """The warehouse takes the shipment's items from the shelves (S-07)."""

    shipment_id: str


class ParcelPacked(Fact):
    """The shipment is packed (S-08)."""

    shipment_id: str
    parcel_id: str | None = None


class ShipmentHandedOver(Fact):
    """The carrier has the shipment (S-09)."""

    shipment_id: str
    carrier: str
    tracking_number: str


class RecallAccepted(Fact):
    """The warehouse stopped the shipment; `request_id` is the question, none: the newest one about the shipment."""

    shipment_id: str
    request_id: str | None = None


class RecallRefused(Fact):
    """The warehouse could not stop the shipment any more."""

    shipment_id: str
    reason: str = "packed"
    request_id: str | None = None


class ReturnReceived(Fact):
    """Returned pieces arrived (R-04); the parcel's RMA code names the return."""

    rma_code: str
    lines: tuple[ReceivedLine, ...]
    validated: bool = True


class ItemCorrected(Fact):
    """The warehouse corrected an item's weight or size."""

    model: str
    effective_at: datetime | None = None


class CarrierCollected(Fact):
    """The carrier has the parcel (S-09)."""

    tracking_number: str
    carrier: str | None = None
    shipment_id: str | None = None
    location: str | None = None


class CarrierInTransit(Fact):
    """The parcel is on its way (S-10)."""

    tracking_number: str
    carrier: str | None = None
    shipment_id: str | None = None
    location: str | None = None


class CarrierDelivered(Fact):
    """The parcel is at its address (S-11)."""

    tracking_number: str
    carrier: str | None = None
    shipment_id: str | None = None
    location: str | None = None


class CarrierException(Fact):
    """Something is wrong with the parcel (O-34)."""

    tracking_number: str
    carrier: str | None = None
    shipment_id: str | None = None
    location: str | None = None
    code: str = "unknown"
    text: str = ""


class CarrierReturnedToSender(Fact):
    """The parcel went back; a correction even after it was delivered."""

    tracking_number: str
    carrier: str | None = None
    shipment_id: str | None = None
    location: str | None = None


class SubmitOrder(Command):
    """Place an order for a customer (O-05); kind `support` waits for its approval and costs nothing."""

    number: str
    store: str
    currency: str
    customer: Customer
    shipping_address: Address
    lines: tuple[OrderLine, ...]
    channel: str = "website"
    payment_method: str = "card"
    billing_address: Address | None = None
    shipping_fee: int = 0
    carrier: str | None = None
    placed_at: datetime | None = None
    kind: str = "regular"


class ApproveOrder(Command):
    """Let an order through: a reviewed one (O-14) or a free one (O-07)."""


class FollowUpOrder(Command):
    """Ask the customer about a reviewed order (O-15)."""


class CancelOrder(Command):
    """Cancel an order; `reason` is mandatory, `fraud_proven` needs its own scope (O-18, O-27)."""


class CreateReturn(Command):
    """Open a return (R-01)."""

    lines: tuple[ReturnLine, ...]
    outcome: str = "refund"
    receipt_required: bool = True
    refund_shipping: bool = False


class ConfirmReturn(Command):
    """Confirm a drafted return (R-02, R-03)."""

    rma_code: str


class ValidateReturn(Command):
    """Accept the received goods (R-06)."""

    rma_code: str


class ReceiveReturn(Command):
    """Record received pieces by hand (R-04, R-05)."""

    rma_code: str
    lines: tuple[ReceivedLine, ...]
    validated: bool = False


class CloseReturnShort(Command):
    """Settle a return with what has arrived (R-09)."""

    rma_code: str


class CancelReturn(Command):
    """Cancel a return of which nothing arrived (R-10)."""

    rma_code: str


class RefuseReturn(Command):
    """Refuse received goods (R-11)."""

    rma_code: str


class SwitchReturnOutcome(Command):
    """Turn an exchange into a refund (X-07)."""

    rma_code: str
    outcome: str = "refund"


class ApproveRefund(Command):
    """Approve a requested refund (F-04)."""

    refund_id: str


class CancelRefund(Command):
    """Cancel a refund that isn't approved yet (F-06)."""

    refund_id: str


class CreateFlash(Command):
    """Draft a flash reorder for missing lines (L-01, L-02)."""

    lines: tuple[FulfilledLine, ...]


class AddToFlash(Command):
    """Add pieces to a draft (L-02)."""

    flash_id: str
    lines: tuple[FulfilledLine, ...]


class RemoveFromFlash(Command):
    """Take lines out of a draft (L-02)."""

    flash_id: str
    lines: tuple[int, ...]


class SendFlash(Command):
    """Send a draft to the reorder desk (L-03)."""

    flash_id: str


class CancelFlash(Command):
    """Withdraw a flash reorder (L-08)."""

    flash_id: str


class CommentOrder(Command):
    """Add a note to the order's history (EP-22)."""

    text: str


class ReleaseQuarantine(Command):
    """Try a quarantined order's waiting records again, in their order; passes the queue itself."""


class DiscardQuarantined(Command):
    """Give up the record that put the order into quarantine, with a reason, and go on with the next."""


class OpenExchange(Fact):
    """Create the exchange order of a confirmed return, held until the return is validated (X-01)."""

    origin_id: str
    origin_number: str
    rma_code: str
    number: str
    store: str
    channel: str
    currency: str
    customer: Customer
    shipping_address: Address
    lines: tuple[OrderLine, ...]
    carrier: str | None = None


class OpenZeroOrder(Fact):
    """Draft a free copy of an order that was sent (OSM-73)."""

    origin_id: str
    origin_number: str
    number: str
    store: str
    channel: str
    currency: str
    customer: Customer
    shipping_address: Address
    lines: tuple[OrderLine, ...]
    carrier: str | None = None
    reason: str = ""


class OrderRelated(Fact):
    """Another order says that it belongs to this one (PEL-25), and what to note of it."""

    other_id: str
    link: str
    note: str | None = None


class ReleaseExchange(Fact):
    """The return is validated: let the exchange order go, for these quantities (X-04, X-05)."""

    origin_id: str
    rma_code: str
    lines: tuple[ExchangeLine, ...]


class CancelExchange(Fact):
    """The return ended otherwise: cancel the exchange order (X-06, X-07)."""

    origin_id: str
    rma_code: str
    reason: str


class ExchangeAnswered(Fact):
    """What the exchange order did: opened, released, cancelled, delivered, or refused with a code."""

    exchange_id: str
    rma_code: str
    outcome: str
    code: str | None = None


class TimerDue(Fact):
    """A deadline of an order has come; it counts only while the order still lists the timer as armed."""

    timer_id: str
    kind: str
    due_at: datetime
