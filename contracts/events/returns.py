"""Returns, from the draft to the validation of the goods."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Count, Id, LineNumber, Part


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
