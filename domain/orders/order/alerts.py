"""Alerts: what a person should look at."""

from datetime import datetime

from domain.deciding.values import Value


class Alert(Value):
    """An alert for people. A blocking alert stops the hub's own next steps.

    `about` are the things that it was raised about, where it may be about several: shipments, returns, finds.
    """

    name: str
    blocking: bool = False
    since: datetime | None = None
    about: tuple[str, ...] = ()
