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
PHASES: Final = (
    process_faults.POINTS_LANES,
    (process_faults.LANE, log_faults.LANE),
    (server_faults.LANE, *network_faults.LANES.values()),
)
"""Which lanes play their first round together: where everything shakes at once no process gets as far as its point."""
LANES: Final = tuple(lane for phase in PHASES for lane in phase)
RESTS: Final = (0.3, 1.5)
"""Seconds between the end of a fault and the next one of its lane, in the first round."""
LATER_RESTS: Final = (1.0, 12.0)
"""The same in later rounds, when all lanes play at once: the hub must also get somewhere."""


@dataclass(frozen=True)
class Planned:
    """A fault to come: after a rest, of a kind, with a seed for all that it draws itself."""

    kind: Kind
    rest: float
    seed: str
    last: bool
    """Whether it is the last one of its round."""


def lane(name: str, seed: int, kinds: Sequence[Kind] = KINDS) -> Iterator[Planned]:
    """Yield the faults of a lane without end: round after round, in each round every kind once in another order."""
    rng = Random(f"{seed} {name}")
    deck = [kind for kind in kinds if kind.lane == name]
    number = 0
    while deck:
        for left, kind in zip(reversed(range(len(deck))), rng.sample(deck, len(deck)), strict=True):
            rest = rng.uniform(*(LATER_RESTS if number else RESTS))
            yield Planned(kind, rest, f"{seed} {name} {rng.random()}", left == 0)
        number += 1
