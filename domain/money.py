"""Money: integer minor units of one currency, and shares that lose no cent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of an ISO 4217 currency."""

    amount: int
    currency: str


def share(total: int, part: int, whole: int) -> int:
    """Return `total × part ÷ whole` in minor units, rounded half up (A-20); nothing of nothing is 0."""
    return (2 * total * part + whole) // (2 * whole) if whole else 0


def next_share(total: int, before: int, part: int, whole: int) -> int:
    """Return the share of `part` after shares for `before` were given: the last one takes the remainder (A-20)."""
    return share(total, before + part, whole) - share(total, before, whole)
