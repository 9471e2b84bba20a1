"""Alerts: what a person should look at."""

from typing import ClassVar

from contracts.events.event import OrderEvent
from contracts.message import Code, Comment


class AlertRaised(OrderEvent):
    """Someone should look at the order."""

    name: ClassVar[str] = "alert.raised"

    alert: Code
    blocking: bool = False
    text: Comment | None = None


class AlertCleared(OrderEvent):
    """An alert's cause is dealt with."""

    name: ClassVar[str] = "alert.cleared"

    alert: Code
