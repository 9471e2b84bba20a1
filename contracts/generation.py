"""The published side of the contracts: JSON Schemas, examples and the AsyncAPI document, written from the models."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from contracts import asyncapi, samples, shapes

FOLDER: Final = Path(__file__).parent
"""Where the published files are: `schemas/` and `examples/` below it."""
KEPT_BY_HAND: Final = frozenset({"official"})
"""The folders below `schemas/` that are not generated."""


def documents() -> dict[str, bytes]:
    """Return the content of every published file by its path below the folder."""
    found: dict[str, object] = {f"schemas/{path}": content for path, content in shapes.schemas().items()}
    found["schemas/asyncapi.json"] = asyncapi.document()
    found |= {f"examples/{path}": content for path, content in samples.files().items()}
    return {path: encode(content) for path, content in found.items()}


def encode(content: object) -> bytes:
    """Return a JSON document as it lies in the repository: two spaces, one newline at its end."""
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def stale(folder: Path = FOLDER) -> list[Path]:
    """Return the files that are missing, differ from what the models say, or belong to no message any more."""
    wanted = documents()
    return sorted(
        [folder / path for path, content in wanted.items() if _content(folder / path) != content]
        + _superfluous(folder, wanted)
    )


def write(folder: Path = FOLDER) -> list[Path]:
    """Bring the published files up to date; returns those that were written or removed."""
    wanted = documents()
    changed = stale(folder)
    for path in changed:
        content = wanted.get(path.relative_to(folder).as_posix())
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return changed


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _superfluous(folder: Path, wanted: Mapping[str, bytes]) -> list[Path]:
    found = [path for part in ("schemas", "examples") for path in (folder / part).rglob("*.json")]
    return [
        path
        for path in found
        if path.relative_to(folder).as_posix() not in wanted and path.relative_to(folder).parts[1] not in KEPT_BY_HAND
    ]
