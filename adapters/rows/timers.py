"""Timers: deadlines of orders."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A deadline of an order."""

    subject: str
    timer_id: str
    kind: str
    due_at: datetime
    text: str = ""
    """What a shard noticed; no deadline has one, and it isn't stored."""
