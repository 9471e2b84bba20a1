"""Exit codes: what the end of a command tells a script."""

from types import MappingProxyType
from typing import Final

from hub.errors import Kind

FAILED: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 3
UNREACHABLE: Final = 5
PARTLY: Final = 6
INTERRUPTED: Final = 130
OF_KIND: Final = MappingProxyType(
    {
        Kind.INVALID: USAGE,
        Kind.NOT_FOUND: NOT_FOUND,
        Kind.CONFLICT: USAGE,  # 4, conflict, is kept for commands to come
        Kind.SETUP: FAILED,
        Kind.UNAVAILABLE: UNREACHABLE,
        Kind.FAILED: FAILED,
    }
)
"""The exit code of each kind of failure."""
