"""Timers: deadlines of orders."""

from datetime import datetime

from contracts.values import Value


class TimerRow(Value):
    """A deadline of an order."""

    subject: str
    timer_id: str
    kind: str
    due_at: datetime
    text: str = ""
    """What a shard noticed; no deadline has one, and it isn't stored."""
