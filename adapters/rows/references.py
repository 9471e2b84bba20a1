"""References: numbers that others use for orders."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReferenceRow:
    """A number that others use for an order."""

    kind: str
    party: str
    value: str
    subject: str
