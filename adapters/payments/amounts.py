"""Amounts as the provider counts them: not always in the minor units of ISO 4217, which the hub counts in.

Source: docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases"; the minor units of ISO 4217 list one.
"""

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from contracts.message import Money

PROVIDER_UNITS: Final[Mapping[str, Fraction]] = MappingProxyType(
    {
        "ISK": Fraction(100),  # no minor unit by ISO; the provider takes two digits, the last ones 00
        "UGX": Fraction(100),
        "MGA": Fraction(1, 100),  # two digits by ISO; the provider takes none
    }
)
"""How many units of the provider one minor unit is; every other currency is counted alike."""
ROUND: Final[Mapping[str, int]] = MappingProxyType(dict.fromkeys(("BHD", "JOD", "KWD", "OMR", "TND"), 10))
"""Of currencies with three digits the provider takes amounts whose last digit is 0."""


class AmountHasNoForm(Exception):
    """{amount} {currency} in minor units can't be told to the provider: it counts in greater units."""

    def __init__(self, money: Money) -> None:
        super().__init__((self.__doc__ or "").format(amount=money.amount, currency=money.currency))


def to_provider(money: Money) -> int:
    """Return an amount in the provider's units; raises AmountHasNoForm where it has none."""
    amount = money.amount * PROVIDER_UNITS.get(money.currency, Fraction(1))
    if amount.denominator != 1 or amount.numerator % ROUND.get(money.currency, 1):
        raise AmountHasNoForm(money)
    return amount.numerator


def from_provider(amount: int, currency: str) -> int:
    """Return a provider's amount in minor units; raises ValueError where it isn't a whole number of them."""
    found = amount / PROVIDER_UNITS.get(currency, Fraction(1))
    if found.denominator != 1:
        raise ValueError(f"{amount} {currency} is no whole number of minor units")
    return found.numerator
