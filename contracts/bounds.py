"""Bounds between fields: sums are bounded like their parts, and an address has what its country's addresses have."""

from collections.abc import Iterator
from typing import Any, Final

from contracts.checks import Check, Fault
from contracts.countries import WITHOUT_POSTCODES

LARGEST: Final = 10**15
"""The largest amount in minor units, of a part and of a sum."""
_TOO_MUCH: Final = f"Input should be less: the sum up to here is over {LARGEST}"


def price(line: Any) -> int:
    """Return what all pieces of a line cost, in minor units: its discount takes no more away than there is."""
    cost: int = line.unit_price * line.quantity - line.discount
    return max(0, cost)


def _bounded_sum(name: str, lines: str, fee: str | None) -> Check:
    """Return the check that the prices of lines, and a fee, add up to an amount that may be."""

    def amounts(part: Any) -> Iterator[tuple[tuple[str | int, ...], int]]:
        yield from (((lines, place, "unit_price"), price(line)) for place, line in enumerate(getattr(part, lines)))
        if fee is not None:
            yield (fee,), getattr(part, fee)

    def holds(part: Any) -> bool:
        return sum(amount for _, amount in amounts(part)) <= LARGEST

    def faults(part: Any) -> Iterator[Fault]:
        total = 0
        for path, amount in amounts(part):
            total += amount
            if total > LARGEST:
                yield Fault(path, _TOO_MUCH)
                return

    terms = f"The prices of `{lines}`" + ("" if fee is None else f" and `{fee}`")
    return Check(name, f"{terms} add up to {LARGEST} at most.", holds, faults)


TOTAL: Final = _bounded_sum("total", "lines", "shipping_fee")
"""An order's total is an amount."""
ADDED: Final = _bounded_sum("added", "add", None)
"""What is added to an order is an amount."""


def _has_postcode(address: Any) -> bool:
    return address.postcode is not None or address.country in WITHOUT_POSTCODES


def _no_postcode(address: Any) -> Iterator[Fault]:
    yield Fault(("postcode",), "Field required: addresses of this country have one")


_POSTCODE_SAYS: Final = f"`postcode` is there, unless `country` has none: {', '.join(sorted(WITHOUT_POSTCODES))}."

POSTCODE: Final = Check("postcode", _POSTCODE_SAYS, _has_postcode, _no_postcode)
"""An address has a postcode where its country has them."""
