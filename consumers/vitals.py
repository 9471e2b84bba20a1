"""Vitals: since when a shard has got nothing done, and what keeps it: a stuck shard is not a quiet one."""

import re
import time
from typing import Any, Final

LONGEST: Final = 300
_SECRET: Final = re.compile(r"(?<=://)[^@/\s]+@")


class Vitals:
    """When a shard last did a batch or looked for work without trouble, and its trouble since."""

    def __init__(self) -> None:
        self._well_at = time.monotonic()
        self._trouble = ""

    def well(self) -> None:
        """Note that the shard got on."""
        self._well_at, self._trouble = time.monotonic(), ""

    def ill(self, trouble: object) -> None:
        """Note what keeps it: an error, told without passwords."""
        told = f"{type(trouble).__name__}: {trouble}" if isinstance(trouble, BaseException) else str(trouble)
        self._trouble = _SECRET.sub("", told)[:LONGEST]

    @property
    def idle_seconds(self) -> float:
        """Return for how long nothing was done."""
        return time.monotonic() - self._well_at

    def told(self) -> dict[str, Any]:
        """Return both for a heartbeat."""
        return {"idle": round(self.idle_seconds, 1), "trouble": self._trouble}
