"""The schedule: which faults, in which order and with which rests, drawn from a seed alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos import log_faults, network_faults, process_faults, server_faults
from tests.chaos.scene import Kind

KINDS: Final[tuple[Kind, ...]] = (
    *process_faults.KINDS,
    *server_faults.KINDS,
    *network_faults.KINDS,
    *log_faults.KINDS,
)
LANES: Final = tuple(dict.fromkeys(kind.lane for kind in KINDS))
RESTS: Final = (0.3, 2.5)
"""Seconds between the end of a fault and the next one of its lane."""


@dataclass(frozen=True)
class Planned:
    """A fault to come: after a rest, of a kind, with a seed for all that it draws itself."""

    kind: Kind
    rest: float
    seed: str
    round: int


def lane(name: str, seed: int, kinds: Sequence[Kind] = KINDS) -> Iterator[Planned]:
    """Yield the faults of a lane without end: round after round, in each round every kind once in another order."""
    rng = Random(f"{seed} {name}")
    deck = [kind for kind in kinds if kind.lane == name]
    number = 0
    while deck:
        for kind in rng.sample(deck, len(deck)):
            yield Planned(kind, rng.uniform(*RESTS), f"{seed} {name} {rng.random()}", number)
        number += 1
