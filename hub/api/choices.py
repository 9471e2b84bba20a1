"""Query parameters that name several of a few words, each given by itself or with commas between."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from hub.api.problems import Fault, Problem

Words = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)] | None


def chosen(name: str, given: Sequence[str] | None, words: type[StrEnum]) -> frozenset[str]:
    """Return the words that are named; raises Problem where there is no such word."""
    found = {word for each in given or () for word in each.split(",") if word}
    if unknown := sorted(found - {*words}):
        choice = ", ".join(words)
        faults = [Fault(f"/query/{name}", f"there is no {word}") for word in unknown]
        raise Problem("data_invalid", f"{name} may name {choice}", errors=faults)
    return frozenset(found)
