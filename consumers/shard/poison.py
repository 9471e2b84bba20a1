"""Poison: under whose name what can't be read was written; past a limit a person is told, and nobody is kept back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from adapters.rows.positions import Place
from consumers.shard.limits import Limits

NAMELESS: Final = "nameless"
"""The note on many records that name no source and can't be read."""
UNREADABLE: Final = "unreadable"
"""The note on many records under one name that can't be read."""
REMEMBERED: Final = 1_000
"""Of so many pairs of partition and source is counted: who makes sources up must not fill the memory."""


@dataclass(slots=True)
class Tally:
    """What was read of one source in one partition: in all, of that unreadable, and unreadable in a row."""

    seen: int = 0
    unreadable: int = 0
    in_a_row: int = 0
    last: int = -1


@dataclass(frozen=True, slots=True)
class TooMuch:
    """A name under which too much in a partition can't be read; nobody's, where it is empty."""

    place: Place
    source: str
    reason: str

    @property
    def what(self) -> str:
        """Return what is told a person."""
        return f"{self.place[0]}/{self.place[1]}: {self.reason}"


@dataclass(slots=True)
class Poison:
    """Counts unreadable records by partition and source; what the hub itself must have written isn't asked here."""

    limits: Limits
    _tallies: dict[tuple[Place, str], Tally] = field(default_factory=dict)
    _suspects: set[tuple[Place, str]] = field(default_factory=set)

    def count(self, place: Place, offset: int, source: str, *, unreadable: bool) -> None:
        """Count a record."""
        key = (place, source)
        tally = self._tallies.get(key) or self._new(key)
        if tally.seen >= self.limits.unreadable_window:
            tally.seen = tally.unreadable = 0
        tally.seen += 1
        if unreadable:
            tally.unreadable += 1
            tally.in_a_row += 1
            tally.last = offset
        else:
            tally.in_a_row = 0
        if unreadable or tally.seen >= self.limits.unreadable_window:
            self._suspects.add(key)

    def _new(self, key: tuple[Place, str]) -> Tally:
        while len(self._tallies) >= REMEMBERED:
            first = next(iter(self._tallies))
            self._suspects.discard(first)
            del self._tallies[first]
        self._tallies[key] = tally = Tally()
        return tally

    def too_much(self) -> Iterator[TooMuch]:
        """Return of whom too much can't be read, and count them anew."""
        limits = self.limits
        suspects, self._suspects = self._suspects, set()
        for place, source in sorted(suspects):
            tally = self._tallies[place, source]
            whose = f" under the name {source}" if source else " that name no source"
            until = f", the last at offset {tally.last}"
            if tally.in_a_row >= limits.unreadable_in_a_row:
                reason = f"{tally.in_a_row} records in a row{whose} could not be read{until}"
            elif tally.seen >= limits.unreadable_window and tally.unreadable >= limits.unreadable_share * tally.seen:
                reason = f"{tally.unreadable} of {tally.seen} records{whose} could not be read{until}"
            else:
                continue
            tally.seen = tally.unreadable = tally.in_a_row = 0
            yield TooMuch(place, source, reason)

    def forget(self, place: Place) -> None:
        """Count a partition anew."""
        for key in [each for each in self._tallies if each[0] == place]:
            del self._tallies[key]
            self._suspects.discard(key)
