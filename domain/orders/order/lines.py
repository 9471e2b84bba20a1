"""The lines of an order."""

from domain.deciding.values import Value
from domain.deciding.words import Word


class LineState(Word):
    """What is known of a line's pieces."""

    REQUESTED = "requested"
    AVAILABLE = "available"
    ANOMALY = "anomaly"
    RESTOCKING = "restocking"
    UNAVAILABLE = "unavailable"
    RESERVED = "reserved"
    SHIPPED = "shipped"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class Counted(Value):
    """A quantity with its price, and its price at order time where that differs."""

    quantity: int
    price: int
    base: int | None = None


class Line(Value):
    """A line as it stands; `price` is what the customer pays for all its pieces, in minor units.

    `base` is the price at order time, where it was changed since (OSM-51, A-43); `personalisation` is what the customer
    had engraved or printed, which nobody changes (EP-17).
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
    before: Counted | None = None
    """What the line was before its quantity was changed: further changes count from there, so that no cent is lost."""

    @property
    def full_price(self) -> int:
        """Return the price at order time, in minor units."""
        return self.price if self.base is None else self.base
