"""Indenting: JSON as people read it, with every word of it as it came."""

import re
from typing import Final

from hub.console import json_lines

_PART: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+')
STEP: Final = "  "
OPEN: Final = frozenset("{[")
CLOSE: Final = frozenset("}]")


def indented(text: str) -> str:
    """Return JSON with a line for each member; what is none, or nested too deep, stays as it is."""
    try:
        json_lines.parsed(text)
    except ValueError:
        return text
    found, depth, opened, before = list[str](), 0, False, ""
    for part in _PART.findall(text):
        closes = part in CLOSE
        depth -= closes
        if before == "," or opened != closes:
            found.append(f"\n{STEP * depth}")
        found.append(": " if part == ":" else part)
        opened, before = part in OPEN, part
        depth += opened
    return "".join(found)
