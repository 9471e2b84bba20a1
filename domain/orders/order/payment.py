"""The payment of an order."""

from datetime import datetime

from domain.deciding.values import Value
from domain.deciding.words import Word


class PaymentState(Word):
    """How far the money is."""

    NOT_REQUIRED = "not_required"
    REQUESTED = "requested"
    REFUSED = "refused"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"


class Payment(Value):
    """The money of the order in minor units: what was reserved, taken and set free, and what is asked.

    `asked` is the amount of the last request to reserve; `raises` counts the tries to raise a reserved amount to a
    grown total, `raising` says that one is under way. `cheque_amount` is the total that a cheque was compared with.
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
    """When the last cheque bounced."""
    to_capture: int = 0
    """What was asked to be taken, in minor units."""
    raising: bool = False
    raises: int = 0
