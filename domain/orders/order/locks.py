"""Locks: one agent at a time edits an order."""

from datetime import datetime

from domain.deciding.values import Value


class Lock(Value):
    """The exclusive right of one agent to edit the order (K-01)."""

    owner: str
    since: datetime
