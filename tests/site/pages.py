"""Which pages the site has, in which order, and what their links become."""

import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
INDEX: Final = "docs/index.md"
DRAWINGS: Final = ROOT / "docs" / "diagrams"
"""Diagrams, drawn beforehand: a drawing is called by its source, so a diagram that changes has none until it is drawn.
"""
OUTSIDE: Final = {
    "README.md": "overview.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "deploy/README.md": "deploy.md",
    "bench/README.md": "bench.md",
}
"""Pages that lie elsewhere, and what they are called in the site."""
SHOWN: Final = frozenset({".svg", ".png", ".json"})
"""Files beside the pages that a browser shows. Links to other files, as sources, become plain text."""

_LINK: Final = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_FENCED: Final = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Group:
    """A heading of the index, and the pages below it: titles, and paths in the repository."""

    title: str
    pages: tuple[tuple[str, str], ...]


def groups() -> list[Group]:
    """Return the index as it is written: the site's navigation is this and nothing else."""
    found = []
    for section in (ROOT / INDEX).read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        listed = re.findall(r"^- \[([^\]]+)\]\(([^)]+)\)", body, re.MULTILINE)
        found.append(Group(title, tuple((name, _resolved(INDEX, path)) for name, path in listed)))
    return found


def pages() -> list[str]:
    """Return the paths of all pages of the site in the repository."""
    return [INDEX, "README.md", *(path for group in groups() for _, path in group.pages)]


def place(path: str) -> str:
    """Return where a page or a file of the repository lies in the site."""
    if path in OUTSIDE:
        return OUTSIDE[path]
    return path.removeprefix("docs/") if path.startswith("docs/") else f"files/{path}"


def staged(path: str, text: str, known: frozenset[str]) -> tuple[str, set[str]]:
    """Return a page with its links as the site needs them, and the files that it shows."""
    shown: set[str] = set()

    def link(found: re.Match[str]) -> str:
        mark, words, target = found.groups()
        name, hash_, anchor = target.partition("#")
        if "://" in target or not name:
            return found.group()
        there = _resolved(path, name)
        if there not in known:
            if Path(there).suffix not in SHOWN:
                return words
            shown.add(there)
        leads = posixpath.relpath(place(there), posixpath.dirname(place(path)) or ".")
        return f"{mark}[{words}]({leads}{hash_}{anchor})"

    parts = [part if part.startswith("```") else _LINK.sub(link, part) for part in _FENCED.split(text)]
    return "".join(parts), shown


def diagrams(text: str) -> Iterator[str]:
    """Yield the sources of the diagrams of a page."""
    yield from re.findall(r"^```mermaid\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def drawing_of(source: str) -> str:
    """Return the name of a diagram's drawing."""
    return f"{hashlib.sha256(source.encode()).hexdigest()[:16]}.svg"


def _resolved(path: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
