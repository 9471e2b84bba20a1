"""Flash reorders: urgent repeat requests for missing pieces."""

from datetime import datetime
from typing import Final

from domain.deciding.traits import traits
from domain.deciding.values import Value
from domain.deciding.words import Word
from domain.orders.facts import FulfilledLine


class FlashState(Word):
    """The states of a flash reorder."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    FULFILLED = "fulfilled"
    REFUSED = "refused"
    CANCELLED = "cancelled"


FLASHES: Final = traits(
    FlashState,
    f"{__name__}.FLASHES",
    """
    searched: the reorder desk searches for its pieces
    | live: it is being prepared, or the reorder desk searches
    | | answered: the reorder desk has answered: what it finds beyond is not needed
    - + - draft
    + + - sent
    + + + accepted
    - - + fulfilled
    - - + refused
    - - - cancelled
    """,
)
"""The sets of states that rules ask for; what is said of a set is true of a flash reorder in each of its states."""


class FlashLine(Value):
    """Pieces of one line requested from the reorder desk, and how many it found."""

    line: int
    quantity: int
    found: int = 0


class Finding(Value):
    """An answer of the reorder desk. Its number tells a repeated message from a second answer."""

    at: datetime
    lines: tuple[FulfilledLine, ...]
    number: str | None = None


class Flash(Value):
    """A flash reorder: a repeat request for missing pieces."""

    id: str
    lines: tuple[FlashLine, ...]
    state: FlashState = FlashState.DRAFT
    findings: tuple[Finding, ...] = ()
    end: str | None = None
    """How the search ended: found, refused, substitute_proposed, split, removed or cancelled."""


class Unfound(Value):
    """An item that the reorder desk could not find in a warehouse. The hub doesn't request it there again by itself."""

    sku: str
    warehouse: str | None = None
