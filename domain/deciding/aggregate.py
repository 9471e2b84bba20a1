"""An aggregate: what has an identity and a history of its own, and what the engine must know of its kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Generic, Protocol, TypeVar

from contracts.commands import Command
from contracts.message import Fact, Message, Part
from contracts.subjects import kind_of
from domain.deciding.decision import Decision, Known, Refusal
from domain.deciding.received import Received


class Subject(Protocol):
    """What every value that is decided on tells of itself; without a state, nothing but early facts is known of it."""

    @property
    def id(self) -> str:
        """Return the bare id."""

    @property
    def version(self) -> int:
        """Return how many changes a person could see."""

    @property
    def state(self) -> StrEnum | None:
        """Return the one state that it is in."""


Value = TypeVar("Value", bound=Subject)


@dataclass(frozen=True, slots=True)
class Columns:
    """What of a value can be looked up without reading it whole."""

    version: int
    state: str | None
    number: str
    store: str
    attention: bool


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[Value]):
    """A kind of aggregates.

    `name` is the kind of `contracts.subjects`, `source` the CloudEvents source of all it publishes. `rules` is raised
    whenever the same history would end otherwise.
    """

    name: str
    source: str
    rules: int
    facts: frozenset[type[Fact]]
    """The classes that its rules know."""
    commands: Mapping[type[Command], str]
    """Those that are commands, with the scope that each needs."""
    empty: Callable[[str], Value]
    """Makes one that nothing is known of yet, by its bare id."""
    read: Callable[[Mapping[str, Any]], Value]
    write: Callable[[Value], str]
    """Return the document as JSON, and take it apart."""
    decide: Callable[[Value, Received, Known], tuple[Decision[Value], ...]]
    """Returns a decision, and those on the early facts that it let go."""
    objection: Callable[[Value, Received], Refusal | None]
    """Says why the author of an operator's command has no right to it, if so."""
    answer: Callable[[Value, Received, Refusal | None], Decision[Value]]
    """Answers a command that changes nothing of the value itself."""
    columns: Callable[[Value], Columns]
    parked: Callable[[Value], int]
    """Counts early facts."""
    parts: Callable[[Value], int]
    """Counts whatever makes a value large."""
    head: Callable[[Decision[Value]], Part]
    """Returns what all events of a decision carry."""
    status: Callable[[Value], Message]
    """Returns the value as the compacted topic tells it."""
    gave_up: Callable[[Value, str, str], bool] = lambda value, kind, number: False
    """Tells whether it uses a number of this kind no more, so that another one may have it."""


class Kinds:
    """The aggregates that a hub decides on, by what a text names."""

    def __init__(self, *aggregates: Aggregate[Any]) -> None:
        self.by_name: Final[Mapping[str, Aggregate[Any]]] = MappingProxyType({each.name: each for each in aggregates})

    def of(self, subject: str) -> Aggregate[Any]:
        """Return the kind of what a text names."""
        return self.by_name[kind_of(subject)]

    def facts_of(self, fact: type[Fact]) -> frozenset[type[Fact]]:
        """Return the classes that the rules of a fact's kind know."""
        return self.by_name[fact.aggregate].facts
