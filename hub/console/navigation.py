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
    Place("Serve", "/team", "users", "Team", frozenset({rights.AUDIT})),
    Place("Operate", "/ops", "activity", "Overview", _OPERATES),
    Place("Operate", "/ops/shards", "layers", "Shards", _OPERATES),
    Place("Operate", "/ops/processes", "server", "Processes", _OPERATES),
    Place("Operate", "/ops/topics", "list", "Topics", _OPERATES),
    Place("Operate", "/ops/gateway", "credit-card", "Gateway", _OPERATES),
    Place("Operate", "/ops/what-if", "flask-conical", "What if", frozenset({rights.OPERATE})),
    Place("Operate", "/ops/failed", "triangle-alert", "Failed records", _OPERATES),
    Place("Operate", "/ops/partners", "warehouse", "Partners", _OPERATES),
    Place("Operate", "/webhooks", "webhook", "Webhooks", frozenset({rights.MANAGE_WEBHOOKS})),
    Place("Operate", "/contracts", "file-json", "Contracts", frozenset(rights.SCOPES)),
    Place("Operate", "/ops/audit", "scroll-text", "Audit", frozenset({rights.AUDIT})),
)
"""Every place; a place has a page that works, or it isn't here."""
HOMES: Final = ("/orders", "/ops")
"""Where people begin: at the first of these that they find, else at the first place."""


def places(scopes: Collection[str]) -> list[Place]:
    """Return the places that somebody with these scopes finds."""
    return [place for place in PLACES if not place.scopes.isdisjoint(scopes)]


def home(scopes: Collection[str]) -> str:
    """Return where somebody with these scopes begins."""
    paths = [place.path for place in places(scopes)]
    return next((each for each in (*HOMES, *paths) if each in paths), "/me")


def nearest(places: Collection[Place], path: str) -> str:
    """Return the place that a page is at, or below."""
    at = (place.path for place in places if path == place.path or path.startswith(f"{place.path}/"))
    return max(at, key=len, default="")
