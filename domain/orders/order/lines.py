"""The lines of an order."""

from typing import Final

from domain.deciding.traits import traits
from domain.deciding.values import Value
from domain.deciding.words import Word


class LineState(Word):
    """The state of a line's pieces."""

    REQUESTED = "requested"
    AVAILABLE = "available"
    ANOMALY = "anomaly"
    RESTOCKING = "restocking"
    UNAVAILABLE = "unavailable"
    RESERVED = "reserved"
    SHIPPED = "shipped"
    RETURNED = "returned"
    CANCELLED = "cancelled"


LINES: Final = traits(
    LineState,
    f"{__name__}.LINES",
    """
    kept: it is in the order, neither removed nor called off
    | here: its warehouse has it
    | | missing: its warehouse does not have it
    | | | found: its warehouse has it, or had it and sent it
    | | | | provided: as a replacement it is set aside, or further
    | | | | | out: its goods have left, come back or not
    + - - - - - requested
    + + - + - - available
    + - + - - - anomaly
    + - + - - - restocking
    + - + - - - unavailable
    + + - + + - reserved
    + - - + + + shipped
    + - - - + + returned
    - - - - - - cancelled
    """,
)
"""The sets of states that rules ask for; what is said of a set is true of a line in each of its states."""


class Counted(Value):
    """A quantity, its price, and its price at order time if that is different."""

    quantity: int
    price: int
    base: int | None = None


class Line(Value):
    """A line of an order.

    `price` is what the customer pays for all pieces of the line, in minor units. `base` is the price at order time,
    set once the price was changed (OSM-51, A-43). `personalisation` is the text that was engraved or printed; it never
    changes (EP-17). `title` and `variant` are what people call the article.
    """

    line: int
    sku: str
    quantity: int
    price: int
    model: str | None = None
    kind: str = "shippable"
    state: LineState = LineState.REQUESTED
    stock: int | None = None
    base: int | None = None
    personalisation: str | None = None
    replaces: int | None = None
    """The line of the original order that it replaces, where its number isn't the same: it was split off."""
    title: str | None = None
    variant: str | None = None
    before: Counted | None = None
    """The line before its quantity was first changed. Later changes are computed from it, to avoid rounding errors."""

    @property
    def full_price(self) -> int:
        """Return the price at order time, in minor units."""
        return self.price if self.base is None else self.base
