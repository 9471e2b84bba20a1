"""Loading: what a batch asks the store before it decides, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.rows.documents import StoredOrder
from adapters.rows.journal import Seen
from contracts.wire import Outgoing


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch needs to know: orders not cached, events that may have been seen, references, answers to commands.

    Events and answers are named by (order id, source, event id), references by (kind, value, source, event id): the
    order that a reference leads to may have seen the event.
    """

    orders: Sequence[str] = ()
    events: Sequence[tuple[str, str, str]] = ()
    references: Sequence[tuple[str, str, str, str]] = ()
    answers: Sequence[tuple[str, str, str]] = ()
    kept_back: bool = True
    """Whether to say which orders and sources are kept back; asked once a batch."""


@dataclass(slots=True)
class Loaded:
    """The answers to `Wanted`; keys of `seen` and `answers` are (order id, source, event id)."""

    orders: dict[str, StoredOrder] = field(default_factory=dict)
    seen: dict[tuple[str, str, str], Seen] = field(default_factory=dict)
    references: dict[tuple[str, str], str] = field(default_factory=dict)
    waiting_references: set[tuple[str, str]] = field(default_factory=set)
    quarantined: dict[str, str] = field(default_factory=dict)
    queued: dict[str, int] = field(default_factory=dict)
    """How many records wait behind each quarantined order."""
    held_sources: set[str] = field(default_factory=set)
    """Sources that an operator paused, or whose held records are not all read yet."""
    answers: dict[tuple[str, str, str], tuple[Outgoing, ...]] = field(default_factory=dict)
