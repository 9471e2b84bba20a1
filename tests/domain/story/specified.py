"""The specification's tables: what data/transitions.toml and data/gates.csv say of every situation and state."""

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from domain.deciding.decision import Decision
from domain.orders.order import Order
from tests.domain.story.happenings import HAPPENINGS
from tests.domain.story.story import Story

DATA = Path(__file__).parents[1] / "data"
OPEN = "open"
SPECIFIED: dict[str, dict[str, dict[str, str]]] = tomllib.loads((DATA / "transitions.toml").read_text(encoding="utf-8"))
NOT_APPLICABLE = "–"
NEVER = {
    ("goodwill refund", "voided"),  # nothing was ever paid for a draft that was dropped
    ("approve a free order", "risk_review"),  # nobody doubts an order that costs nothing: it is the row below
    ("approve a free order", "risk_follow_up"),
}
"""The pairs that no order comes to."""


def happens(story: Story, table: str, happening: str) -> list[Decision[Order]]:
    """Let it happen, and what the orders tell each other then; every decision on it."""
    before = len(story.hub.decisions)
    HAPPENINGS[table][happening](story)
    story.hub.drain_internal()
    return story.hub.decisions[before:]


@dataclass(frozen=True)
class Cell:
    """What the matrix says of a command in a state."""

    row: str
    state: str
    column: tuple[str, ...]
    cell: str
    code: str
    scope: str
    ids: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        return self.cell in ("Y", "L", "S", "void")


def cells() -> Iterator[Cell]:
    with (DATA / "gates.csv").open(encoding="utf-8") as file:
        head, *rows = [[entry.strip() for entry in row] for row in csv.reader(file)]
    for name, *values, scope, ids in rows:
        for column, value in zip(head[1:-2], values, strict=True):
            cell, _, code = value.partition(" ")
            states = tuple(column.split("+"))
            for state in states:
                if (name, state) not in NEVER:
                    yield Cell(name, state, states, cell, code, scope, tuple(ids.split()))
