"""Navigation: the places of the console, and who finds which of them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from domain import rights


@dataclass(frozen=True, slots=True)
class Place:
    """A page that has a place of its own: its group, path, icon and name, who may see it, and what is counted there."""

    group: str
    path: str
    icon: str
    name: str
    scopes: frozenset[str]
    count: str | None = None


_READS: Final = frozenset(rights.READERS)
_OPERATES: Final = frozenset({rights.OPERATE, rights.AUDIT})
PLACES: Final = (
    Place("Serve", "/orders", "search", "Orders", _READS),
    Place("Serve", "/attention", "inbox", "Attention", _READS | {rights.OPERATE}, "attention"),
    Place("Serve", "/refunds", "receipt-text", "Refunds", _READS, "refunds"),
    Place("Serve", "/returns", "undo-2", "Returns desk", _READS | {rights.RECEIVE_RETURN}, "returns"),
    Place("Serve", "/flash", "zap", "Flash reorders", _READS, "flash_reorders"),
    Place("Serve", "/attention?what=logistics", "truck", "Logistics", frozenset({rights.RELEASE_LOGISTICS})),
    Place("Serve", "/pending", "phone-incoming", "Pending calls", _READS, "pending"),
    Place("Serve", "/fraud", "shield-alert", "Fraud review", frozenset({rights.REVIEW}), "fraud_review"),
)
"""Every place; a place has a page that works, or it isn't here."""


def places(scopes: Collection[str]) -> list[Place]:
    """Return the places that somebody with these scopes finds."""
    return [place for place in PLACES if not place.scopes.isdisjoint(scopes)]
