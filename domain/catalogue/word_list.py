"""Word lists: the words that administrators let people choose from, and those that can't be chosen any more."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contracts.catalogue import Entry
from domain.deciding.values import Value, field
from domain.deciding.words import Word

LISTS: Final = ("activity_codes", "qualifications", "result_codes", "segments", "status_reasons", "themes")
"""The lists that there are."""
MOST_BYTES: Final = 200_000
"""What a list may be large, words included that can't be chosen any more: whoever follows it gets all of it."""


class State(Word):
    """A list is there, or nothing is known of it."""

    KEPT = "kept"


class WordList(Value):
    """A list: `entries` can be chosen, in this order; `retired` ones stay readable where they were chosen before."""

    id: str
    version: int = 0
    state: State | None = None
    entries: tuple[Entry, ...] = ()
    retired: tuple[Entry, ...] = ()
    as_of: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    """What another version's document held and this one doesn't know."""
