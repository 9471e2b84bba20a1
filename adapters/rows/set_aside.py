"""Records set aside: why, and what is tried again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.wire import Outgoing, Record


class AsideKind(StrEnum):
    """Why a record has no journal row."""

    DEAD_LETTER = "dead_letter"
    FORWARDED = "forwarded"
    WAITING = "waiting"
    QUARANTINED = "quarantined"
    HELD = "held"
    ANSWER = "answer"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that leaves no journal row, or a message that none explains, with the reason and where it goes.

    `message` is published with the batch; `deadline` is until when a reference may stay unknown.
    """

    kind: AsideKind
    n: int
    code: str
    detail: str
    record: Record | None
    subject: str | None = None
    source: str | None = None
    event_id: str | None = None
    digest: bytes | None = None
    reference: tuple[str, str] | None = None
    deadline: datetime | None = None
    message: Outgoing | None = None


@dataclass(frozen=True, slots=True)
class StoredAside:
    """An open row of set_aside, to be tried again; `record` is as an operator left it, `asked` what he wants of it."""

    id: int
    kind: AsideKind
    record: Record
    subject: str | None
    reference: tuple[str, str] | None
    deadline: datetime | None
    code: str
    asked: str | None = None
    operation: int | None = None
    """The operation that touched it last: another one meanwhile, and what was decided on it is not stored."""
