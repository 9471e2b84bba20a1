"""Exit codes: what the end of a command tells a script."""

from types import MappingProxyType
from typing import Final

from hub.errors import ErrorKind

FAILED: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 3
UNREACHABLE: Final = 5
PARTLY: Final = 6
INTERRUPTED: Final = 130
OF_KIND: Final = MappingProxyType(
    {
        ErrorKind.INVALID: USAGE,
        ErrorKind.NOT_FOUND: NOT_FOUND,
        ErrorKind.CONFLICT: USAGE,  # 4, conflict, is kept for commands to come
        ErrorKind.SETUP: FAILED,
        ErrorKind.UNAVAILABLE: UNREACHABLE,
        ErrorKind.FAILED: FAILED,
    }
)
"""The exit code of each kind of failure."""
