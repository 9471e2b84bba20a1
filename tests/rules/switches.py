"""Switches: how a rule is taken out of the domain, so that a test can show that it notices."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

from domain import rights
from domain.orders import facts, objections
from domain.orders.gates import MATRIX, Gate
from domain.orders.lifecycle import MACHINES
from domain.orders.order import Order
from domain.orders.scratchpad import OrderTransition

Switch = Callable[[], None]


def switches(rule: str) -> list[Switch]:
    """Return what takes this rule out when called, one per piece of it; none when nothing of it is data."""
    return [switch for pieces in _PIECES for switch in pieces(rule)]


def _rows(rule: str) -> Iterator[Switch]:
    for machine in MACHINES:
        for row in machine.table:
            if row.id == rule:
                yield partial(_take_out, row)


def _take_out(row: OrderTransition[Any]) -> None:
    """Leave a row that starts nowhere, listens to nothing and lets nothing through: no reader of its table meets it."""
    for name, nothing in (("source", frozenset()), ("on", ()), ("guard", _never)):
        object.__setattr__(row, name, nothing)  # rows are frozen, and the process ends with its tests


def _never(draft: object, subject: object) -> bool:
    return False


def _gates(rule: str) -> Iterator[Switch]:
    for gate in MATRIX.values():
        if rule in gate.ids:
            yield partial(_turn_round, gate)


def _turn_round(gate: Gate) -> None:
    """Leave a gate that is shut where it was open, and open where it was shut: each of its cells is gone."""
    cells = "".join("g" if cell == "+" else "+" for cell in gate.cells)
    object.__setattr__(gate, "cells", cells)


def _scopes(rule: str) -> Iterator[Switch]:
    for name, scope in rights.SCOPES.items():
        if rule in scope.ids:
            yield partial(_give_to_all, name)


def _give_to_all(scope: str) -> None:
    """Leave a scope that nobody asks for: who may manage orders may do what it was for."""
    needed = objections.scope_of

    def scope_of(order: Order, said: facts.Command) -> str:
        asked = needed(order, said)
        return rights.MANAGE if asked == scope else asked

    objections.scope_of = scope_of


_PIECES: Final[tuple[Callable[[str], Iterable[Switch]], ...]] = (_rows, _gates, _scopes)
"""Where rules are data; the next kind of data joins here."""
