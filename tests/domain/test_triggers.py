"""Triggers: which state takes what, said of each pair; a new state, or a new fact, is asked for with all the others."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.deciding.traits import traits
from domain.orders.lifecycle import MACHINES
from domain.orders.scratchpad import OrderMachine

FILE = Path(__file__).parent / "data/triggers.txt"
SECTION = re.compile(r"^== (\w+)\n(.*?)(?=^== |\Z)", re.MULTILINE | re.DOTALL)
SAID = dict(SECTION.findall(FILE.read_text()))


def triggers(machine: OrderMachine[Any]) -> Iterator[tuple[str, str]]:
    """Yield each trigger of a table by name with the state of each row that it moves."""
    for row in machine.table:
        for on in row.on:
            name = on.__name__ if isinstance(on, type) else f"Step.{on.name}"
            yield from ((name, state) for state in row.source if state is not None)
            yield name, ""


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_pair_of_a_state_and_a_trigger_is_said_to_move_or_to_stay(machine: OrderMachine[Any]) -> None:
    told = traits(machine.states, f"{FILE.name}, {machine.name}", SAID[machine.name])
    taken: dict[str, set[str]] = {}
    for name, state in triggers(machine):
        taken.setdefault(name, set()).update({state} - {""})

    assert {name: set(map(str, states)) for name, states in told.items()} == taken
