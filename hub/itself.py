"""What a process knows of itself: its version, and how much memory it takes."""

import os
from pathlib import Path
from typing import Final

from hub.code import build

_STATM: Final = Path("/proc/self/statm")


def about() -> dict[str, object]:
    """Return what a process tells of itself with every sign of life; what it can't know is None."""
    return {"version": "+".join(build()), "memory": memory_bytes()}


def memory_bytes() -> int | None:
    """Return the resident memory; None where the system doesn't tell it as Linux does."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
