"""Transitions are rows: what a thing of an order becomes, by which fact or step, under which guard."""

from collections.abc import Callable, Iterable
from dataclasses import field
from enum import StrEnum
from typing import Generic, TypeVar

from domain.deciding.scratchpad import Draft
from domain.deciding.values import dataclass
from domain.deciding.words import Word
from domain.orders.facts import Fact

Subject = TypeVar("Subject")


class Step(Word):
    """What the hub does of itself, or because another of its tables says so."""

    AUTOMATIC = "automatic"
    """Tried after every fact, until nothing moves any more."""
    ASK = "ask"
    CAPTURE = "capture"
    VOID = "void"
    CANCEL = "cancel"
    RELEASE = "release"
    HOLD = "hold"
    RETRY = "retry timer"
    CHEQUE_DUE = "cheque timer"
    NO_ANSWER = "follow-up timer"
    EXPIRE = "expiry timer"
    RECALL_DUE = "recall timer"
    NO_REPLACEMENT = "replacement timer"
    STRAY = "a find for a line that left"
    ASKED_AGAIN = "asked again"
    SHRUNK = "a shipment was cancelled"


Trigger = type[Fact] | Step


def always(draft: Draft, subject: object) -> bool:
    """Return True: the row has no guard."""
    return True


@dataclass(frozen=True, slots=True)
class Transition(Generic[Subject]):
    """One row; `target` None leaves the state as it is, `when` says the guard in words."""

    id: str
    on: tuple[Trigger, ...]
    source: frozenset[StrEnum | None]
    target: StrEnum | None = None
    guard: Callable[[Draft, Subject], bool] = always
    effects: tuple[Callable[[Draft, Subject], None], ...] = ()
    when: str = ""


@dataclass(frozen=True, slots=True)
class Machine(Generic[Subject]):
    """The table of one kind of thing; `put` stores a thing in its new state, `subjects` lists those of an order.

    `restless` tells whether anything could move by itself: asked before the subjects are, for every fact.
    """

    name: str
    table: tuple[Transition[Subject], ...]
    subjects: Callable[[Draft], Iterable[Subject]]
    key: Callable[[Subject], str]
    state: Callable[[Subject], StrEnum | None]
    put: Callable[[Draft, Subject, StrEnum], None]
    restless: Callable[[Draft], bool] | None = None
    _rows: dict[tuple[StrEnum | None, object], tuple[Transition[Subject], ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.table:
            for source in row.source:
                for on in row.on:
                    self._rows[source, on] = (*self._rows.get((source, on), ()), row)

    def find(self, draft: Draft, subject: Subject, trigger: object) -> Transition[Subject] | None:
        """Return the first row that this trigger takes the subject along now, if any."""
        return self._find(draft, subject, self._rows.get((self.state(subject), trigger), ()))

    def _find(
        self, draft: Draft, subject: Subject, rows: tuple[Transition[Subject], ...]
    ) -> Transition[Subject] | None:
        for row in rows:
            if (id(row), self.key(subject)) not in draft.taken and row.guard(draft, subject):
                return row
        return None

    def take(self, draft: Draft, subject: Subject, trigger: object) -> bool:
        """Take the subject along the row of this trigger: new state, rule noted, effects; False when there is none."""
        row = self.find(draft, subject, trigger)
        if row is not None:
            self._go(draft, subject, row)
        return row is not None

    def _go(self, draft: Draft, subject: Subject, row: Transition[Subject]) -> Subject:
        key = self.key(subject)
        draft.taken.add((id(row), key))
        if row.id not in draft.rules:
            draft.rules.append(row.id)
        if row.target is not None:
            self.put(draft, subject, row.target)
        subject = self.current(draft, key)
        for effect in row.effects:
            effect(draft, subject)
            subject = self.current(draft, key)
        return subject

    def current(self, draft: Draft, key: str) -> Subject:
        """Return the thing of this key as it is in the draft now."""
        for subject in self.subjects(draft):
            if self.key(subject) == key:
                return subject
        raise LookupError(key)

    def settle(self, draft: Draft, triggers: Iterable[object]) -> bool:
        """Take every thing along what the triggers allow, and say whether anything moved."""
        moved, known = False, self._rows
        if self.restless is not None and not self.restless(draft):
            return False
        for subject in self.subjects(draft):
            state = self.state(subject)
            for trigger in triggers:
                rows = known.get((state, trigger))
                row = None if rows is None else self._find(draft, subject, rows)
                if row is not None:
                    moved, subject = True, self._go(draft, subject, row)
                    state = self.state(subject)
        return moved


def states(*members: StrEnum | None) -> frozenset[StrEnum | None]:
    """Return the states that a row starts from."""
    return frozenset(members)
