"""Releases of the OpenAPI document: each is kept as it was, and the newest one binds what comes after it."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from hub.api.compatibility import Break, breaks

RELEASED: Final = Path(__file__).parent / "released"
"""One file per release, `<version>.json`; a release never changes."""


class ReleaseError(Exception):
    """A release can't be made."""

    def __str__(self) -> str:
        """Return the docstring with the facts in it."""
        return (type(self).__doc__ or "").format_map(vars(self))


@dataclass(eq=False)
class ReleaseIsThere(ReleaseError):
    """Version {version} is released already and never changes: raise VERSION in hub/api/openapi.py."""

    version: str


@dataclass(eq=False)
class ReleaseWouldBreak(ReleaseError):
    """Version {version} would break {count} things that are released; `python -m hub.api check` lists them."""

    version: str
    count: int


def newest(folder: Path = RELEASED) -> Path | None:
    """Return the file of the newest release; None where there is none."""
    return max(folder.glob("*.json"), key=lambda path: tuple(map(int, path.stem.split("."))), default=None)


def breaking(document: dict[str, Any], today: date, folder: Path = RELEASED) -> list[Break]:
    """Return all that breaks clients of the newest release."""
    path = newest(folder)
    return [] if path is None else breaks(json.loads(path.read_bytes()), document, today)


def release(document: dict[str, Any], today: date, folder: Path = RELEASED) -> Path:
    """Keep a document under its version; raises ReleaseIsThere, ReleaseWouldBreak."""
    version = document["info"]["version"]
    target = folder / f"{version}.json"
    if target.exists():
        raise ReleaseIsThere(version)
    found = breaking(document, today, folder)
    if found:
        raise ReleaseWouldBreak(version, len(found))
    folder.mkdir(exist_ok=True)
    target.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return target
