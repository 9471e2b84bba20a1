"""The scene of a run: what a fault can reach, and the count of those that really happened."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.chaos.crew import Crew
from tests.chaos.surroundings import Surroundings
from tests.chaos.zoo import Animal

BRIEF: Final = 4.0
"""By how much spans are narrower in a brief round."""


@dataclass
class Scene:
    """Everything that a fault may touch."""

    around: Surroundings
    crew: Crew
    counts: Counter[str] = field(default_factory=Counter)
    """How often each kind of fault happened; one that touched nothing isn't counted."""
    animals: list[Animal] = field(default_factory=list)
    """The strange records that were written, each with the end that it must have."""
    brief: bool = True
    """Whether faults are as short as they may be: so in the first round, which must show every kind soon."""

    def lasting(self, rng: Random, span: tuple[float, float]) -> float:
        """Draw how many seconds something lasts; from the lower part of the span in a brief round."""
        low, high = span
        return rng.uniform(low, low + (high - low) / BRIEF if self.brief else high)


Act = Callable[[Scene, Random], Awaitable[bool]]
"""Does a fault from its beginning to its end; says whether anything was hit by it."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault; those of one lane come one after the other, lanes run side by side."""

    name: str
    lane: str
    act: Act
    patience: float = 60.0
    """Seconds after which a fault that hasn't ended is an error of the run itself."""
