"""Requests: what an order asks of others; each has an id that its answer names."""

from datetime import datetime

from domain.deciding.money import Money
from domain.deciding.values import Value
from domain.orders.facts import Address


class Request(Value):
    """Something asked of a partner."""


class AskedLine(Value):
    """A line asked for."""

    line: int
    sku: str
    quantity: int
    personalisation: str | None = None


class AuthorizationRequested(Request):
    """Reserve this amount; a payment that is named is raised to it. Or say when a cheque is expected."""

    request_id: str
    number: str
    customer_id: str
    amount: Money
    method: str
    attempt: int = 1
    payment_id: str | None = None


class CaptureRequested(Request):
    """Take this amount of a reserved payment."""

    request_id: str
    payment_id: str
    amount: Money


class VoidRequested(Request):
    """Set this reserved payment free."""

    request_id: str
    payment_id: str
    amount: Money


class RefundRequested(Request):
    """Give this amount back; the request id is the idempotency key of the attempt."""

    request_id: str
    refund_id: str
    payment_id: str
    amount: Money
    reason: str
    tender: str = "original"
    attempt: int = 1


class ScoreRequested(Request):
    """Score this order."""

    request_id: str
    number: str
    customer_id: str
    amount: Money
    channel: str
    country: str


class FraudConfirmed(Request):
    """A person proved fraud and cancelled the order (O-18)."""

    number: str
    reason: str


class AvailabilityRequested(Request):
    """Are these lines there? A later round supersedes an earlier one."""

    request_id: str
    shipment_id: str
    number: str
    round: int
    lines: tuple[AskedLine, ...]


class AvailabilityCancelled(Request):
    """The question is withdrawn, and what was set aside for it is free."""

    request_id: str
    shipment_id: str


class FlashRequested(Request):
    """Find these pieces (L-03)."""

    request_id: str
    flash_id: str
    number: str
    lines: tuple[AskedLine, ...]
    answer_by: datetime | None = None
    recipient: str = "reorder-desk"


class FlashCancelRequested(Request):
    """The pieces are not needed any more (L-08)."""

    request_id: str
    flash_id: str


class ShipmentRelease(Request):
    """Pick, pack and send this shipment (S-06)."""

    request_id: str
    shipment_id: str
    number: str
    address: Address
    lines: tuple[AskedLine, ...]
    carrier: str | None = None


class ShipmentCancelled(Request):
    """This shipment is not wanted any more."""

    request_id: str
    shipment_id: str


class RecallRequested(Request):
    """Stop this shipment if it isn't packed yet (O-22)."""

    request_id: str
    shipment_id: str
    reason: str
    intent: str | None = None


class ReturnAnnounced(Request):
    """These pieces will come back under this RMA code (R-02)."""

    request_id: str
    rma_code: str
    number: str
    lines: tuple[AskedLine, ...]
    expires_at: datetime | None = None


class ItemCorrectionRequested(Request):
    """Correct this item's weight or size."""

    request_id: str
    model: str
    reason: str


class EmailRequested(Request):
    """Send this template to this customer; the request id makes it one e-mail per order, event and recipient (A-35)."""

    request_id: str
    template: str
    number: str
    customer_id: str
    locale: str
    rma_code: str | None = None
    refund_id: str | None = None
    resend: int | None = None
