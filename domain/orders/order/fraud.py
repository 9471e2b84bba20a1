"""The verdict of the fraud service."""

from datetime import datetime

from domain.deciding.values import Value


class Verdict(Value):
    """The latest verdict of the fraud service. `at` and `id` tell which of two verdicts is the later one."""

    clear: bool
    at: datetime
    id: str
