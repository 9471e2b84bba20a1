"""hub.commands, continued: drafts, edits, locks, holds, recalls, cheques and refunds of the service desk."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.commands import Command
from contracts.declaring import Words
from contracts.message import Amount, Code, Comment, Currency, Id, LineNumber, Part, Quantity, Text
from contracts.personal import Personal
from contracts.shop import Address, Customer, ItemKind, OrderLine, PaymentMethod

Percent = Annotated[int, Field(ge=0, le=100)]
Kind = Annotated[str, Field(pattern="^(regular|support)$")]
Tender = Annotated[str, Field(pattern="^(original|alternate|manual)$")]


class NewLine(Part, kw_only=True):
    """A line to add: `unit_price` and `discount` (of the whole line) in minor units, taxes included."""

    sku: Id
    model: Id | None = None
    kind: Annotated[str, Words(ItemKind)] = ItemKind.SHIPPABLE
    quantity: Quantity
    unit_price: Amount
    discount: Amount = 0
    warehouse: Id | None = None
    personalisation: Annotated[Text, Personal("order.personalisation")] | None = None


class LineQuantity(Part):
    """A line and how many of its pieces."""

    line: LineNumber
    quantity: Quantity


class PriceCut(Part):
    """A line and by how many per cent of its price at order time it gets cheaper."""

    line: LineNumber
    percent: Annotated[int, Field(ge=1, le=100)]


class DraftOrder(Command, kw_only=True):
    """Begin an order with a customer on the phone; what is not known yet may follow (O-01)."""

    name: ClassVar[str] = "order.draft"

    number: Id
    store: Id
    channel: Code = "phone"
    kind: Kind = "regular"
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


class ModifyOrder(Command):
    """Change lines, carrier and shipping fee at once, or nothing at all (O-26)."""

    name: ClassVar[str] = "order.modify"

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


class SplitShipment(Command):
    """Let lines, or some of their pieces, travel apart: to this address, in this way (S-02)."""

    name: ClassVar[str] = "order.split"

    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1, max_length=200)]
    address: Annotated[Address, Personal("order.address")] | None = None
    method: Id | None = None


class CancelShipment(Command):
    """Cancel one shipment; the order goes on with the others (S-12)."""

    name: ClassVar[str] = "shipment.cancel"

    shipment_id: Id


class LockOrder(Command):
    """Begin to edit: nobody else may, until it is unlocked (K-01)."""

    name: ClassVar[str] = "order.lock"


class UnlockOrder(Command):
    """End to edit, or end another agent's lock by force (K-04, K-05)."""

    name: ClassVar[str] = "order.unlock"

    force: bool = False


class HoldOrder(Command):
    """Put the order on hold (H-01)."""

    name: ClassVar[str] = "order.hold"


class SuspendOrder(Command):
    """Suspend an order that looks questionable (H-02)."""

    name: ClassVar[str] = "order.suspend"


class ReleaseHold(Command):
    """Take a hold off (H-04, H-05); without a name the one that people put on."""

    name: ClassVar[str] = "order.release_hold"

    hold: Annotated[str, Field(pattern="^(csr|suspended|logistics|alert|recall|exchange)$")] | None = None


class ResumeOrder(Command):
    """Let a suspended order go on (H-04)."""

    name: ClassVar[str] = "order.resume"


class FlagAlert(Command):
    """Mark the order for review; a blocking alert holds it (H-09)."""

    name: ClassVar[str] = "alert.flag"

    alert: Code = "flagged"
    blocking: bool = True
    text: Comment | None = None


class ClearAlert(Command):
    """Clear an alert whose cause is dealt with; the reason says how (H-10)."""

    name: ClassVar[str] = "alert.clear"

    alert: Code = "flagged"


class RecallOrder(Command):
    """Ask the warehouse to stop the order, or one shipment of it, so that it can be changed (O-22)."""

    name: ClassVar[str] = "order.recall"

    intent: Annotated[str, Field(pattern="^(cancel|modify|hold)$")] = "cancel"
    shipment_id: Id | None = None


class CheckCheque(Command):
    """Say what of a received cheque is right (P-02)."""

    name: ClassVar[str] = "payment.cheque.check"

    signed: bool
    amount: bool
    billing_address: bool
    customer_name: bool


class AuthorizeCheque(Command):
    """Authorise a checked cheque: the first step (P-03)."""

    name: ClassVar[str] = "payment.cheque.authorize"


class ValidateCheque(Command):
    """Validate an authorised cheque: the money is taken (P-03)."""

    name: ClassVar[str] = "payment.cheque.validate"


class ClearRetries(Command):
    """Give up further attempts of a payment that has succeeded (P-05)."""

    name: ClassVar[str] = "payment.clear_retries"


class RequestRefund(Command):
    """Ask for money back for sent items (F-01) or out of goodwill (F-02); `amount` in minor units."""

    name: ClassVar[str] = "refund.request"

    kind: Annotated[str, Field(pattern="^(items|goodwill)$")] = "items"
    lines: Annotated[tuple[LineQuantity, ...], Field(max_length=200)] = ()
    shipping: bool = False
    amount: Annotated[int, Field(ge=1, le=10**15)] | None = None
    tender: Tender = "original"


class RefundDone(Command):
    """Say that a manual refund was paid out (F-08)."""

    name: ClassVar[str] = "refund.manual_done"

    refund_id: Id
    reference: Code | None = None


class RetenderRefund(Command):
    """Pay a failed refund out in another way (F-10)."""

    name: ClassVar[str] = "refund.retender"

    refund_id: Id
    tender: Annotated[str, Field(pattern="^(alternate|manual)$")] = "alternate"


class LinkOrder(Command):
    """Say that another order belongs to this one (PEL-25)."""

    name: ClassVar[str] = "order.link"

    other_id: Id
    link: Code = "related"


class ResendEmail(Command):
    """Send an e-mail of the order again (OMC-35)."""

    name: ClassVar[str] = "email.resend"

    template: Annotated[str, Field(pattern="^(recorded|validated|shipped|cancellation|refund|rma)$")] = "recorded"


class CorrectItem(Command):
    """Have the warehouse correct an item's weight or size (OSM-55)."""

    name: ClassVar[str] = "item.correct"

    model: Id
