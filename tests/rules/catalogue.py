"""The catalogue: every rule that has a number, its area and its line, read from `docs/rules.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
TEXTS: Final = ROOT / "docs" / "rules.toml"
DUE: Final = (
    "orders",
    "payments",
    "fraud",
    "shipments",
    "returns",
    "refunds",
    "exchanges",
    "flash reorders",
    "holds",
    "locks",
)
"""The areas of an order's life: each of their rules needs a test."""
LATER: Final = ("customers", "communications", "promotions", "subscriptions", "reading")
"""The areas that the hub only touches so far, or that are queries on it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, what it is about, and what it comes to."""

    id: str
    area: str
    line: str


@dataclass(frozen=True, slots=True)
class Group:
    """The rules of one source system, of one table, or the decisions."""

    prefix: str
    name: str
    rules: tuple[Rule, ...]


def groups(path: Path = TEXTS) -> tuple[Group, ...]:
    """Return all groups in the file's order."""
    read = tomllib.loads(path.read_text())
    return tuple(
        Group(prefix, entries.pop("name"), tuple(Rule(key, area, line) for key, (area, line) in entries.items()))
        for prefix, entries in read.items()
    )


def rules(path: Path = TEXTS) -> dict[str, Rule]:
    """Return every rule by its id."""
    return {rule.id: rule for group in groups(path) for rule in group.rules}
