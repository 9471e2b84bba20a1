"""The administrator: puts the word lists once, and changes each of them a few times, a word in and a word out."""

from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Final

from contracts import catalogue, topics
from contracts.catalogue import Entry, Label, PutWordList
from contracts.subjects import id_of
from simulators.agents import TOKEN_HEADER
from simulators.partner import Partner
from simulators.planned import Heard, Planned

LISTS: Final = ("themes", "result_codes", "status_reasons")
WORDS: Final = ("late", "broken", "gift", "size", "other")
CHANGES: Final = 4
"""Versions of each list."""


class Administrator(Partner):
    """The administrator; a list that has changed is changed again, until it has its last version."""

    slug = "administrator"
    writes = topics.COMMANDS
    hears = MappingProxyType({topics.CATALOGUE_EVENTS: (catalogue.WordListChanged,)})
    answers_again = False
    may_be_silent = False

    def opening(self) -> list[Planned]:
        """Put every list."""
        planned = [self._put(name, 0) for name in LISTS]
        return self.disturb(planned, "opening")

    def answers(self, heard: Heard, rng: Random) -> list[Planned]:
        """Change a list that has changed, for the version that was heard of."""
        head = heard.message.head if isinstance(heard.message, catalogue.WordListChanged) else None
        if head is None or head.version >= CHANGES:
            return []
        return [self._put(id_of(heard.order_id), head.version, self.settings.pace.wait(rng))]

    def _put(self, name: str, version: int, delay: float = 0.0) -> Planned:
        words = WORDS[version:] + WORDS[:version]
        entries = tuple(Entry(code=word, labels=(Label(locale="en", text=word.title()),)) for word in words[:3])
        said = self.say(PutWordList(entries=entries, expected_version=version), name, delay, name, version)
        self.ledger.count("lists_put")
        token = self.settings.token
        return replace(said, extra_headers=() if token is None else ((TOKEN_HEADER, token.encode()),))
