"""Alerts: what a person should look at."""

from datetime import datetime

from domain.deciding.values import Value


class Alert(Value):
    """An alert for people. A blocking alert stops the hub's own next steps."""

    name: str
    blocking: bool = False
    since: datetime | None = None
