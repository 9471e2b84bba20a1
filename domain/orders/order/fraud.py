"""The verdict of the fraud service."""

from datetime import datetime

from domain.deciding.values import Value


class Verdict(Value):
    """The fraud service's last word, with the time and id that order it among its others."""

    clear: bool
    at: datetime
    id: str
