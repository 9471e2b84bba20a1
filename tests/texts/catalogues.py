"""Holds a catalogue of translations against the texts that there are."""

from collections.abc import Mapping
from string import Formatter
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from hub.console.languages import LANGUAGES, path_of, read

TRANSLATED: Final = LANGUAGES[1:]
_WIDTH: Final = 120


def write(language: str, gathered: Mapping[str | None, Mapping[str, str]]) -> None:
    """Write a catalogue: of each context each text with its translation, or with none yet."""
    held = Catalog(locale=language, charset="utf-8")
    for context, texts in gathered.items():
        translated = read(language, context)
        for text, place in sorted(texts.items(), key=lambda each: (each[1], each[0])):
            held.add(text, translated.get(text, ""), auto_comments=[place], context=context)
    with path_of(language).open("wb") as file:
        file.write(f"# The console's texts in {language}; `python -m tests.texts write` adds what is new.\n".encode())
        write_po(file, held, width=_WIDTH, omit_header=True, sort_output=False)


def faults(texts: Mapping[str, str], translated: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a catalogue: a text without a translation, one left over, other placeholders."""
    missing = [f"no translation ({place}): {text}" for text, place in texts.items() if not translated.get(text)]
    over = [f"left over: {text}" for text in translated if text not in texts]
    other = [
        f"other placeholders: {text} / {held}"
        for text, held in translated.items()
        if held and _names(text) != _names(held)
    ]
    return [*missing, *over, *other]


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
