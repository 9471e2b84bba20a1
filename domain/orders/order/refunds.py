"""Refunds: money paid back to the customer."""

from datetime import datetime

from domain.deciding.values import Value
from domain.deciding.words import Word


class RefundState(Word):
    """How far a refund is."""

    REQUESTED = "requested"
    APPROVED = "approved"
    EXECUTED = "executed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RefundedPieces(Value):
    """Pieces of one line for which money is given back."""

    line: int
    quantity: int


class Refund(Value):
    """Money to give back, in minor units; `goods` of it for items, the rest for shipping."""

    id: str
    amount: int
    origin: str
    state: RefundState = RefundState.REQUESTED
    rma_code: str | None = None
    reason: str = "return"
    tender: str = "original"
    attempt: int = 0
    failed_attempt: int = 0
    came_back: bool = False
    reversed_at: datetime | None = None
    spent: int = 0
    """Attempts up to this one can't pay out any more: their money came back."""
    fee_goods: int = 0
    """The value of the goods for which a share of the shipping fee is in the amount."""
    pieces: tuple[RefundedPieces, ...] = ()
    """The pieces paid back without a return (F-01)."""
    requested_by: str | None = None
    capped: bool = False
    """Whether less money was left than the goods suggest."""
