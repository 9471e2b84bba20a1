"""Paces: how often somebody may do something, each for himself."""

import time
from dataclasses import dataclass, field

from hub.api.remembering import Recent


@dataclass(slots=True)
class Pace:
    """How fast each caller asks: so many requests a second, and a burst of so many at once."""

    rate: float
    burst: float
    _left: Recent[str, tuple[float, float]] = field(default_factory=Recent)

    def take(self, name: str) -> float:
        """Take one request; returns 0, or after how many seconds there is one again."""
        now = time.monotonic()
        left = self._there(name, now)
        self._left.note(name, (left - 1 if left >= 1 else left, now))
        return self._seconds(left)

    def look(self, name: str) -> float:
        """Return the same, and take none."""
        return self._seconds(self._there(name, time.monotonic()))

    def _there(self, name: str, now: float) -> float:
        left, at = self._left.get(name) or (self.burst, now)
        return min(self.burst, left + (now - at) * self.rate)

    def _seconds(self, left: float) -> float:
        return 0.0 if left >= 1 else (1 - left) / self.rate
