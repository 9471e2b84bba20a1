"""Timelines: what happened to an aggregate, as its journal tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.postgres.order_reads import JournalEntry
from contracts.wire import unpack


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened once: when, what, what became of it, who said it and where, and what it changed and caused."""

    seq: int
    at: datetime
    what: str
    outcome: str
    who: str
    why: str
    state: str | None
    was: str | None
    rules: Sequence[str]
    told: Sequence[str]


def entry_of(row: JournalEntry) -> Entry:
    """Return what a row of the journal tells."""
    return Entry(
        seq=row.seq,
        at=row.occurred_at,
        what=row.type,
        outcome=row.outcome if row.refers_to is None else f"{row.outcome} (parked as {row.refers_to})",
        who=row.actor or row.source,
        why=f"{row.source} {row.event_id} at {row.topic}/{row.partition}/{row.offset}",
        state=row.status_after,
        was=row.status_before,
        rules=row.transitions,
        told=[(message.header("ce_type") or b"").decode() for message in unpack(row.messages)],
    )
