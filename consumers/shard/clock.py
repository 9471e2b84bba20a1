"""The time of a shard: PostgreSQL's, whatever the clock of its process says."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

FAR: Final = timedelta(seconds=30)
"""A process whose own clock is off by more says so: its logs, and what else runs on its machine, tell wrong times."""


class Clock:
    """Goes on from the last time that PostgreSQL told; `ahead` moves it, for tests and demonstrations."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self._ahead = ahead
        self._told: datetime | None = None
        self._at = 0.0
        self.off = timedelta()
        """By how much the process's own clock is ahead of PostgreSQL's."""

    def observe(self, now: datetime) -> None:
        """Take PostgreSQL's time over."""
        self._told, self._at = now, time.monotonic()
        self.off = datetime.now(UTC) - now

    def now(self) -> datetime:
        """Return the time; PostgreSQL has told it before anything is asked for that depends on it."""
        assert self._told is not None, "the clock is set by each look for work"
        return self._told + timedelta(seconds=time.monotonic() - self._at) + self._ahead

    @property
    def trouble(self) -> str:
        """Return what is wrong with the process's own clock, empty where it is right."""
        if abs(self.off) <= FAR:
            return ""
        which = "ahead of" if self.off > timedelta() else "behind"
        return f"the clock of this process is {abs(self.off).total_seconds():.0f} s {which} PostgreSQL's, which counts"
