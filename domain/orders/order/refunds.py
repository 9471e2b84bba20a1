"""Refunds: money paid back to the customer."""

from datetime import datetime
from typing import Final

from domain.deciding.traits import traits
from domain.deciding.values import Value
from domain.deciding.words import Word


class RefundState(Word):
    """The states of a refund."""

    REQUESTED = "requested"
    APPROVED = "approved"
    EXECUTED = "executed"
    FAILED = "failed"
    CANCELLED = "cancelled"


REFUNDS: Final = traits(
    RefundState,
    f"{__name__}.REFUNDS",
    """
    unapproved: no approval of it stands
    | payable: it is approved: word that it is paid out ends it
    | | granted: it is approved, and counts as money given
    | | | to_decide: a person decides on it, or on another way to pay it
    | | | | unpaid: it was not paid: money that comes back waits for word that it was
    | | | | | counted: it counts as money given, or to be given
    | | | | | | settled: nothing of it is to come
    + - - + + + - requested
    - + + - + + - approved
    - - + - - + + executed
    - + - + - + - failed
    + - - - - - + cancelled
    """,
)
"""The sets of states that rules ask for; what is said of a set is true of a refund in each of its states."""


class RefundedPieces(Value):
    """Pieces of one line that are refunded; `returned` of them came back, and their own refund was cancelled."""

    line: int
    quantity: int
    returned: int = 0


class Reversal(Value):
    """Money of a refund that came back; used to tell a repeated message from a second one."""

    at: datetime
    amount: int


class Refund(Value):
    """Money to pay back. `amount` is in minor units."""

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
    """The number of the last attempt whose money came back; it and those before can't pay out any more."""
    fee_goods: int = 0
    """The value of the goods for which the amount includes a share of the shipping fee."""
    pieces: tuple[RefundedPieces, ...] = ()
    """The pieces refunded without a return of this order (F-01, F-40)."""
    replacement: str | None = None
    """The order that replaced these pieces, if they came back to it or will not be sent by it (F-40)."""
    requested_by: str | None = None
    capped: bool = False
    """True if the amount was limited because less money was left than the goods are worth."""
    requested_at: datetime | None = None
    payment_id: str | None = None
    """The payment that it is of, where that is not the one in use."""
    paid: tuple[str, ...] = ()
    """The requests whose money reached the customer."""
    bounced: tuple[str, ...] = ()
    """The requests that failed."""
    extra: int = 0
    """What was paid out more than once."""
    reversals: tuple[Reversal, ...] = ()
