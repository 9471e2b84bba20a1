"""The verdict of the fraud service."""

from datetime import datetime

from domain.deciding.values import Value


class Verdict(Value):
    """The latest verdict on the order, when and by whom it was given; the source is missing in older documents."""

    clear: bool
    at: datetime
    id: str
    source: str = ""
