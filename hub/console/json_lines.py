"""JSON line by line, each with its place; what is different between two documents; what is wrong, at its place."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document as it is shown: its text, where it stands (JSON Pointer), and what is wrong there."""

    text: str
    pointer: str
    faults: Sequence[str] = ()


DEEPEST: Final = 32
"""How deep a document may be nested that is shown line by line: each line is indented by as much."""
MOST: Final = 2_000
"""Lines that are shown of a document: who writes records decides how many there would be."""
LONGEST: Final = 100_000
"""Characters of a text that is given a line for each member."""


def parsed(text: str | None) -> Any:
    """Return what a text says; raises ValueError where it is no JSON, or nested too deep to be shown."""
    try:
        held = json.loads(text or "")
    except RecursionError as error:
        raise ValueError(TOO_DEEP) from error
    if _is_deep(held):
        raise ValueError(TOO_DEEP)
    return held


TOO_DEEP: Final = f"it is nested deeper than {DEEPEST} times"


def _is_deep(held: Any) -> bool:
    level = [held]
    for _ in range(DEEPEST):
        level = [inner for each in level if isinstance(each, dict | list) for inner in _inside(each)]
    return any(isinstance(each, dict | list) for each in level)


def _inside(held: Any) -> Any:
    return held.values() if isinstance(held, dict) else held


def read(text: str | None) -> Any:
    """Return what a text says; MISSING where it is no JSON that can be shown."""
    try:
        return parsed(text)
    except ValueError:
        return MISSING


def pretty(text: str | None) -> str:
    """Return a text with a line for each member, or as it is where it is no JSON, or long."""
    held = MISSING if len(text or "") > LONGEST else read(text)
    return (text or "") if held is MISSING else json.dumps(held, indent=2, ensure_ascii=False)


def lines(held: Any, violations: Sequence[Mapping[str, str]] = (), under: str = "/data") -> list[Line]:
    """Return a document line by line, or its beginning, with each fault at the line that is nearest to it."""
    found = list(islice(_lines(held, under, "", ""), MOST))
    if len(found) == MOST:
        found.append(Line("…", ""))
    places = {line.pointer for line in found}
    faults: dict[str, list[str]] = {}
    for each in violations:
        place = each["pointer"]
        while place not in places and "/" in place:
            place = place.rpartition("/")[0]
        below = each["pointer"].removeprefix(place)
        faults.setdefault(place, []).append(f"{below} {each['detail']}".strip())
    return [Line(each.text, each.pointer, faults.pop(each.pointer, ())) for each in found]


def _lines(held: Any, pointer: str, before: str, after: str) -> Iterator[Line]:
    """Yield the lines of a value; what closes it belongs to no place."""
    if not isinstance(held, dict | list) or not held:
        yield Line(before + json.dumps(held, ensure_ascii=False) + after, pointer)
        return
    named = held.items() if isinstance(held, dict) else enumerate(held)
    opening, closing = "{}" if isinstance(held, dict) else "[]"
    indent = " " * (len(before) - len(before.lstrip()) + 2)
    yield Line(before + opening, pointer)
    for n, (name, each) in enumerate(named, 1):
        label = f"{json.dumps(name, ensure_ascii=False)}: " if isinstance(held, dict) else ""
        place = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
        yield from _lines(each, place, indent + label, "," if n < len(held) else "")
    yield Line(indent[2:] + closing + after, "")


def changed(before: Any, after: Any, path: str = "") -> dict[str, Any] | None:
    """Return the fields to set that make one document of another, by path; None where setting fields can't."""
    if _is_same(before, after):
        return {}
    if isinstance(before, dict) and isinstance(after, dict):
        if before.keys() - after.keys() or any("." in name for name in after):
            return None
        pairs = [(name, before.get(name, MISSING), held) for name, held in after.items()]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(str(n), *each) for n, each in enumerate(zip(before, after, strict=True))]
    else:
        return {path: after} if path else None
    return _together(changed(was, held, f"{path}.{name}" if path else name) for name, was, held in pairs)


def _is_same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same as JSON: 1 and true are equal, and not the same."""
    return one == other and (one is MISSING or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True))


def _together(parts: Iterator[dict[str, Any] | None]) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    for part in parts:
        if part is None:
            return None
        found |= part
    return found
