"""Loading: what a batch asks the store before it decides, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.rows.documents import StoredDocument
from adapters.rows.journal import Seen
from contracts.wire import Outgoing


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a batch needs to know: what isn't cached, events that may have been seen, references, answers to commands.

    Events and answers are named by (subject, source, event id), references by (kind, value, source, event id): what
     a reference leads to may have seen the event. Claims are numbers that the batch may bring.
    """

    subjects: Sequence[str] = ()
    events: Sequence[tuple[str, str, str]] = ()
    references: Sequence[tuple[str, str, str, str]] = ()
    answers: Sequence[tuple[str, str, str]] = ()
    claims: Sequence[tuple[str, str]] = ()
    kept_back: bool = True
    """Whether to say which aggregates and sources are kept back; asked once a batch."""


@dataclass(slots=True)
class LookedUp:
    """The answers to `Lookup`; keys of `seen` and `answers` are (subject, source, event id)."""

    documents: dict[str, StoredDocument] = field(default_factory=dict)
    seen: dict[tuple[str, str, str], Seen] = field(default_factory=dict)
    references: dict[tuple[str, str], str] = field(default_factory=dict)
    past: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """The orders that had a number of `references` once: one of them may have seen the event, too."""
    claims: dict[tuple[str, str], str] = field(default_factory=dict)
    """Numbers that the batch may bring and somebody has, with their holders."""
    waiting_references: set[tuple[str, str]] = field(default_factory=set)
    quarantined: dict[str, str] = field(default_factory=dict)
    queued: dict[str, int] = field(default_factory=dict)
    """How many records wait behind what is in quarantine."""
    held_sources: set[str] = field(default_factory=set)
    """Sources that an operator paused, or whose held records are not all read yet."""
    doubted: set[str] = field(default_factory=set)
    """Sources that the hub paused by itself: kept back is only what rules fail on, with what follows it."""
    held: set[tuple[str, str]] = field(default_factory=set)
    """Of doubted sources: (source, subject) of which something is kept back."""
    answers: dict[tuple[str, str, str], tuple[Outgoing, ...]] = field(default_factory=dict)
