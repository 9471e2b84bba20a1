"""payment.events and payment.requests: what the hub asks of a payment service, and what it answers."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts.declaring import Words
from contracts.message import Code, Contact, Fact, Id, Moment, Money, ReadableEnum, Request
from contracts.shop import PaymentMethod

Attempt = Annotated[int, Field(ge=1, le=1000)]


class Operation(ReadableEnum):
    """What was refused."""

    AUTHORIZATION = "authorization"
    CAPTURE = "capture"
    VOID = "void"
    UNKNOWN = "unknown"


class Tender(ReadableEnum):
    """Where a refund goes."""

    ORIGINAL = "original"
    ALTERNATE = "alternate"
    MANUAL = "manual"
    UNKNOWN = "unknown"


class PaymentAuthorized(Fact):
    """The amount is reserved (P-01)."""

    name: ClassVar[str] = "payment.authorized"

    request_id: Id
    payment_id: Id
    amount: Money
    expires_at: Moment | None = None


class PaymentRefused(Fact):
    """An authorisation, a capture or a void was refused."""

    name: ClassVar[str] = "payment.refused"

    request_id: Id
    operation: Annotated[str, Words(Operation)] = Operation.AUTHORIZATION
    reason: Code = "declined"


class PaymentCaptured(Fact):
    """The amount was taken (P-04)."""

    name: ClassVar[str] = "payment.captured"

    request_id: Id
    payment_id: Id
    amount: Money


class PaymentVoided(Fact):
    """A reserved amount was set free."""

    name: ClassVar[str] = "payment.voided"

    request_id: Id
    payment_id: Id
    amount: Money


class ChequeReceived(Fact):
    """A cheque arrived (P-02)."""

    name: ClassVar[str] = "cheque.received"

    amount: Money
    drawer: Contact | None = None


class RefundExecuted(Fact):
    """A refund reached the customer (F-07)."""

    name: ClassVar[str] = "refund.executed"

    request_id: Id
    refund_id: Id
    amount: Money
    provider_reference: Id | None = None


class RefundFailed(Fact):
    """A refund did not go through (F-09)."""

    name: ClassVar[str] = "refund.failed"

    request_id: Id
    refund_id: Id
    reason: Code = "declined"
    retryable: bool = True


class RefundReversed(Fact):
    """A refund that had gone through came back."""

    name: ClassVar[str] = "refund.reversed"

    refund_id: Id
    amount: Money
    reason: Code = "unknown"


class AuthorizationRequested(Request):
    """Reserve this amount; a payment that is named is raised to it. Or say when a cheque is expected."""

    name: ClassVar[str] = "payment.authorization_requested"

    request_id: Id
    number: Id
    customer_id: Id
    amount: Money
    method: Annotated[str, Words(PaymentMethod)]
    attempt: Attempt = 1
    payment_id: Id | None = None
    store: Id | None = None


class CaptureRequested(Request):
    """Take this amount of a reserved payment."""

    name: ClassVar[str] = "payment.capture_requested"

    request_id: Id
    payment_id: Id
    amount: Money
    store: Id | None = None


class VoidRequested(Request):
    """Set this reserved payment free."""

    name: ClassVar[str] = "payment.void_requested"

    request_id: Id
    payment_id: Id
    amount: Money
    store: Id | None = None


class RefundRequested(Request, kw_only=True):
    """Give this amount back; the request id is the idempotency key of the attempt."""

    name: ClassVar[str] = "refund.requested"

    request_id: Id
    refund_id: Id
    payment_id: Id
    amount: Money
    tender: Annotated[str, Words(Tender)] = Tender.ORIGINAL
    attempt: Attempt = 1
    reason: Code
    store: Id | None = None
