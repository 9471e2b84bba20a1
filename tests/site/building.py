"""The site's source, staged from the repository, and what is wrong with a site that was built."""

import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import yaml

from tests.site.pages import DRAWINGS, ROOT, diagrams, drawing_of, groups, pages, place, staged

STAGED: Final = ROOT / "build" / "pages"
SITE: Final = ROOT / "build" / "site"
CONFIG: Final = ROOT / "build" / "site.yml"
CARD: Final = "background: #fff; border-radius: 4px; padding: 8px; max-width: 100%"
"""Drawings are dark on white, in both of the site's schemes."""


def config() -> dict[str, object]:
    """Return the site's settings. Nothing of it is fetched from elsewhere."""
    return {
        "site_name": "Fulfilment hub",
        "docs_dir": STAGED.name,
        "site_dir": SITE.name,
        "use_directory_urls": False,
        "theme": {
            "language": "en",
            "font": False,
            "features": ["navigation.sections", "navigation.top", "search.highlight", "content.code.copy"],
            "palette": [
                {"media": "(prefers-color-scheme: light)", "scheme": "default"},
                {"media": "(prefers-color-scheme: dark)", "scheme": "slate"},
            ],
        },
        "plugins": ["search"],
        "markdown_extensions": [
            "admonition",
            "attr_list",
            "md_in_html",
            "tables",
            {"toc": {"permalink": True}},
            "pymdownx.superfences",
            {"pymdownx.highlight": {"anchor_linenums": False}},
        ],
        "nav": [
            {"The documents": "index.md"},
            {"Overview": place("README.md")},
            *({group.title: [{title: place(path)} for title, path in group.pages]} for group in groups()),
        ],
    }


def stage() -> None:
    """Write the site's source anew."""
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    known = frozenset(pages())
    shown: set[str] = set()
    for path in known:
        text, files = staged(path, (ROOT / path).read_text(encoding="utf-8"), known)
        shown |= files
        _write(place(path), _drawn(path, text))
    for path in shown:
        target = STAGED / place(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target)
    shutil.copytree(DRAWINGS, STAGED / DRAWINGS.name)
    CONFIG.write_text(yaml.safe_dump(config(), sort_keys=False), encoding="utf-8")


def _drawn(path: str, text: str) -> str:
    """Return a page with its drawings in the place of their sources."""
    up = "../" * place(path).count("/")
    for source in diagrams(text):
        drawing = f'<img src="{up}{DRAWINGS.name}/{drawing_of(source)}" alt="diagram" style="{CARD}">'
        text = text.replace(f"```mermaid\n{source}```", drawing)
    return text


def _write(path: str, text: str) -> None:
    target = STAGED / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


class _Page(HTMLParser):
    """The anchors of a built page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's id, and its link."""
        told = dict(attrs)
        self.anchors.update(each for each in (told.get("id"), told.get("name")) if each)
        for name in ("href", "src"):
            if link := told.get(name):
                self.links.append(link)
                if tag in {"script", "img", "link"} and urlsplit(link).netloc:
                    self.links.append(f"fetched:{link}")


def faults() -> list[str]:
    """Return the links of the built site that lead nowhere, and what it would fetch from elsewhere."""
    built: dict[Path, _Page] = {}
    for path in SITE.rglob("*.html"):
        built[path] = page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
    told = [(path, link) for path, page in built.items() if path.name != "404.html" for link in page.links]
    found = {f"{path.relative_to(SITE)}: {fault}" for path, link in told if (fault := _fault(path, link, built))}
    return sorted(found)


def _fault(path: Path, link: str, built: dict[Path, _Page]) -> str | None:
    told = urlsplit(link)
    if told.scheme == "fetched":
        return f"fetches {link.partition(':')[2]}"
    if told.scheme or told.netloc:
        return None
    target = (path.parent / unquote(told.path)).resolve() if told.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return f"{link} leads nowhere"
    if told.fragment and target in built and unquote(told.fragment) not in built[target].anchors:
        return f"{link} names no heading"
    return None
