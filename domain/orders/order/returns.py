"""Returns: goods that the customer sends back."""

from datetime import datetime
from typing import Final

from domain.deciding.traits import traits
from domain.deciding.values import Value
from domain.deciding.words import Word
from domain.orders.facts import ReceivedLine


class ReturnState(Word):
    """The states of a return."""

    DRAFT = "draft"
    AWAITING_RECEIPT = "awaiting_receipt"
    PARTIALLY_RECEIVED = "partially_received"
    RECEIVED = "received"
    VALIDATED = "validated"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    EXPIRED = "expired"


RETURNS: Final = traits(
    ReturnState,
    f"{__name__}.RETURNS",
    """
    open: its goods can still be counted, and its outcome changed
    | cancellable: it can be called off: nothing of it has come
    | | counted: its goods may come, more than announced as well
    | | | gone: it ended without goods
    + + - - draft
    + + + - awaiting_receipt
    + - + - partially_received
    + - + - received
    - - + - validated
    - - - + cancelled
    - - - + refused
    - - - + expired
    """,
)
"""The sets of states that rules ask for; what is said of a set is true of a return in each of its states."""


class ReturnedLine(Value):
    """Pieces of one line to be returned, and how many have arrived."""

    line: int
    quantity: int
    received: int = 0
    reason: str = "unwanted"
    exchange_sku: str | None = None
    comment: str | None = None


class Receipt(Value):
    """An arrival of returned pieces. Its number tells a repeated message from a second parcel."""

    at: datetime
    lines: tuple[ReceivedLine, ...]
    number: str | None = None


class Return(Value):
    """An authorised return."""

    code: str
    outcome: str
    lines: tuple[ReturnedLine, ...]
    requested_at: datetime
    state: ReturnState = ReturnState.DRAFT
    receipt_required: bool = True
    refund_shipping: bool = False
    accepted: bool = False
    settled: bool = False
    receipts: tuple[Receipt, ...] = ()
    request_id: str | None = None
    """The shop's number of the request."""
