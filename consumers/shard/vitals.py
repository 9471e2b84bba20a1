"""Vitals: since when a shard has got nothing done, and what keeps it: a stuck shard is not a quiet one."""

import re
import time
from typing import Any, Final

LONGEST: Final = 300
CALM_SECONDS: Final = 15.0
"""So long after its last failure a shard without records counts as well again."""
_SECRET: Final = re.compile(r"(?<=://)[^@/\s]+@")


class Vitals:
    """When a shard last did a batch or looked for work without trouble, and its trouble since."""

    def __init__(self) -> None:
        self._well_at = time.monotonic()
        self._ill_at = 0.0
        self.trouble = ""

    def well(self) -> None:
        """Note that the shard got on."""
        self._well_at, self.trouble = time.monotonic(), ""

    def alive(self) -> bool:
        """Note that the shard looked for work; return whether it was well for long enough to forget its trouble."""
        self._well_at = time.monotonic()
        if self._well_at - self._ill_at > CALM_SECONDS:
            self.trouble = ""
        return not self.trouble

    def ill(self, trouble: object) -> None:
        """Note what keeps it: an error, told without passwords."""
        self.trouble, self._ill_at = told(trouble), time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """Return for how long nothing was done."""
        return time.monotonic() - self._well_at

    def told(self) -> dict[str, Any]:
        """Return both for a heartbeat."""
        return {"idle": round(self.idle_seconds, 1), "trouble": self.trouble}


def told(trouble: object) -> str:
    """Return what an error says, in a line for people and without passwords."""
    first = str(trouble).strip().splitlines()
    name = type(trouble).__name__ if isinstance(trouble, BaseException) else ""
    return _SECRET.sub("", ": ".join(each for each in (name, *first[:1]) if each))[:LONGEST]
