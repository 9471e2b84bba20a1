"""Soundness: what is wrong with a table of rows, found when it is made and not by the first order that gets there."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from domain.deciding.transitions import AUTOMATIC, AnyState, Transition, Trigger, otherwise
from domain.deciding.words import Word

Row = Transition[Any, Any]


class TableIsUnsound(Exception):
    """The table of the {name} can't be right: {faults}."""

    def __init__(self, name: str, faults: tuple[str, ...]) -> None:
        super().__init__(name, faults)
        self.name = name
        self.faults = faults

    def __str__(self) -> str:
        return (self.__doc__ or "").format(name=self.name, faults="; ".join(self.faults))


@dataclass(frozen=True, slots=True)
class Table:
    """A table to look at: its rows, the states of its things, and those in which one may begin and end.

    `told` says that settling tries its rows with each thing told, until nothing moves; else a fact is tried once.
    With `unique` no two rows have the same rule.
    """

    rows: tuple[Row, ...]
    states: type[Word]
    begins: tuple[AnyState, ...]
    ends: Collection[AnyState]
    told: bool = False
    unique: bool = False


def check(name: str, table: Table) -> None:
    """Raise `TableIsUnsound` with all that is wrong with a table, if anything is."""
    found = tuple(fault for look in (_strangers, _unreached, _left, _shadowed, _twice) for fault in look(table))
    if found:
        raise TableIsUnsound(name, found)


def _strangers(table: Table) -> Iterator[str]:
    """Tell of states that are no states of these things, and of rows without a state or a fact to start by."""
    for row in table.rows:
        for state in (*row.source, row.target):
            if state is not None and type(state) is not table.states:
                yield f"row {row.id} names {_said(state)}, which is no {table.states.__name__}: name one of its states"
        if not row.source or not row.on:
            yield f"row {row.id} starts from no state or by nothing: say from where and on what, or take it out"


def _unreached(table: Table) -> Iterator[str]:
    """Tell of states that nothing leads to, and of rows that start there only."""
    reached = _reached(table)
    for state in table.states:
        if state not in reached:
            yield f"nothing leads to {_said(state)}: write the row to it, or say that things may begin there"
    for row in table.rows:
        if row.source and not row.source & reached:
            where = ", ".join(sorted(map(_said, row.source)))
            yield f"row {row.id} starts from {where}, where nothing leads to: write the row to there, or take it out"


def _left(table: Table) -> Iterator[str]:
    """Tell of states that nothing leads away from though no thing ends there."""
    for state in table.states:
        away = any(state in row.source and row.target not in (None, state) for row in table.rows)
        if not away and state not in table.ends:
            yield f"nothing leads away from {_said(state)}: write the row that does, or say that things may end there"


def _reached(table: Table) -> set[AnyState]:
    reached = set(table.begins)
    while more := {row.target for row in table.rows if row.target is not None and row.source & reached} - reached:
        reached |= more
    return reached


def _shadowed(table: Table) -> Iterator[str]:
    """Tell of rows that never have their turn, and of an `otherwise` without the rows that it is the other way of."""
    for number, row in enumerate(table.rows):
        for source, on in _places(row):
            above = [each for each in table.rows[:number] if source in each.source and on in each.on]
            where = f"row {row.id} from {_said(source)} on {_named(on)}"
            hides = next((each for each in above if _hides(table, each, row, source, on)), None)
            if hides is not None:
                yield f"{where} is never reached, row {hides.id} above it is always taken: put it above, or take it out"
            if otherwise in row.guards and not above:
                yield f"{where} says otherwise, but no row above it starts there: say when, or leave `when` out"


def _places(row: Row) -> Iterable[tuple[AnyState, Trigger]]:
    return ((source, on) for source in sorted(row.source, key=str) for on in row.on)


def _hides(table: Table, above: Row, row: Row, source: AnyState, on: Trigger) -> bool:
    """Tell whether the row above is taken whenever the other one could be, and leaves it no second try."""
    again = table.told or on == AUTOMATIC
    leaves = above.target not in (None, source)
    return above.asks <= row.asks and (leaves or not again)


def _twice(table: Table) -> Iterator[str]:
    """Tell of a rule that stands in two rows of a table where each has one."""
    rules = [row.id for row in table.rows]
    for rule in dict.fromkeys(rules):
        if table.unique and rules.count(rule) > 1:
            yield f"rule {rule} has {rules.count(rule)} rows: give each its own, or let the table have several a rule"


def _said(state: AnyState) -> str:
    return "nowhere" if state is None else f"{type(state).__name__}.{state.name}"


def _named(on: Trigger) -> str:
    return on.__name__ if isinstance(on, type) else f"Step.{on.name}"
