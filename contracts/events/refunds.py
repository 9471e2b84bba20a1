"""Refunds, from the request to the money paid back."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Id, Money


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
