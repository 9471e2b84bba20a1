"""Commands of the service desk: drafting, editing, locking, holding, recalling, cheques and refunds by hand."""

from domain.deciding.values import Value
from domain.orders.facts import Address, Command, Customer, OrderLine


class NewLine(Value):
    """A line to add: `unit_price` and `discount` (of the whole line) in minor units, taxes included."""

    sku: str
    quantity: int
    unit_price: int
    model: str | None = None
    kind: str = "shippable"
    discount: int = 0
    warehouse: str | None = None
    personalisation: str | None = None


class LineQuantity(Value):
    """A line and how many of its pieces."""

    line: int
    quantity: int


class PriceCut(Value):
    """A line and by how many per cent of its price at order time it gets cheaper, 1 to 100."""

    line: int
    percent: int


class DraftOrder(Command):
    """Begin an order with a customer on the phone; what is not known yet may follow (O-01)."""

    number: str
    store: str
    currency: str
    customer: Customer
    shipping_address: Address | None = None
    lines: tuple[OrderLine, ...] = ()
    channel: str = "phone"
    payment_method: str = "card"
    billing_address: Address | None = None
    shipping_fee: int = 0
    carrier: str | None = None
    kind: str = "regular"


class ParkCall(Command):
    """Keep the draft for later (O-02)."""


class TransferCall(Command):
    """Hand the draft over to another agent (O-03)."""

    user: str


class VoidOrder(Command):
    """Drop a draft (O-04)."""


class VoidCall(Command):
    """Drop the draft of the call in hand (O-04)."""


class CreateZeroOrder(Command):
    """Draft a free copy of an order that was sent, of some of its lines or of all (OSM-73)."""

    lines: tuple[LineQuantity, ...] = ()


class ModifyOrder(Command):
    """Change lines, carrier and shipping fee at once, or nothing at all (O-26, OSM-40 to OSM-45)."""

    add: tuple[NewLine, ...] = ()
    remove: tuple[int, ...] = ()
    change: tuple[LineQuantity, ...] = ()
    carrier: str | None = None
    shipping_discount_pct: int | None = None


class ChangePrice(Command):
    """Make lines cheaper (OSM-50)."""

    lines: tuple[PriceCut, ...]


class ResetPrice(Command):
    """Give lines their price at order time back (OSM-51)."""

    lines: tuple[int, ...]


class ChangeAddress(Command):
    """Change the billing address, or where all shipments or one of them go (OSM-46, OSM-47)."""

    address: Address
    kind: str = "shipping"
    shipment_id: str | None = None


class SplitShipment(Command):
    """Let lines, or some of their pieces, travel apart: to this address, in this way (S-02)."""

    lines: tuple[LineQuantity, ...]
    address: Address | None = None
    method: str | None = None


class CancelShipment(Command):
    """Cancel one shipment; the order goes on with the others (S-12)."""

    shipment_id: str


class LockOrder(Command):
    """Begin to edit: nobody else may, until it is unlocked (K-01)."""


class UnlockOrder(Command):
    """End to edit, or end another agent's lock by force (K-04, K-05)."""

    force: bool = False


class HoldOrder(Command):
    """Put the order on hold (H-01)."""


class SuspendOrder(Command):
    """Suspend an order that looks questionable (H-02)."""


class ReleaseHold(Command):
    """Take a hold off (H-04, H-05); without a name the one that people put on."""

    hold: str | None = None


class ResumeOrder(Command):
    """Let a suspended order go on (H-04)."""


class FlagAlert(Command):
    """Mark the order for review; a blocking alert holds it (H-09)."""

    alert: str = "flagged"
    blocking: bool = True
    text: str | None = None


class ClearAlert(Command):
    """Clear an alert whose cause is dealt with; the reason says how (H-10)."""

    alert: str = "flagged"


class RecallOrder(Command):
    """Ask the warehouse to stop the order, or one shipment of it, so that it can be changed (O-22)."""

    intent: str = "cancel"
    shipment_id: str | None = None


class CheckCheque(Command):
    """Say what of a received cheque is right (P-02)."""

    signed: bool
    amount: bool
    billing_address: bool
    customer_name: bool


class AuthorizeCheque(Command):
    """Authorise a checked cheque: the first step (P-03)."""


class ValidateCheque(Command):
    """Validate an authorised cheque: the money is taken (P-03)."""


class ClearRetries(Command):
    """Give up further attempts of a payment that has succeeded (P-05)."""


class RequestRefund(Command):
    """Ask for money back for sent items (F-01) or out of goodwill (F-02); `amount` in minor units."""

    kind: str = "items"
    lines: tuple[LineQuantity, ...] = ()
    shipping: bool = False
    amount: int | None = None
    tender: str = "original"


class RefundDone(Command):
    """Say that a manual refund was paid out (F-08)."""

    refund_id: str
    reference: str | None = None


class RetenderRefund(Command):
    """Pay a failed refund out in another way (F-10)."""

    refund_id: str
    tender: str = "alternate"


class LinkOrder(Command):
    """Say that another order belongs to this one (PEL-25)."""

    other_id: str
    link: str = "related"


class ResendEmail(Command):
    """Send an e-mail of the order again (OMC-35)."""

    template: str = "recorded"


class CorrectItem(Command):
    """Have the warehouse correct an item's weight or size (OSM-55)."""

    model: str
