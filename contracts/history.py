"""What has changed in a message's schema from release to release, in words."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from contracts import shapes
from contracts.releases import RELEASED
from contracts.topics import Topic

SILENT: Final = frozenset({"title", "description", "properties", "required", "items", "enum"})
"""Keywords of which nothing is told, or something else than their two values."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is different, and where: a JSON Pointer into the data, with `*` for each item of a list."""

    pointer: str
    what: str


@dataclass(frozen=True, slots=True)
class Step:
    """The changes that came with a release; `release` is None for what no release has yet."""

    release: str | None
    changes: tuple[Change, ...]


@cache
def steps(topic: Topic, event_type: str) -> tuple[Step, ...]:
    """Return the changes of a type, the oldest first; the first step is the one with which it came."""
    today = shapes.schema(topic, topic.by_type[event_type])
    kept = _kept(topic.name, event_type)
    found, last = list[Step](), None
    for release, schema in [*kept, (None, today)]:
        changes = (Change("", "is new"),) if last is None else tuple(changes_between(last, schema))
        if changes:
            found.append(Step(release, changes))
        last = schema
    return tuple(found)


def _kept(topic: str, event_type: str) -> list[tuple[str | None, Mapping[str, Any]]]:
    """Return the schema of each release that has the type, the oldest first."""
    releases = sorted((path for path in RELEASED.iterdir() if path.is_dir()), key=_number)
    paths = [(release.name, release / topic / f"{event_type}.json") for release in releases]
    return [(name, json.loads(path.read_bytes())) for name, path in paths if path.is_file()]


def _number(release: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in release.name.split("."))


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Yield what is different between two schemas of a message."""
    yield from _Comparison(old.get("$defs", {}), new.get("$defs", {})).of(old, new, "")


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Compares two schemas; each follows references in its own definitions. No message holds itself."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def of(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Change]:
        old, new = shapes.resolve(old, self.before), shapes.resolve(new, self.after)
        yield from _keywords(old, new, at)
        was, now = old.get("properties", {}), new.get("properties", {})
        for name in [*was, *(name for name in now if name not in was)]:
            here = f"{at}/{name}"
            yield from _presence(name, old, new, here)
            if name in was and name in now:
                yield from self.of(was[name], now[name], here)
        if "items" in old and "items" in new:
            yield from self.of(old["items"], new["items"], f"{at}/*")


def _nullable(schema: Mapping[str, Any]) -> bool:
    return any(option.get("type") == "null" for option in schema.get("anyOf", ()))


def _presence(name: str, old: Mapping[str, Any], new: Mapping[str, Any], here: str) -> Iterator[Change]:
    """Yield whether a member came, went, or has to be given; null is the same as left out."""
    needed = name in new.get("required", ())
    if name not in old["properties"]:
        yield Change(here, "is new, and has to be given" if needed else "is new, and may be left out")
    elif name not in new["properties"]:
        yield Change(here, "is gone")
    elif needed != (name in old.get("required", ())):
        yield Change(here, "has to be given" if needed else "may be left out")
    elif needed and _nullable(old["properties"][name]) != _nullable(new["properties"][name]):
        yield Change(here, "may be null" if _nullable(new["properties"][name]) else "may not be null any more")


def _keywords(old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Change]:
    """Yield which words of an enumeration came and went, and how other keywords changed."""
    was, now = old.get("enum", ()), new.get("enum", ())
    if added := [word for word in now if word not in was]:
        yield Change(at, f"may also be {', '.join(added)}" if was else f"may only be {', '.join(added)}")
    if gone := [word for word in was if word not in now]:
        yield Change(at, f"may not be {', '.join(gone)} any more" if now else "may be any text")
    for name in sorted((old.keys() | new.keys()) - SILENT):
        if not name.startswith(("$", "x-")) and old.get(name) != new.get(name):
            yield Change(at, f"{name} was {_shown(old.get(name))}, and is {_shown(new.get(name))}")


def _shown(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
