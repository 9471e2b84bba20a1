"""What the servers wrote down, and which known trouble it tells of."""

from pathlib import Path

DISK_FULL = "No space left on device"
PORT_TAKEN = "Address already in use"
STILL_ENDING = "is still in use"
"""What PostgreSQL says where the processes of a killed one have not noticed yet that it is gone."""


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, each on a line of its own, or a word that there are none."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return "(no log)"
    return "".join(f"\n  {line}" for line in text.splitlines()[-lines:]) or "(empty)"


def tells(log: Path, since: int, trouble: str) -> bool:
    """Whether the log has the words of that trouble after its first `since` bytes."""
    try:
        with log.open("rb") as text:
            text.seek(since)
            return trouble.encode() in text.read()
    except OSError:
        return False


def size(log: Path) -> int:
    """The log's length in bytes, 0 while there is none."""
    return log.stat().st_size if log.exists() else 0
