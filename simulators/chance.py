"""Chance with a seed: the same question gets the same answer in every run, in every process."""

from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import UUID, uuid5

NAMESPACE: Final = UUID("5a1f3c0e-6f0d-5b43-9d0e-6c1b7d0f2a11")


@dataclass(frozen=True, slots=True)
class Chance:
    """The luck of one party under one seed; `parts` name the matter that is drawn for."""

    seed: int
    party: str

    def rng(self, *parts: object) -> Random:
        """Return the generator of a matter."""
        return Random(self._name(*parts))  # noqa: S311 - a simulation, no secret

    def happens(self, probability: float, *parts: object) -> bool:
        """Say whether a matter turns out so; `probability` from 0 to 1."""
        return probability > 0 and self.rng(*parts).random() < probability

    def id(self, *parts: object) -> str:
        """Return the id of a matter, a UUID."""
        return str(uuid5(NAMESPACE, self._name(*parts)))

    def _name(self, *parts: object) -> str:
        return "/".join(map(str, (self.seed, self.party, *parts)))
