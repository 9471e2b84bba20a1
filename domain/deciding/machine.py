"""Machines: a table of rows at work on the things of one kind, checked when it is made."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic

from domain.deciding.soundness import Table, check
from domain.deciding.transitions import AnyState, Pad, Subject, Transition
from domain.deciding.words import Word


@dataclass(frozen=True, slots=True)
class Machine(Generic[Pad, Subject]):
    """The table of one kind of thing; `put` stores a thing in its new state, `subjects` lists those of an aggregate.

    `states` are all there are, `begins` and `ends` those in which a thing may begin and end; `told` and `unique` are
    `soundness.Table`'s.
    `restless` tells whether anything could move by itself: asked before the subjects are, for every fact.
    Making a machine of an unsound table raises `TableIsUnsound`.
    """

    name: str
    table: tuple[Transition[Pad, Subject], ...]
    states: type[Word]
    begins: tuple[AnyState, ...]
    ends: Collection[AnyState]
    subjects: Callable[[Pad], Iterable[Subject]]
    key: Callable[[Subject], str]
    state: Callable[[Subject], AnyState]
    put: Callable[[Pad, Subject, StrEnum], None]
    restless: Callable[[Pad], bool] | None = None
    told: bool = False
    unique: bool = False
    _rows: dict[tuple[AnyState, object], tuple[Transition[Pad, Subject], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check(self.name, Table(self.table, self.states, self.begins, self.ends, self.told, self.unique))
        for row in self.table:
            for source in row.source:
                for on in row.on:
                    self._rows[source, on] = (*self._rows.get((source, on), ()), row)

    def find(self, pad: Pad, subject: Subject, trigger: object) -> Transition[Pad, Subject] | None:
        """Return the first row that this trigger takes the subject along now, if any."""
        return self._find(pad, subject, self._rows.get((self.state(subject), trigger), ()))

    def _find(
        self, pad: Pad, subject: Subject, rows: tuple[Transition[Pad, Subject], ...]
    ) -> Transition[Pad, Subject] | None:
        for row in rows:  # most guards say no: the transitions made are looked at last
            if row.guard(pad, subject) and (id(row), self.key(subject)) not in pad.taken:
                return row
        return None

    def take(self, pad: Pad, subject: Subject, trigger: object) -> bool:
        """Take the subject along the row of this trigger: new state, rule noted, effects; False when there is none."""
        row = self.find(pad, subject, trigger)
        if row is not None:
            self._go(pad, subject, row)
        return row is not None

    def _go(self, pad: Pad, subject: Subject, row: Transition[Pad, Subject]) -> Subject:
        key = self.key(subject)
        pad.taken.add((id(row), key))
        if row.id not in pad.rules:
            pad.rules.append(row.id)
        if row.target is not None:
            self.put(pad, subject, row.target)
        subject = self.current(pad, key)
        for effect in row.effects:
            effect(pad, subject)
            subject = self.current(pad, key)
        return subject

    def current(self, pad: Pad, key: str) -> Subject:
        """Return the thing of this key as it is on the scratchpad now."""
        for subject in self.subjects(pad):
            if self.key(subject) == key:
                return subject
        raise LookupError(key)

    def settle(self, pad: Pad, triggers: Iterable[object]) -> bool:
        """Take every thing along what the triggers allow, and say whether anything moved."""
        moved, known = False, self._rows
        if self.restless is not None and not self.restless(pad):
            return False
        for subject in self.subjects(pad):
            state = self.state(subject)
            for trigger in triggers:
                rows = known.get((state, trigger))
                row = None if rows is None else self._find(pad, subject, rows)
                if row is not None:
                    moved, subject = True, self._go(pad, subject, row)
                    state = self.state(subject)
        return moved
