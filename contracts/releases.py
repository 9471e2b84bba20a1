"""Releases of the contracts, and FULL_TRANSITIVE compatibility with them.

Within a major version, today's schemas must read, and be read by, those of every release.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts import shapes
from contracts.compatibility import BACKWARD, Difference, Schema, differences
from contracts.generation import FOLDER, encode
from contracts.topics import BY_NAME, Direction

RELEASED: Final = FOLDER / "released"
"""One folder per release, `<release>/<topic>/<type>.json`; a release never changes."""


@dataclass(frozen=True, slots=True)
class Break:
    """An incompatible difference between today's schema of a message and a released one."""

    release: str
    topic: str
    type: str
    pointer: str
    rule: str
    why: str
    direction: str

    def __str__(self) -> str:
        """Return a sentence that says what is wrong, where, why, and what to do next."""
        return (
            f"{self.topic}/{self.type} at {self.pointer}: {self.why} [{self.rule}]; {self.direction} "
            f"release {self.release}. Take the change back, or publish it as {successor(self.type)} beside {self.type}."
        )


class ReleaseError(Exception):
    """A release can't be made."""

    def __str__(self) -> str:
        """Return the docstring with the facts in it."""
        return (type(self).__doc__ or "").format_map(vars(self))


@dataclass(eq=False)
class VersionIsNoNumber(ReleaseError):
    """{version} is no version of a release; give two or three numbers, e.g. 1.1."""

    version: str


@dataclass(eq=False)
class ReleaseIsAlreadyThere(ReleaseError):
    """Release {version} is in {folder} already and a release never changes; choose the next version."""

    version: str
    folder: Path


@dataclass(eq=False)
class ReleaseWouldBreak(ReleaseError):
    """Release {version} would break {count} things that are released; `python -m contracts check` lists them."""

    version: str
    count: int


def breaking(released: Path = RELEASED, current: Mapping[str, Schema] | None = None) -> list[Break]:
    """Return every break between the current schemas, keyed by `<topic>/<type>.json`, and every release."""
    now = shapes.schemas() if current is None else current
    found: list[Break] = []
    for path in sorted(released.glob("*/*/*.json")):
        release, topic, name = path.relative_to(released).parts
        old, new = json.loads(path.read_bytes()), now.get(f"{topic}/{name}")
        found += [
            Break(release, topic, name.removesuffix(".json"), change.pointer, change.rule, change.why, change.direction)
            for change in ([_GONE] if new is None else differences(old, new))
            if not (change.lenient and _is_read_by_us(topic))
        ]
    return found


def _is_read_by_us(topic: str) -> bool:
    """Tell whether the hub alone reads a topic: there it may become more lenient, and nobody else has to."""
    return topic in BY_NAME and BY_NAME[topic].direction is not Direction.OUTBOUND


def release(version: str, folder: Path = RELEASED) -> list[Path]:
    """Store the current schemas as a release; returns the files written.

    Raises VersionIsNoNumber, ReleaseIsAlreadyThere or ReleaseWouldBreak.
    """
    if not (1 < len(version.split(".")) < 4 and all(part.isdecimal() for part in version.split("."))):
        raise VersionIsNoNumber(version)
    target = folder / version
    if target.exists():
        raise ReleaseIsAlreadyThere(version, target)
    breaks = breaking(folder)
    if breaks:
        raise ReleaseWouldBreak(version, len(breaks))
    written = {target / path: encode(schema) for path, schema in shapes.schemas().items()}
    for path, content in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return sorted(written)


def successor(event_type: str) -> str:
    """Return the type's next major version, `order.placed.v2` for `order.placed.v1`."""
    name, _, major = event_type.rpartition(".v")
    return f"{name}.v{int(major) + 1}"


_GONE: Final = Difference("/", "message_removed", "the message is gone", BACKWARD)
