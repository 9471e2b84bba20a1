"""The payment of an order."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Id, Money


class PaymentChanged(OrderEvent):
    """The payment view moved on (P-01, P-04)."""

    name: ClassVar[str] = "payment.changed"

    state: Code
    amount: Money | None = None
    reason: Code | None = None
    payment_id: Id | None = None
    """The payment that it is about: there may be several. A cheque has none until its money is taken."""


class RetriesCleared(OrderEvent):
    """A paid order's further attempts are given up (P-05)."""

    name: ClassVar[str] = "payment.retries_cleared"
