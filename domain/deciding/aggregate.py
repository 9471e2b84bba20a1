"""An aggregate: what has an identity and a history of its own, and what the engine must know of its kind."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from domain.deciding.decision import Decision, Known
from domain.deciding.received import Received
from domain.deciding.values import dataclass

Value = TypeVar("Value")


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

    `empty` makes one that nothing is known of yet, by its id. `decide` returns a decision, and those on the early facts
    that it let go. `rules` is raised whenever the same history would end otherwise. `parked` counts early facts,
    `parts` whatever makes a value large.
    """

    name: str
    rules: int
    empty: Callable[[str], Value]
    read: Callable[[Mapping[str, Any]], Value]
    write: Callable[[Value], Mapping[str, Any]]
    decide: Callable[[Value, Received, Known], tuple[Decision, ...]]
    columns: Callable[[Value], Columns]
    parked: Callable[[Value], int]
    parts: Callable[[Value], int]
