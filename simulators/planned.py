"""What a partner hears and what it plans to say, before any of it touches Kafka."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.envelope import Envelope
from contracts.message import Message
from contracts.topics import Topic


class Trick(StrEnum):
    """What is wrong with a planned record."""

    DUPLICATE = "duplicates"
    REPEAT = "repeats"
    LATE = "late"
    EARLY = "early"
    SWAPPED = "swapped"
    WRONG_PARTITION = "wrong_partitions"
    POISON = "poison"
    ID_REUSED = "ids_reused"
    BATCHED = "batched"


class Poison(StrEnum):
    """In which way a record can't be read."""

    NOT_JSON = "not_json"
    WRONG_SCHEMA = "wrong_schema"
    TYPE_UNKNOWN = "type_unknown"
    HEADERS_MISSING = "headers_missing"
    VALUE_NULL = "value_null"
    HEADER_NOT_UTF8 = "header_not_utf8"
    NUL = "nul"


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that a partner reads, with its order and the id of its event."""

    topic: Topic
    id: str
    order_id: str
    message: Message

    @property
    def matter(self) -> str:
        """Return what the message is about, the same for every copy of it: its request, or else its event id."""
        request_id = getattr(self.message, "request_id", None)
        return request_id if isinstance(request_id, str) else self.id


@dataclass(frozen=True, slots=True)
class Planned:
    """A record to be sent in `delay` seconds, about something that happens in `happens` seconds.

    Key and subject are the order id, or `reference` where the partner doesn't know the order. `partition` is None
    for the key's own one.
    """

    delay: float
    topic: Topic
    order_id: str
    message: Message
    id: str
    source: str
    happens: float
    reference: str | None = None
    partition: int | None = None
    structured: bool = False
    poison: Poison | None = None
    extra_headers: tuple[tuple[str, bytes], ...] = ()
    tricks: frozenset[Trick] = frozenset()
    unless: Callable[[], bool] | None = None
    """Asked when the record is due: if true, it isn't sent after all."""

    @property
    def subject(self) -> str:
        """Return the record's key and CloudEvents subject."""
        return self.reference or self.order_id

    def envelope(self, planned_at: datetime) -> Envelope:
        """Return the envelope; event times count from `planned_at`, what is written in one batch tells none."""
        time = None if Trick.BATCHED in self.tricks else planned_at + timedelta(seconds=self.happens)
        return Envelope(self.id, self.source, self.message.type(), self.subject, time)

    def marked(self, trick: Trick) -> "Planned":
        """Return the record marked with a trick."""
        return replace(self, tricks=self.tricks | {trick})
