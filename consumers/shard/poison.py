"""Poison: who writes what can't be read; past a limit a partner is kept back. What names nobody is only told of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.rows.positions import Place
from consumers.shard.limits import Limits
from contracts.topics import BY_NAME

REMEMBERED: Final = 1_000
"""Of so many pairs of partition and source is counted: who makes sources up must not fill the memory."""


@dataclass(slots=True)
class Tally:
    """What was read of one source in one partition: in all, of that unreadable, and unreadable in a row."""

    seen: int = 0
    unreadable: int = 0
    in_a_row: int = 0
    last: int = -1
    broken: bool = False


@dataclass(frozen=True, slots=True)
class TooMuch:
    """A source of which too much in a partition can't be read; nobody's, where it is empty."""

    place: Place
    source: str
    reason: str


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
            tally.in_a_row, tally.broken = 0, False
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
            whose = f" of {source}" if source else " that name no source"
            until = f", the last at offset {tally.last}"
            if tally.in_a_row >= limits.unreadable_in_a_row:
                reason = f"{tally.in_a_row} records in a row{whose} could not be read{until}"
            elif tally.seen >= limits.unreadable_window and tally.unreadable >= limits.unreadable_share * tally.seen:
                reason = f"{tally.unreadable} of {tally.seen} records{whose} could not be read{until}"
            else:
                continue
            tally.seen = tally.unreadable = tally.in_a_row = 0
            tally.broken = source != ""  # who names nobody may write anywhere: that says nothing of the hub
            yield TooMuch(place, source, reason)

    def forget(self, place: Place) -> None:
        """Count a partition anew."""
        for key in [each for each in self._tallies if each[0] == place]:
            del self._tallies[key]
            self._suspects.discard(key)

    def broken(self) -> Sequence[str]:
        """Return the topics of which too much can't be read, of each party one: it may write to several."""
        parties = {BY_NAME[place[0]].writer: place[0] for (place, _), tally in self._tallies.items() if tally.broken}
        return sorted(parties.values())
