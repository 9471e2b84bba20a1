"""Query parameters that name several of a few words, each given by itself or with commas between."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from hub.api.problems import Fault, Problem

Words = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)] | None


def named(given: Iterable[str]) -> frozenset[str]:
    """Return the words that a parameter names."""
    return frozenset(word.strip() for each in given for word in each.split(","))


def chosen(name: str, given: Sequence[str] | None, words: type[StrEnum]) -> frozenset[str]:
    """Return the words that are named; raises Problem where there is no such word."""
    found = named(given or ()) - {""}
    if unknown := sorted(found - {*words}):
        choice = ", ".join(words)
        faults = [Fault(f"/query/{name}", f"there is no {word}") for word in unknown]
        raise Problem("data_invalid", f"{name} may name {choice}", errors=faults)
    return found
