"""The payment of an order."""

from datetime import datetime

from domain.deciding.values import Value
from domain.deciding.words import Word


class PaymentState(Word):
    """The states of a payment."""

    NOT_REQUIRED = "not_required"
    REQUESTED = "requested"
    REFUSED = "refused"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"


class Payment(Value):
    """The payment of an order. All amounts are in minor units.

    `asked` is the amount of the last authorisation request. `raises` counts the attempts to raise an authorised amount
    after the total has grown; `raising` is true while one is under way. `cheque_amount` is the total that a cheque was
    compared with.
    """

    state: PaymentState = PaymentState.NOT_REQUIRED
    attempt: int = 0
    payment_id: str | None = None
    authorised: int = 0
    captured: int = 0
    voided: int = 0
    capture_asked: bool = False
    void_asked: bool = False
    cheque_received: bool = False
    cheque_checked: bool = False
    cheque_amount: int = 0
    expires_at: datetime | None = None
    asked: int = 0
    refused_at: datetime | None = None
    """The time at which the last cheque bounced."""
    to_capture: int = 0
    """The amount of the capture request."""
    raising: bool = False
    raises: int = 0
