"""Switches: how a rule is taken out of the domain, so that a test can show that it notices."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

from domain.lifecycle import MACHINES
from domain.transitions import Transition

Switch = Callable[[], None]


def switches(rule: str) -> list[Switch]:
    """Return what takes this rule out when called, one per piece of it; none when nothing of it is data."""
    return [switch for pieces in _PIECES for switch in pieces(rule)]


def _rows(rule: str) -> Iterator[Switch]:
    for machine in MACHINES:
        for row in machine.table:
            if row.id == rule:
                yield partial(_take_out, row)


def _take_out(row: Transition[Any]) -> None:
    """Leave a row that starts nowhere, listens to nothing and lets nothing through: no reader of its table meets it."""
    for name, nothing in (("source", frozenset()), ("on", ()), ("guard", _never)):
        object.__setattr__(row, name, nothing)  # rows are frozen, and the process ends with its tests


def _never(draft: object, subject: object) -> bool:
    return False


_PIECES: Final[tuple[Callable[[str], Iterable[Switch]], ...]] = (_rows,)
"""Where rules are data; the next kind of data joins here."""
