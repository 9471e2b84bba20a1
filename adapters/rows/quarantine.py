"""Quarantine: orders whose rules failed, and the records behind them."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.rows.set_aside import StoredAside


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """An order whose rules failed: its later records wait. `made_by` names the code that failed."""

    subject: str
    reason: str
    made_by: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A person's command: let the waiting records of an order go on, or give the first one up."""

    subject: str
    action: str
    who: str
    why: str
    key: str


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits behind a quarantined order that is to go on, oldest first; `complete` where these are all rows."""

    subject: str
    rows: Sequence[StoredAside]
    complete: bool
    queued: int
    """How many rows there must be: fewer are a gap."""
