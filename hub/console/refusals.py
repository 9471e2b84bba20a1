"""Refusals: why something can't be done and what may be done instead, in the language of the page.

The API says both in English. A sentence is known by the template that it was made of, as the catalogue has them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter
from types import MappingProxyType
from typing import Final

from hub.console import names
from hub.console.languages import REFUSAL, read, said, speaking, translations
from hub.console.sentences import buttons, named
from hub.console.words import LOOKS

_OF_WHAT: Final = (("refund ", "refund"), ("return ", "return"), ("flash ", "flash"), ("the payment ", "transaction"))
"""What a state in a sentence is of, by how the sentence begins; else it is the order's."""


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with placeholders: the words around them, their names, and what it is in another language."""

    words: tuple[str, ...]
    names: tuple[str, ...]
    told: str

    @property
    def length(self) -> int:
        """Return how many characters of a sentence are its own."""
        return sum(map(len, self.words))

    def filled(self, sentence: str) -> Mapping[str, str] | None:
        """Return what a sentence has in place of the placeholders, each up to the next words; None if it is another.

        Words are looked for from left to right and never again: it takes as long as the sentence is.
        """
        first, *inner, last = self.words
        at, end = len(first), len(sentence) - len(last)
        if end < at or not sentence.startswith(first) or not sentence.endswith(last):
            return None
        held = []
        for each in inner:
            found = sentence.find(each, at, end)
            if found < 0:
                return None
            held.append(sentence[at:found])
            at = found + len(each)
        return dict(zip(self.names, [*held, sentence[at:end]], strict=True))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sentences in one language: those that are whole, and templates, the one with most words of its own first."""

    whole: Mapping[str, str]
    templates: tuple[Template, ...]


@cache
def catalogue(language: str) -> Catalogue:
    """Return the sentences in a language; none in English."""
    whole, templates = dict[str, str](), list[Template]()
    for english, told in read(language, REFUSAL).items():
        words, parts = parted(english)
        if not parts:
            whole[words[0]] = told.format()
        else:
            templates.append(Template(words, parts, told))
    return Catalogue(MappingProxyType(whole), tuple(sorted(templates, key=lambda each: -each.length)))


def parted(template: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words around a template's placeholders, and their names."""
    words, found = [""], list[str]()
    for literal, name, _, _ in Formatter().parse(template):
        words[-1] += literal
        if name is not None:
            found.append(name)
            words.append("")
    return tuple(words), tuple(found)


def answered(english: str) -> str:
    """Return a sentence of the API in the language of the page; one that the catalogue doesn't have, as it is."""
    language = speaking.get(None)
    if language is None:
        return english
    known = catalogue(language.name)
    told = known.whole.get(english) or translations(language.name).get(english)
    if told is not None:
        return buttons(told)
    for each in known.templates:
        held = each.filled(english)
        if held is not None:
            return buttons(each.told).format(**{name: _put_in(each, name, held[name]) for name in each.names})
    return english


def _put_in(template: Template, name: str, held: str) -> str:
    """Return what is put into a sentence: words that mean something to the hub by what they are called."""
    return held if name not in _CALLED else _CALLED[name](template, held)


def _state(template: Template, held: str) -> str:
    begins = template.words[0]
    kind = next((kind for words, kind in _OF_WHAT if begins.startswith(words)), "order")
    look = LOOKS[kind].get(held)
    return held if look is None else said(look.word)


def _kind(template: Template, held: str) -> str:
    hold = LOOKS["hold"].get(held)
    word = hold.word if hold is not None else names.PARTS.get(held) or names.WORDS.get(held)
    return held if word is None else said(word)


def _alert(template: Template, held: str) -> str:
    return named("alert", held)


def _tender(template: Template, held: str) -> str:
    return said(names.WORDS[held]) if held in names.WORDS else held


def _scope(template: Template, held: str) -> str:
    return said(" or ").join(held.split(" or "))


def _pieces(template: Template, held: str) -> str:
    return ", ".join(_counted(each) for each in held.split(", "))


def _counted(counted: str) -> str:
    count, _, what = counted.partition(" ")
    return f"{count} {said(names.PIECES[what])}" if what in names.PIECES else counted


_CALLED: Final[Mapping[str, Callable[[Template, str], str]]] = MappingProxyType(
    {"state": _state, "kind": _kind, "alert": _alert, "tender": _tender, "scope": _scope, "ledger": _pieces}
)
"""Placeholders in whose place stand words that are called something on the pages."""
