"""The tables of the domain for readers: each machine as a table of rows and as a diagram of its states."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
from typing import Any

from domain.orders.scratchpad import OrderMachine, OrderTransition

NOTHING = "–"


def table(machine: OrderMachine[Any]) -> list[str]:
    """Return a machine's rows as lines of a Markdown table."""
    head = ["| id | from | on | if | to | effects |", "|---|---|---|---|---|---|"]
    return head + [f"| {' | '.join(_cells(row))} |" for row in machine.table]


def _cells(row: OrderTransition[Any]) -> list[str]:
    return [
        row.id,
        ", ".join(map(_state, _ordered(row.source))),
        ", ".join(f"`{on.__name__}`" if isinstance(on, type) else str(on) for on in row.on),
        _escaped(row.when or NOTHING),
        "unchanged" if row.target is None else _state(row.target),
        ", ".join(f"`{_place(effect)}{_name(effect)}`" for effect in row.effects) or NOTHING,
    ]


def diagram(machine: OrderMachine[Any]) -> list[str]:
    """Return a machine's moves as lines of a Mermaid state diagram; rows that leave the state are not drawn."""
    moves = _moves(machine.table)
    sources = {source for source, _ in moves}
    targets = {target for _, target in moves}
    begins = [(None, state, "") for state in _ordered(sources - targets - {None})]
    arrows = [(source, target, f": {', '.join(ids)}") for (source, target), ids in moves.items()]
    ends = [(state, None, "") for state in _ordered(targets - sources)]
    lines = [f"    {_node(source)} --> {_node(target)}{ids}" for source, target, ids in (*begins, *arrows, *ends)]
    return ["```mermaid", "stateDiagram-v2", *lines, "```"]


def _moves(rows: Iterable[OrderTransition[Any]]) -> dict[tuple[StrEnum | None, StrEnum | None], list[str]]:
    found: dict[tuple[StrEnum | None, StrEnum | None], list[str]] = {}
    for row in rows:
        for source in _ordered(row.source):
            if row.target is not None and row.target != source:
                ids = found.setdefault((source, row.target), [])
                ids.extend([row.id] if row.id not in ids else [])
    return found


def _ordered(states: Iterable[StrEnum | None]) -> list[StrEnum | None]:
    """Return states as their enumeration lists them, none first: sets have no order of their own."""
    return sorted(states, key=_rank)


def _rank(state: StrEnum | None) -> int:
    return -1 if state is None else [*type(state).__members__.values()].index(state)


def _state(state: StrEnum | None) -> str:
    return NOTHING if state is None else str(state)


def _node(state: StrEnum | None) -> str:
    return "[*]" if state is None else str(state).replace(" ", "_")


def _name(function: Callable[..., Any]) -> str:
    """Return a function's name as a reader knows it, with what it was made with, if anything."""
    if isinstance(function, partial):
        given = [str(value) for value in (*function.args, *function.keywords.values())]
        return f"{_name(function.func)}({', '.join(given)})"
    return str(getattr(function, "__qualname__", function)).split(".<locals>")[0].lstrip("_")


def _place(function: Callable[..., Any]) -> str:
    plain = function.func if isinstance(function, partial) else function
    return f"{plain.__module__.split('.')[-1]}."


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
