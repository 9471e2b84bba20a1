"""order.events and order.status: what happened to an order and how it stands; nobody's personal data is in either."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.declaring import Flat
from contracts.judging import read, read_fast
from contracts.message import Code, Comment, Count, Id, LineNumber, Message, Moment, Money, Part, Text
from contracts.personal import NotPersonal
from contracts.values import changed


class Cause(Part):
    """The one record that caused a change."""

    source: Code
    id: Code
    type: Code
    topic: Code
    partition: Annotated[int, Field(ge=0)]
    offset: Annotated[int, Field(ge=0)]


class EventHead(Part, kw_only=True):
    """What every event of an order carries; `version` counts the changes that a person can see."""

    number: Id | None = None
    version: Annotated[int, Field(ge=0)]
    status: Code | None = None
    cause: Cause
    actor: Code | None = None
    rules: tuple[Code, ...] = ()


class OrderEvent(Message, kw_only=True):
    """Something that happened to an order; rules tell it without the head, which all events of a decision share."""

    head: Annotated[EventHead | None, Flat] = None

    def written(self) -> bytes:
        """Return the JSON of the event, its head before its own fields."""
        return (
            super().written() if self.head is None else after(self.head.written(), changed(self, head=None).written())
        )

    def encoded_after(self, head: bytes) -> bytes:
        """Return the JSON bytes that go on the wire after a head that is plainly right; raises ValueError (Refused)."""
        own = self.written()
        data = after(head, own)
        return data if read_fast(type(self), own) is not None else read(type(self), data).written()


def after(head: bytes, own: bytes) -> bytes:
    """Return the JSON of an event whose head stands before its own fields."""
    return head if own == b"{}" else head[:-1] + b"," + own[1:]


class OrderCreated(OrderEvent):
    """The order exists (O-05, O-06, X-01)."""

    name: ClassVar[str] = "order.created"

    kind: Code
    store: Id
    channel: Code
    total: Money
    origin_id: Id | None = None


class OrderApproved(OrderEvent):
    """The money is authorised and nobody doubts it (O-08, O-13, O-14)."""

    name: ClassVar[str] = "order.approved"


class OrderRiskReview(OrderEvent):
    """The order waits for a verdict or a person (O-09)."""

    name: ClassVar[str] = "order.risk_review"

    verdict: Code | None = None


class OrderFollowUp(OrderEvent):
    """The customer was asked about the order (O-15)."""

    name: ClassVar[str] = "order.follow_up"


class FraudCleared(OrderEvent):
    """A person cleared a reviewed order (O-14)."""

    name: ClassVar[str] = "fraud.cleared"


class OrderAvailabilityRequested(OrderEvent):
    """The warehouse was asked for the items (O-19)."""

    name: ClassVar[str] = "order.availability_requested"


class OrderProcessing(OrderEvent):
    """Some line isn't available (O-25)."""

    name: ClassVar[str] = "order.processing"

    missing: tuple[LineNumber, ...] = ()


class OrderConfirmed(OrderEvent):
    """All items are announced available (O-21)."""

    name: ClassVar[str] = "order.confirmed"


class OrderPicking(OrderEvent):
    """The items are being picked (O-29)."""

    name: ClassVar[str] = "order.picking"


class OrderShipping(OrderEvent):
    """Everything is packed (O-31)."""

    name: ClassVar[str] = "order.shipping"


class OrderSent(OrderEvent):
    """Everything is with the carrier (O-32)."""

    name: ClassVar[str] = "order.sent"


class OrderDelivered(OrderEvent):
    """Everything is at its address (O-33)."""

    name: ClassVar[str] = "order.delivered"


class OrderCompleted(OrderEvent):
    """The order is closed, nothing is open (O-20, O-35)."""

    name: ClassVar[str] = "order.completed"


class OrderCancelled(OrderEvent):
    """The order will not be sent (O-12, O-18, O-27, O-37)."""

    name: ClassVar[str] = "order.cancelled"

    reason: Code


class OrderHeld(OrderEvent):
    """A hold stops the hub's own next steps."""

    name: ClassVar[str] = "order.held"

    hold: Code
    reason: Code | None = None


class OrderHoldReleased(OrderEvent):
    """A hold is off."""

    name: ClassVar[str] = "order.hold_released"

    hold: Code


class OrderSuspended(OrderEvent):
    """The order looks questionable and waits (H-02, O-41)."""

    name: ClassVar[str] = "order.suspended"

    reason: Code


class OrderResumed(OrderEvent):
    """A suspended order goes on (H-04)."""

    name: ClassVar[str] = "order.resumed"


class OrderLocked(OrderEvent):
    """An agent edits the order (K-01)."""

    name: ClassVar[str] = "order.locked"

    owner: Code


class OrderUnlocked(OrderEvent):
    """The order may be edited by others again: saved, closed, parked, transferred, forced or expired (K-04, K-05)."""

    name: ClassVar[str] = "order.unlocked"

    owner: Code
    how: Code


class CallParked(OrderEvent):
    """A draft is kept for later (O-02)."""

    name: ClassVar[str] = "call.parked"


class CallVoided(OrderEvent):
    """The call is over and its draft dropped (OMC-14)."""

    name: ClassVar[str] = "call.voided"


class CallTransferred(OrderEvent):
    """A draft was handed over to another agent (O-03)."""

    name: ClassVar[str] = "call.transferred"

    to: Code


class OrderDrafted(OrderEvent):
    """An order is being taken down (O-01)."""

    name: ClassVar[str] = "order.drafted"

    kind: Code
    store: Id
    channel: Code
    origin_id: Id | None = None


class OrderVoided(OrderEvent):
    """A draft was dropped (O-04)."""

    name: ClassVar[str] = "order.voided"

    reason: Code | None = None


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


class OrderShipmentSplit(OrderEvent):
    """Lines travel apart from now on (S-02)."""

    name: ClassVar[str] = "order.shipment_split"

    shipment_id: Id
    from_shipments: tuple[Id, ...]
    lines: tuple[LineNumber, ...]


class OrderReopened(OrderEvent):
    """The warehouse stopped the order: it may be changed again (O-24)."""

    name: ClassVar[str] = "order.reopened"

    shipment_id: Id


class RecallChanged(OrderEvent):
    """The warehouse was asked to stop a shipment, or answered (O-22 to O-24)."""

    name: ClassVar[str] = "recall.changed"

    shipment_id: Id
    state: Code
    intent: Code


class ItemCorrectionAsked(OrderEvent):
    """The warehouse was asked to correct an item, and from when that counts (OSM-55, OSM-56)."""

    name: ClassVar[str] = "item.correction_asked"

    model: Id
    effective_at: Moment


class RetriesCleared(OrderEvent):
    """A paid order's further attempts are given up (P-05)."""

    name: ClassVar[str] = "payment.retries_cleared"


class OrderLinked(OrderEvent):
    """This order belongs to another one (PEL-25)."""

    name: ClassVar[str] = "order.linked"

    other_id: Id
    link: Code


class ShipmentChanged(OrderEvent):
    """A shipment moved on; `inferred` when a later fact told of it (O-38)."""

    name: ClassVar[str] = "shipment.changed"

    shipment_id: Id
    state: Code
    inferred: bool = False
    tracking_number: Id | None = None


class TrackingNoted(OrderEvent):
    """The carrier saw the parcel (S-10)."""

    name: ClassVar[str] = "tracking.noted"

    shipment_id: Id
    scan: Code
    location: Code | None = None


class PaymentChanged(OrderEvent):
    """The payment view moved on (P-01, P-04)."""

    name: ClassVar[str] = "payment.changed"

    state: Code
    amount: Money | None = None
    reason: Code | None = None


class Pieces(Part, kw_only=True):
    """Pieces of a line; messages from before the article was told lack it."""

    line: LineNumber
    sku: Id | None = None
    quantity: Count


class ReturnDrafted(OrderEvent):
    """A return was opened (R-01)."""

    name: ClassVar[str] = "return.drafted"

    rma_code: Id
    outcome: Code
    lines: tuple[Pieces, ...] = ()


class ReturnConfirmed(OrderEvent):
    """A return may be sent in (R-02)."""

    name: ClassVar[str] = "return.confirmed"

    rma_code: Id
    outcome: Code


class ReturnReceived(OrderEvent):
    """Returned pieces arrived (R-04, R-05)."""

    name: ClassVar[str] = "return.received"

    rma_code: Id
    complete: bool
    lines: tuple[Pieces, ...] = ()


class ReturnValidated(OrderEvent):
    """The returned goods are accepted (R-06)."""

    name: ClassVar[str] = "return.validated"

    rma_code: Id


class ReturnEnded(OrderEvent):
    """A return was cancelled, refused or expired (R-10 to R-12)."""

    name: ClassVar[str] = "return.cancelled"

    rma_code: Id
    reason: Code


class RefundRequested(OrderEvent):
    """A refund waits for its approval (F-03)."""

    name: ClassVar[str] = "refund.requested"

    refund_id: Id
    amount: Money
    origin: Code
    rma_code: Id | None = None
    tender: Code = "original"


class RefundApproved(OrderEvent):
    """A refund was approved, and asked of the payment service unless it is paid out by hand (F-04, F-05)."""

    name: ClassVar[str] = "refund.approved"

    refund_id: Id
    amount: Money
    tender: Code = "original"


class RefundCancelled(OrderEvent):
    """A refund will not be made (F-06)."""

    name: ClassVar[str] = "refund.cancelled"

    refund_id: Id


class RefundExecuted(OrderEvent):
    """The customer has the money back (F-07)."""

    name: ClassVar[str] = "refund.executed"

    refund_id: Id
    amount: Money


class RefundFailed(OrderEvent):
    """A refund did not go through for good (F-09)."""

    name: ClassVar[str] = "refund.failed"

    refund_id: Id
    reason: Code


class ExchangeCreated(OrderEvent):
    """An exchange order is on its way to exist (X-01)."""

    name: ClassVar[str] = "exchange.created"

    rma_code: Id
    exchange_id: Id


class ExchangeReleased(OrderEvent):
    """An exchange order may be sent (X-04, X-05)."""

    name: ClassVar[str] = "exchange.released"

    rma_code: Id
    exchange_id: Id


class ExchangeCancelled(OrderEvent):
    """An exchange order was cancelled (X-06, X-07)."""

    name: ClassVar[str] = "exchange.cancelled"

    rma_code: Id
    exchange_id: Id
    reason: Code | None = None


class FlashDrafted(OrderEvent):
    """A flash reorder was drafted (L-01)."""

    name: ClassVar[str] = "flash.drafted"

    flash_id: Id


class FlashSent(OrderEvent):
    """A flash reorder was sent to the desk (L-03)."""

    name: ClassVar[str] = "flash.sent"

    flash_id: Id


class FlashChanged(OrderEvent):
    """The desk answered, or the flash reorder was withdrawn (L-04 to L-08); `end` says how the search ended."""

    name: ClassVar[str] = "flash.changed"

    flash_id: Id
    state: Code
    end: Code | None = None


class AlertRaised(OrderEvent):
    """Someone should look at the order."""

    name: ClassVar[str] = "alert.raised"

    alert: Code
    blocking: bool = False
    text: Comment | None = None


class AlertCleared(OrderEvent):
    """An alert's cause is dealt with."""

    name: ClassVar[str] = "alert.cleared"

    alert: Code


class NoteAdded(OrderEvent):
    """A note in the order's history."""

    name: ClassVar[str] = "note.added"

    text: Comment


class FactLate(OrderEvent):
    """A fact came too late to change anything; it is recorded (O-39)."""

    name: ClassVar[str] = "fact.late"

    fact: Code


class CommandAccepted(OrderEvent):
    """A command was carried out."""

    name: ClassVar[str] = "command.accepted"

    command_id: Code
    client: Code


class CommandRejected(OrderEvent):
    """A command was refused: why, and what its author may do instead."""

    name: ClassVar[str] = "command.rejected"

    command_id: Code
    client: Code
    code: Code
    detail: Annotated[Text, NotPersonal]
    hint: Annotated[Text, NotPersonal] | None = None


class ShipmentWords(Part):
    """What the systems around the hub call a shipment's state; a system without a word for it is left out."""

    osmose_fr: Code | None = None
    osmose_en: Code | None = None
    peloton: Code | None = None
    elastic_path: Code | None = None


class StatusWords(Part):
    """What the systems around the hub call the order's status; Travorium's word follows the money."""

    osmose_fr: Code | None = None
    osmose_en: Code | None = None
    peloton: Code | None = None
    peloton_shipment: Code | None = None
    elastic_path: Code | None = None
    omc: Code | None = None
    travorium: Code | None = None


class StatusLine(Part):
    """A line as it stands."""

    line: LineNumber
    sku: Id
    quantity: Count
    state: Code


class StatusShipment(Part):
    """A shipment as it stands."""

    shipment_id: Id
    state: Code
    carrier: Id | None = None
    tracking_number: Id | None = None
    words: ShipmentWords | None = None


class StatusReturn(Part):
    """A return as it stands."""

    rma_code: Id
    state: Code
    outcome: Code


class StatusRefund(Part):
    """A refund as it stands."""

    refund_id: Id
    state: Code
    amount: Money


class Waiting(Part):
    """A message that is owed: what, by whom, and until when."""

    message: Code
    party: Code
    due_at: Moment | None = None


class OrderStatus(Message, kw_only=True):
    """The order as it stands: what a CSR tool subscribes to."""

    name: ClassVar[str] = "order.status"

    number: Id
    version: Annotated[int, Field(ge=0)]
    kind: Code
    store: Id
    channel: Code
    status: Code
    words: StatusWords | None = None
    holds: tuple[Code, ...] = ()
    alerts: tuple[Code, ...] = ()
    flags: tuple[Code, ...] = ()
    payment: Code
    total: Money
    captured: Money
    refunded: Money
    lines: tuple[StatusLine, ...]
    shipments: tuple[StatusShipment, ...] = ()
    returns: tuple[StatusReturn, ...] = ()
    refunds: tuple[StatusRefund, ...] = ()
    links: tuple[Id, ...] = ()
    locked_by: Code | None = None
    assignee: Code | None = None
    waiting: tuple[Waiting, ...] = ()
