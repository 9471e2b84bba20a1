"""What the provider does to its callers: each trick with its probability, drawn with a seed, counted."""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from random import Random
from typing import Final, Self

from simulators.chance import Chance


class Trick(StrEnum):
    """What may happen to one call."""

    TIMEOUT_AFTER = "timeout_after"
    """It is done, and no answer comes."""
    TIMEOUT_BEFORE = "timeout_before"
    """It is not done, and no answer comes."""
    ERROR_AFTER = "error_after"
    """It is done, and answered with 500."""
    ERROR_BEFORE = "error_before"
    """It is not done, and answered with 500."""
    DOUBLED = "doubled"
    """It is done, and answered late and twice."""
    THROTTLED = "throttled"
    """It is not done, and answered with 429 and a time to come back."""
    GARBAGE = "garbage"
    """It is done, and the answer is no JSON."""
    RESET = "reset"
    """It is done, and the connection is reset after half of the answer."""
    REDIRECT = "redirect"
    """It is not done, and the answer points elsewhere."""


ACTS: Final = frozenset({Trick.TIMEOUT_AFTER, Trick.ERROR_AFTER, Trick.DOUBLED, Trick.GARBAGE, Trick.RESET})
"""Tricks that are played on a call that was carried out."""
FOR_QUESTIONS: Final = (Trick.ERROR_BEFORE, Trick.TIMEOUT_BEFORE, Trick.GARBAGE, Trick.RESET, Trick.THROTTLED)


@dataclass(frozen=True, slots=True)
class Naughtiness:
    """Probabilities between 0 and 1 for each attempt, unless said otherwise."""

    timeout_after: float = 0.0
    timeout_before: float = 0.0
    error_after: float = 0.0
    error_before: float = 0.0
    doubled: float = 0.0
    throttled: float = 0.0
    garbage: float = 0.0
    reset: float = 0.0
    redirect: float = 0.0
    questions: float = 0.0
    """A question is answered with some trick."""
    declines: float = 0.0
    """The card is declined (per call to authorise)."""
    refund_failures: float = 0.0
    """The refund fails at the bank (per call to refund)."""
    refunds_pending: float = 0.0
    """The refund takes `pending_seconds` (per call to refund)."""
    pending_seconds: float = 1.0
    search_lag: float = 0.0
    """How many seconds the search is behind the books."""
    retry_after: float = 1.0
    """What a throttled caller is told, in seconds."""

    @classmethod
    def of(cls, told: Mapping[str, float]) -> Self:
        """Return the naughtiness that a command line names."""
        unknown = set(told) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"there is no {', '.join(sorted(unknown))}")
        return cls(**told)


NONE: Final = Naughtiness()
NAUGHTY: Final = Naughtiness(
    timeout_after=0.2,
    timeout_before=0.05,
    error_after=0.05,
    error_before=0.05,
    doubled=0.1,
    throttled=0.05,
    garbage=0.05,
    reset=0.05,
    redirect=0.03,
    questions=0.1,
    declines=0.03,
    refund_failures=0.1,
    refunds_pending=0.1,
    search_lag=1.0,
)


class Luck:
    """Draws the tricks of one run: the same for the same seed, key and attempt."""

    def __init__(self, naughtiness: Naughtiness, seed: int) -> None:
        self.naughtiness = naughtiness
        self.counts: Counter[str] = Counter()
        self._chance = Chance(seed, "payment-provider")
        self.attempts: Counter[str] = Counter()
        self._questions = itertools.count()
        self._scripts: dict[str, list[Trick | None]] = {}

    def plan(self, key: str, *tricks: Trick | None) -> None:
        """Say what happens to the next attempts under a key."""
        self._scripts[key] = list(tricks)

    def for_call(self, key: str) -> Trick | None:
        """Return what happens to the next attempt under a key."""
        self.attempts[key] += 1
        if self._scripts.get(key):
            return self._noted(self._scripts[key].pop(0))
        rng = self._chance.rng("call", key, self.attempts[key])
        weights = [getattr(self.naughtiness, trick.value) for trick in Trick]
        return self._noted(rng.choices([*Trick, None], [*weights, max(0.0, 1 - sum(weights))])[0])

    def for_question(self) -> Trick | None:
        """Return what happens to the next question."""
        rng = self._chance.rng("question", next(self._questions))
        naughty = rng.random() < self.naughtiness.questions
        return self._noted(rng.choice(FOR_QUESTIONS), "question_") if naughty else None

    def happens(self, name: str, matter: str) -> bool:
        """Say whether a matter turns out so, and count it."""
        probability: float = getattr(self.naughtiness, name)
        found = self._chance.happens(probability, name, matter)
        self.counts[name] += found
        return found

    def rng(self, *parts: object) -> Random:
        """Return the generator of a matter."""
        return self._chance.rng(*parts)

    def id(self, kind: str, matter: str) -> str:
        """Return a name as the provider gives them."""
        return f"{kind}_{self._chance.id(kind, matter).replace('-', '')[:24]}"

    def _noted(self, trick: Trick | None, before: str = "") -> Trick | None:
        if trick is not None:
            self.counts[before + trick.value] += 1
        return trick
