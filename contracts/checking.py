"""How the commands end that check the project's own files: what is wrong, or that all is well."""

import sys
from collections.abc import Sequence


def told(wrong: Sequence[str], well: str) -> int:
    """Tell what is wrong, a sentence a line, or that all is well; return the exit code, 1 for something wrong."""
    for sentence in wrong:
        sys.stderr.write(f"{sentence}\n")
    if not wrong:
        sys.stdout.write(f"{well}\n")
    return 1 if wrong else 0
