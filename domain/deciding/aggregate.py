"""An aggregate: what has an identity and a history of its own, and what the engine must know of its kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from domain.deciding.decision import Decision, Known
from domain.deciding.received import Received

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

    `empty` makes one that nothing is known of yet, by its id; `write` returns its document as JSON, `read` takes that
    apart. `decide` returns a decision, and those on the early facts that it let go. `rules` is raised whenever the same
    history would end otherwise. `parked` counts early facts, `parts` whatever makes a value large.
    """

    name: str
    rules: int
    empty: Callable[[str], Value]
    read: Callable[[Mapping[str, Any]], Value]
    write: Callable[[Value], str]
    decide: Callable[[Value, Received, Known], tuple[Decision, ...]]
    columns: Callable[[Value], Columns]
    parked: Callable[[Value], int]
    parts: Callable[[Value], int]
