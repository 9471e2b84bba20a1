"""Money: integer minor units of one currency, and shares that lose no cent."""

from types import MappingProxyType
from typing import Final

from contracts.message import Money

__all__ = ["Money", "next_share", "plain", "share"]


def share(total: int, part: int, whole: int) -> int:
    """Return `total × part ÷ whole` in minor units, rounded half up (A-20); nothing of nothing is 0."""
    return (2 * total * part + whole) // (2 * whole) if whole else 0


def next_share(total: int, before: int, part: int, whole: int) -> int:
    """Return the share of `part` after shares for `before` were given: the last one takes the remainder (A-20)."""
    return share(total, before + part, whole) - share(total, before, whole)


_DIGITS: Final = MappingProxyType(
    dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0)
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
)
"""Minor digits of the currencies that don't have two (ISO 4217)."""


def plain(money: Money) -> str:
    """Write an amount for people: `84.50 EUR`, `8450 JPY`."""
    digits = _DIGITS.get(money.currency, 2)
    if not digits:
        return f"{money.amount} {money.currency}"
    whole, minor = divmod(money.amount, 10**digits)
    return f"{whole}.{minor:0{digits}d} {money.currency}"
