"""What goes into a decision: a fact, the record that it comes from, and who commands."""

from datetime import datetime

from contracts.message import Cause, Fact
from domain.deciding.values import Value

__all__ = ["Actor", "Cause", "Claim", "Received"]


class Actor(Value):
    """Who commands: a name, what he may do, and the stores he may touch (`*`: all).

    `command` is the one id with which his token may be used; looked at before anything is decided, and kept nowhere.
    """

    name: str
    scopes: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    command: str | None = None


class Claim(Value):
    """A number that a fact brings and another aggregate has; `gone` is set where that one has given it up."""

    kind: str
    value: str
    holder: str
    gone: bool = False


class Received(Value):
    """A fact with where and when it comes from.

    `occurred_at` is its party's own time, or the append time where there is none or where it is later than that;
    `appended_at` is when the log took it: deadlines count from there.
    """

    fact: Fact
    cause: Cause
    occurred_at: datetime
    appended_at: datetime
    actor: Actor | None = None
    claims: tuple[Claim, ...] = ()
    """What others have of the numbers that the fact brings."""
