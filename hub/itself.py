"""What a process knows of itself: its version, and how much memory it takes."""

import os
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from hub.code import fingerprint

_STATM: Final = Path("/proc/self/statm")


def about() -> dict[str, object]:
    """Return what a process tells of itself with every sign of life; what it can't know is None."""
    return {"version": version_of_code(), "memory": memory_bytes()}


@cache
def version_of_code() -> str:
    """Return the release, and the mark of the rules' code beside it: two builds of one release may differ."""
    return f"{version('fulfilment-hub')}+{fingerprint()[:12]}"


def memory_bytes() -> int | None:
    """Return the resident memory; None where the system doesn't tell it as Linux does."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
