"""Flash reorders: urgent repeat requests for missing pieces."""

from datetime import datetime

from domain.deciding.values import Value
from domain.deciding.words import Word
from domain.orders.facts import FulfilledLine


class FlashState(Word):
    """How far a flash reorder is."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    FULFILLED = "fulfilled"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class FlashLine(Value):
    """Pieces asked of the reorder desk, and those it found."""

    line: int
    quantity: int
    found: int = 0


class Finding(Value):
    """One answer of the reorder desk; it tells a repeated message from a second find."""

    at: datetime
    lines: tuple[FulfilledLine, ...]


class Flash(Value):
    """A repeat request for missing pieces, and how it ended."""

    id: str
    lines: tuple[FlashLine, ...]
    state: FlashState = FlashState.DRAFT
    findings: tuple[Finding, ...] = ()
    end: str | None = None
    """How the search ended: found, refused, substitute_proposed, split, removed or cancelled."""


class Unfound(Value):
    """An item that the reorder desk could not find in a warehouse: it is not asked for there again by itself."""

    sku: str
    warehouse: str | None = None
