"""Money: shares lose no cent, and people read amounts in their currency's own digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deciding.money import Money, plain, share


@pytest.mark.parametrize(
    ("money", "written"),
    [
        (Money(8450, "EUR"), "84.50 EUR"),
        (Money(5, "USD"), "0.05 USD"),
        (Money(8450, "JPY"), "8450 JPY"),
        (Money(8450, "KWD"), "8.450 KWD"),
        (Money(0, "EUR"), "0.00 EUR"),
    ],
)
def test_an_amount_is_written_in_the_digits_of_its_currency(money: Money, written: str) -> None:
    assert plain(money) == written


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_the_exact_one_rounded_half_up(total: int, part: int, whole: int) -> None:
    exact = total * part / whole

    assert abs(share(total, part, whole) - exact) <= 0.5 + exact * 1e-12


def test_a_share_of_nothing_is_nothing() -> None:
    assert share(500, 0, 0) == 0


@pytest.mark.parametrize("currency", ["BIF", "DJF", "GNF", "KMF", "RWF", "UYI", "VUV", "XAF", "JPY"])
def test_a_currency_without_minor_units_is_written_whole(currency: str) -> None:
    assert plain(Money(8450, currency)) == f"8450 {currency}"


@pytest.mark.parametrize("currency", ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
def test_a_currency_of_a_thousand_minor_units_is_written_with_three_digits(currency: str) -> None:
    assert plain(Money(84050, currency)) == f"84.050 {currency}"
