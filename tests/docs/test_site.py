"""The documents as a site: every page has its place, every link its end, every diagram its drawing."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.site.pages import DRAWINGS, INDEX, OUTSIDE, ROOT, diagrams, drawing_of, groups, pages, place, staged

PAGES = pages()
KNOWN = frozenset(PAGES)


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_index_names_every_document_once_and_by_its_title() -> None:
    listed = [(path, title) for group in groups() for title, path in group.pages]
    there = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")} - {INDEX}

    assert Counter(path for path, _ in listed) == Counter([*there, *(set(OUTSIDE) - {"README.md"})])
    for path, title in listed:
        if path.startswith("docs/"):
            assert read(path).startswith(f"# {title}"), path


def test_no_two_pages_have_one_place() -> None:
    assert not [name for name, times in Counter(map(place, PAGES)).items() if times > 1]


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_stays_in_the_site(path: str) -> None:
    text, shown = staged(path, read(path), KNOWN)
    places = {place(each) for each in KNOWN | shown}

    for link in re.findall(
        r"\]\(([^)\s#]+)[^)\s]*\)", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    ):
        if "://" not in link:
            assert str((Path("/") / place(path)).parent.joinpath(link).resolve()).lstrip("/") in places, link


def test_a_link_to_a_source_becomes_text_and_one_in_a_block_stays() -> None:
    page = "[a](../tests/conftest.py) [b](cli.md#x)\n```\n[c](../no.py)\n```\n"

    assert staged("docs/api.md", page, KNOWN) == ("a [b](cli.md#x)\n```\n[c](../no.py)\n```\n", set())


def test_every_diagram_has_its_drawing_and_every_drawing_its_diagram() -> None:
    wanted = {drawing_of(source) for path in PAGES for source in diagrams(read(path))}

    assert {path.name for path in DRAWINGS.iterdir()} == wanted, "run make diagrams"
