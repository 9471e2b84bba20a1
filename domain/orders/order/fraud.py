"""The verdict of the fraud service."""

from datetime import datetime

from domain.deciding.values import Value


class Verdict(Value):
    """The latest verdict on the order, when and by whom it was given; the source is missing in older documents.

    `score` is 0 to 100, 100 the riskiest; it and the reasons are the service's own, for whoever judges the order.
    """

    clear: bool
    at: datetime
    id: str
    source: str = ""
    score: int | None = None
    reasons: tuple[str, ...] = ()
