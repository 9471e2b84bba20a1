"""Restarts: when another process is started in place of one that ended by itself, and when no more are."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hub.errors import KeepsEnding
from hub.processes import Ended

MOST_ENDS: Final = 10
"""Processes that may end by themselves in a window before it is taken that the next one will, too."""
WINDOW_SECONDS: Final = 600.0
PAUSES: Final = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds until another one is started: at once after a single end, later the more have ended in the window.

Ten of them take under three minutes, so what ends at its start each time is noticed within the window.
"""


@dataclass(slots=True)
class Restarts:
    """The ends of a window, and what is to be started anew when; `clock` tells seconds."""

    clock: Callable[[], float] = time.monotonic
    _ends: deque[float] = field(default_factory=deque)
    _due: list[tuple[float, tuple[str, ...]]] = field(default_factory=list)

    def note(self, ended: Ended) -> float:
        """Note an end, and return after how many seconds another one is due; raises KeepsEnding."""
        now = self.clock()
        while self._ends and self._ends[0] <= now - WINDOW_SECONDS:
            self._ends.popleft()
        self._ends.append(now)
        count = len(self._ends)
        if count > MOST_ENDS:
            raise KeepsEnding(count, round(WINDOW_SECONDS / 60), str(ended))
        pause = PAUSES[min(count, len(PAUSES)) - 1]
        self._due.append((now + pause, ended.command))
        return pause

    def due(self) -> list[tuple[str, ...]]:
        """Return the commands that are to be started now, each once."""
        now = self.clock()
        found = [command for at, command in self._due if at <= now]
        self._due = [each for each in self._due if each[0] > now]
        return found
