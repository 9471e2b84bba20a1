"""Gathers every text that the console's pages show: of templates, of modules, and of the tables behind them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.extract import extract
from jinja2.ext import babel_extract

from domain import rights
from domain.orders.commands import TABLE
from domain.orders.view import attention, system_words
from hub.api.problems import SORTS
from hub.console import form_words, names, navigation, sentences, words
from hub.console.happenings import EVENTS, OWN, REQUESTS
from hub.console.records import RECORDS

ROOT: Final = Path(__file__).parents[2]
CONSOLE: Final = ROOT / "hub" / "console"
KEYWORDS: Final[dict[str, Any]] = {"_": None, "said": None, "marked": None, "plural": (1, 2)}
"""What a text is given to where it stands."""
OF_QUARANTINE: Final = (
    "A rule failed on it, and its records wait: once the rule is mended, operators have them tried again"
)


def all_texts() -> dict[str, str]:
    """Return every text with the place where it stands first."""
    found: dict[str, str] = {}
    for text, place in (*_of_templates(), *_of_modules(), *_of_tables()):
        if text:
            found.setdefault(text, place)
    return found


def _of_templates() -> Iterator[tuple[str, str]]:
    for path in sorted((CONSOLE / "templates").rglob("*.html")):
        with path.open("rb") as file:
            yield from _read(path, babel_extract(file, tuple(KEYWORDS), (), {}))


def _of_modules() -> Iterator[tuple[str, str]]:
    for path in sorted(CONSOLE.rglob("*.py")):
        with path.open("rb") as file:
            found = ((line, None, held, ()) for line, held, *_ in extract("python", file, KEYWORDS))
            yield from _read(path, found)


def _read(path: Path, found: Iterable[tuple[int, Any, Any, Any]]) -> Iterator[tuple[str, str]]:
    for _, _, held, _ in found:
        for text in held if isinstance(held, tuple) else (held,):
            if isinstance(text, str):
                yield text, path.relative_to(ROOT).as_posix()


def _of_tables() -> Iterator[tuple[str, str]]:
    tables: dict[str, Iterable[str]] = {
        "words": (look.word for looks in words.LOOKS.values() for look in looks.values()),
        "records": (text for row in RECORDS.values() for text in row.texts),
        "happenings": (
            text for row in (*EVENTS.values(), *REQUESTS.values(), *OWN.values()) for text in (row.short, row.ahead)
        ),
        "names": (text for table in (*names.KINDS.values(), names.AWAITED, names.TIMERS) for text in table.values()),
        "form_words": _of_forms(),
        "sentences": sentences.OF_SENTENCES,
        "navigation": (text for place in navigation.PLACES for text in (place.group, place.name)),
        "commands": (row.label for row in TABLE),
        "attention": _of_attention(),
        "system_words": (row.means for row in system_words.ORDER.values()),
        "rights": (scope.says for scope in rights.SCOPES.values()),
        "problems": (sort.title for sort in SORTS.values()),
    }
    return ((text, place) for place, texts in tables.items() for text in texts)


def _of_forms() -> Iterator[str]:
    for table in (form_words.FIELDS, form_words.OF_ACT, form_words.CHOICES, form_words.OF_FIELD):
        yield from table.values()


def _of_attention() -> tuple[str, ...]:
    return (*attention.ADVICE.values(), attention._OTHER, attention._CLOSES, attention._NOT_PLACED, OF_QUARANTINE)
