"""Words: enumerations that are looked up in tables for every fact."""

from collections.abc import Iterable
from enum import StrEnum


class Word(StrEnum):
    """A `StrEnum` that hashes as the string it is: Enum's own hash, written in Python, takes four times as long."""

    __hash__ = str.__hash__


class WordsLeftOut(Exception):
    """{place} has no entry for {words}: {do}."""

    def __init__(self, place: str, words: str, do: str) -> None:
        super().__init__(place, words, do)
        self.place = place
        self.words = words
        self.do = do

    def __str__(self) -> str:
        return (self.__doc__ or "").format(**vars(self))


def cover(kind: type[Word], entries: Iterable[object], place: str, do: str) -> None:
    """Raise `WordsLeftOut` unless each word of this kind has an entry; `place` is where to add it, `do` what to say."""
    there = set(entries)
    words = [f"{kind.__name__}.{word.name}" for word in kind if word not in there]
    if words:
        raise WordsLeftOut(place, ", ".join(words), do)
