"""Alerts: what a person should look at."""

from datetime import datetime

from domain.deciding.values import Value


class Alert(Value):
    """Something a person should look at; a blocking one stops the hub's own next steps."""

    name: str
    blocking: bool = False
    since: datetime | None = None
