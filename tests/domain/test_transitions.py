"""The tables of the specification: every situation with everything that can happen, by data/transitions.toml."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from domain.orders import events, requests
from tests.domain.story import HAPPENINGS, OPEN, SITUATIONS, SPECIFIED, Story, exchange_order, happens
from tests.domain.world import standing


@dataclass(frozen=True)
class Expected:
    """What a cell of the data says."""

    state: str
    rules: frozenset[str]
    put_on: frozenset[str]
    taken_off: frozenset[str]
    alerts: frozenset[str]
    inferred: bool


def expected(cell: str) -> Expected:
    state, *words = cell.split()
    marked = {mark: frozenset(word[1:] for word in words if word[0] == mark) for mark in "+-!"}
    rules = frozenset(word for word in words if word[0].isupper())
    return Expected(state, rules, marked["+"], marked["-"], marked["!"], "inferred" in words)


def _exchange(story: Story) -> str:
    other = exchange_order(story)
    return f"{story.order.exchanges[0].state},{other.order.state}"


STATE: dict[str, Callable[[Story], str]] = {
    "order": lambda story: str(story.order.state),
    "shipment": lambda story: str(story.order.shipments[0].state),
    "return": lambda story: str(story.order.returns[0].state),
    "refund": lambda story: str(story.order.refunds[0].state),
    "exchange": _exchange,
    "flash": lambda story: str(story.order.flashes[0].state),
    "hold": lambda story: "+".join(sorted(story.order.holds)) or "none",
}
"""How the state of each table's subject reads."""
QUIET = (requests.EmailRequested,)


def pairs(*, listed: bool) -> Iterator[object]:
    """Every situation with every happening of its table, those that the data names or all the others."""
    for table, situations in SITUATIONS.items():
        for happening in HAPPENINGS[table]:
            named = SPECIFIED[table].get(happening, {})
            for situation in situations:
                if listed is (situation in named) and named.get(situation) != OPEN:
                    name = f"{table}: {happening} at {situation}"
                    yield pytest.param(table, situation, happening, id=name, marks=marks(named.get(situation)))


def marks(cell: str | None) -> list[pytest.MarkDecorator]:
    """The rules that a row of the data proves."""
    if cell is None:
        return []
    row = expected(cell)
    rules = sorted(row.rules | {"O-38"} if row.inferred else row.rules)
    return [pytest.mark.rule(*rules)] if rules else []


def test_the_data_names_only_what_there_is() -> None:
    for table, happenings in SPECIFIED.items():
        assert set(happenings) <= set(HAPPENINGS[table]), table
        for happening, cells in happenings.items():
            assert set(cells) <= set(SITUATIONS[table]), (table, happening)


@pytest.mark.parametrize(("table", "situation", "happening"), list(pairs(listed=True)))
def test_a_row_of_the_tables_is_followed(table: str, situation: str, happening: str) -> None:
    row = expected(SPECIFIED[table][happening][situation])
    story = SITUATIONS[table][situation]()
    held = set(story.order.holds)

    made = happens(story, table, happening)

    assert STATE[table](story) == row.state
    assert row.rules <= {rule for decision in made for rule in decision.rules}
    if table == "order":
        assert set(story.order.holds) - held == row.put_on
        assert row.taken_off <= held - set(story.order.holds)
    raised = {e.alert for decision in made for e in decision.events if isinstance(e, events.AlertRaised)}
    assert row.alerts <= raised
    if row.inferred:
        assert any(e.inferred for d in made for e in d.events if isinstance(e, events.ShipmentChanged))


@pytest.mark.parametrize(("table", "situation", "happening"), list(pairs(listed=False)))
@pytest.mark.rule("O-39")
def test_where_the_tables_are_silent_nothing_moves(table: str, situation: str, happening: str) -> None:
    story = SITUATIONS[table][situation]()
    before = {name: standing(order) for name, order in story.hub.orders.items()}

    made = happens(story, table, happening)

    assert {name: standing(order) for name, order in story.hub.orders.items()} == before
    assert not [request for decision in made for request in decision.requests if not isinstance(request, QUIET)]
