"""The style guide: it shows every part that pages are made of, by the part itself."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jinja2.runtime import Macro

import hub.console
from domain import rights
from hub.console import languages, navigation, samples
from hub.console.house import environment
from hub.console.languages import LANGUAGES, Language
from hub.console.pages import style
from hub.console.pages.ops import CHARTS
from hub.console.words import LOOKS
from hub.desk.callers import Caller
from hub.desk.sessions import Session, Wishes

PARTS = Path(hub.console.__file__).parent / "templates" / "parts"
ANN = Caller("tests", "ann", frozenset(rights.SCOPES), frozenset({rights.ANY_STORE}))


def guide(language: str = "en") -> str:
    """The page, as ann sees it."""
    session = Session(b"", ANN, Wishes(), datetime.max.replace(tzinfo=UTC))
    told = {"session": session, "caller": ANN, "wishes": session.wishes, "language": language, "path": "/style"}
    told |= {"places": navigation.places(ANN.scopes), "samples": samples, "looks": LOOKS, "tints": style.TINTS}
    token = languages.speaking.set(Language(language, ZoneInfo("UTC")))
    try:
        template = environment().get_template("style.html")
        return template.render(**told, charts=CHARTS, icons=style.icons(), **samples.CHECKED)
    finally:
        languages.speaking.reset(token)


def macros() -> set[tuple[str, str]]:
    """Every macro, by its file."""
    found = {path.name: re.findall(r"{%-? macro (\w+)", path.read_text("utf-8")) for path in PARTS.glob("*.html")}
    return {(file, name) for file, names in found.items() for name in names}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_is_shown(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    called: set[tuple[str, str]] = set()
    invoke = Macro._invoke

    def noted(macro: Any, *given: Any) -> str:
        told = invoke(macro, *given)
        if told.strip():
            called.add((Path(macro._func.__code__.co_filename).name, macro.name))
        return told

    monkeypatch.setattr(Macro, "_invoke", noted)
    guide(language)

    assert macros() - called == set()


def test_every_state_is_shown_with_its_icon_and_its_word() -> None:
    page = guide()

    missing = [
        f"{kind} {state}"
        for kind, states in LOOKS.items()
        for state, seen in states.items()
        if not re.search(rf'<span class="chip {seen.tint}"><svg[^>]*><use href="[^"]*#{seen.icon}"></use></svg>', page)
        or languages.said(seen.word) not in page
    ]
    assert missing == []


def test_every_icon_that_is_there_is_shown_once_by_its_name() -> None:
    assert len(style.icons()) > 40
    assert [name for name in style.icons() if f">{name}</code>" not in guide()] == []
