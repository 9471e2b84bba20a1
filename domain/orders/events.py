"""Events: what happened to an order, for everyone who subscribes."""

from datetime import datetime

from domain.deciding.money import Money
from domain.deciding.values import Value


class Event(Value):
    """Something that happened to an order."""


class OrderCreated(Event):
    """The order exists (O-05, O-06, X-01)."""

    kind: str
    store: str
    channel: str
    total: Money
    origin_id: str | None = None


class OrderApproved(Event):
    """The money is authorised and nobody doubts it (O-08, O-13, O-14)."""


class OrderRiskReview(Event):
    """The order waits for a verdict or a person (O-09)."""

    verdict: str | None = None


class OrderFollowUp(Event):
    """The customer was asked about the order (O-15)."""


class FraudCleared(Event):
    """A person cleared a reviewed order (O-14)."""


class OrderAvailabilityRequested(Event):
    """The warehouse was asked for the items (O-19)."""


class OrderProcessing(Event):
    """Some line isn't available (O-25)."""

    missing: tuple[int, ...] = ()


class OrderConfirmed(Event):
    """All items are announced available (O-21)."""


class OrderPicking(Event):
    """The items are being picked (O-29)."""


class OrderShipping(Event):
    """Everything is packed (O-31)."""


class OrderSent(Event):
    """Everything is with the carrier (O-32)."""


class OrderDelivered(Event):
    """Everything is at its address (O-33)."""


class OrderCompleted(Event):
    """The order is closed, nothing is open (O-20, O-35)."""


class OrderCancelled(Event):
    """The order will not be sent (O-12, O-18, O-27, O-37)."""

    reason: str


class OrderHeld(Event):
    """A hold stops the hub's own next steps."""

    hold: str
    reason: str | None = None


class OrderHoldReleased(Event):
    """A hold is off."""

    hold: str


class OrderSuspended(Event):
    """The order looks questionable and waits (H-02, O-41)."""

    reason: str


class OrderResumed(Event):
    """A suspended order goes on (H-04)."""


class OrderLocked(Event):
    """An agent edits the order (K-01)."""

    owner: str


class OrderUnlocked(Event):
    """The order may be edited by others again: saved, closed, parked, transferred, forced or expired (K-04, K-05)."""

    owner: str
    how: str


class CallParked(Event):
    """A draft is kept for later (O-02)."""


class CallVoided(Event):
    """The call is over and its draft dropped (OMC-14)."""


class CallTransferred(Event):
    """A draft was handed over to another agent (O-03)."""

    to: str


class OrderDrafted(Event):
    """An order is being taken down (O-01)."""

    kind: str
    store: str
    channel: str
    origin_id: str | None = None


class OrderVoided(Event):
    """A draft was dropped (O-04)."""

    reason: str | None = None


class OrderModified(Event):
    """Lines, carrier or shipping fee were changed (O-26)."""

    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()
    carrier: str | None = None


class OrderRepriced(Event):
    """The order's total changed (OSM-50)."""

    before: Money
    after: Money


class OrderAddressChanged(Event):
    """An address was changed; which one, not to what (O-26)."""

    kind: str
    shipment_id: str | None = None


class OrderShipmentSplit(Event):
    """Lines travel apart from now on (S-02)."""

    shipment_id: str
    from_shipments: tuple[str, ...]
    lines: tuple[int, ...]


class OrderReopened(Event):
    """The warehouse stopped the order: it may be changed again (O-24)."""

    shipment_id: str


class RecallChanged(Event):
    """The warehouse was asked to stop a shipment, or answered (O-22 to O-24)."""

    shipment_id: str
    state: str
    intent: str


class ItemCorrectionAsked(Event):
    """The warehouse was asked to correct an item, and from when that counts (OSM-55, OSM-56)."""

    model: str
    effective_at: datetime


class RetriesCleared(Event):
    """A paid order's further attempts are given up (P-05)."""


class OrderLinked(Event):
    """This order belongs to another one (PEL-25)."""

    other_id: str
    link: str


class ShipmentChanged(Event):
    """A shipment moved on; `inferred` when a later fact told of it (O-38)."""

    shipment_id: str
    state: str
    inferred: bool = False
    tracking_number: str | None = None


class TrackingNoted(Event):
    """The carrier saw the parcel (S-10)."""

    shipment_id: str
    scan: str
    location: str | None = None


class PaymentChanged(Event):
    """The payment view moved on (P-01, P-04)."""

    state: str
    amount: Money | None = None
    reason: str | None = None


class Pieces(Value):
    """Pieces of a line."""

    line: int
    sku: str
    quantity: int


class ReturnDrafted(Event):
    """A return was opened (R-01)."""

    rma_code: str
    outcome: str
    lines: tuple[Pieces, ...] = ()


class ReturnConfirmed(Event):
    """A return may be sent in (R-02)."""

    rma_code: str
    outcome: str


class ReturnReceived(Event):
    """Returned pieces arrived (R-04, R-05)."""

    rma_code: str
    complete: bool
    lines: tuple[Pieces, ...] = ()


class ReturnValidated(Event):
    """The returned goods are accepted (R-06)."""

    rma_code: str


class ReturnEnded(Event):
    """A return was cancelled, refused or expired (R-10 to R-12)."""

    rma_code: str
    reason: str


class RefundRequested(Event):
    """A refund waits for its approval (F-03)."""

    refund_id: str
    amount: Money
    origin: str
    rma_code: str | None = None
    tender: str = "original"


class RefundApproved(Event):
    """A refund was approved, and asked of the payment service unless it is paid out by hand (F-04, F-05)."""

    refund_id: str
    amount: Money
    tender: str = "original"


class RefundCancelled(Event):
    """A refund will not be made (F-06)."""

    refund_id: str


class RefundExecuted(Event):
    """The customer has the money back (F-07)."""

    refund_id: str
    amount: Money


class RefundFailed(Event):
    """A refund did not go through for good (F-09)."""

    refund_id: str
    reason: str


class ExchangeCreated(Event):
    """An exchange order is on its way to exist (X-01)."""

    rma_code: str
    exchange_id: str


class ExchangeReleased(Event):
    """An exchange order may be sent (X-04, X-05)."""

    rma_code: str
    exchange_id: str


class ExchangeCancelled(Event):
    """An exchange order was cancelled (X-06, X-07)."""

    rma_code: str
    exchange_id: str
    reason: str | None = None


class FlashDrafted(Event):
    """A flash reorder was drafted (L-01)."""

    flash_id: str


class FlashSent(Event):
    """A flash reorder was sent to the desk (L-03)."""

    flash_id: str


class FlashChanged(Event):
    """The desk answered, or the flash reorder was withdrawn (L-04 to L-08); `end` says how the search ended."""

    flash_id: str
    state: str
    end: str | None = None


class AlertRaised(Event):
    """Someone should look at the order."""

    alert: str
    blocking: bool = False
    text: str | None = None


class AlertCleared(Event):
    """An alert's cause is dealt with."""

    alert: str


class NoteAdded(Event):
    """A note in the order's history."""

    text: str


class FactLate(Event):
    """A fact came too late to change anything; it is recorded (O-39)."""

    fact: str


class CommandAccepted(Event):
    """A command was carried out."""

    command_id: str
    client: str


class CommandRejected(Event):
    """A command was refused: why, and what its author may do instead."""

    command_id: str
    client: str
    code: str
    detail: str
    hint: str | None = None
