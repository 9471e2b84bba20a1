"""When a delivery is tried again, and how long a receiver that is asked too much is left alone."""

import random
from dataclasses import dataclass, field
from typing import Final

MINUTE: Final = 60.0
HOUR: Final = 3600.0
PAUSES: Final = (
    0.0,
    5.0,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
"""Seconds before each try, as Standard Webhooks has them: ten tries in three days."""
JITTER: Final = 0.1
"""By so much of itself a pause is longer, at most: receivers that came back aren't met by all at once."""
LONGEST_WAIT: Final = 24 * HOUR
"""How long a receiver may ask us to wait."""
REST: Final = 5.0
LONGEST_REST: Final = 5 * MINUTE
BUSY: Final = (429, 502, 504)
"""Answers of a receiver that is asked too much."""
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Schedule:
    """The pauses, each a little longer by chance."""

    chance: random.Random = field(default_factory=random.SystemRandom)

    def pause(self, tries: int) -> float | None:
        """Return the seconds before the next try after so many of them, None where there is none."""
        return self._longer(PAUSES[tries]) if tries < len(PAUSES) else None

    def rest(self, rests: int) -> float:
        """Return the seconds for which a receiver is left alone that asked for no time of its own; doubled each time.

        `rests` counts those in a row before this one.
        """
        return self._longer(min(REST * 2 ** min(rests, 10), LONGEST_REST))

    def _longer(self, seconds: float) -> float:
        return seconds * (1 + JITTER * self.chance.random())
