"""The tables in memory, and what PostgreSQL would refuse to write into them."""

import json
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Final

from adapters.errors import StoreRefused, TwoWriters
from adapters.rows.batch import Batch
from adapters.rows.documents import OrderRow
from adapters.rows.journal import JournalRow, Seen
from adapters.rows.positions import Place, PositionRow
from adapters.rows.quarantine import Release
from adapters.rows.set_aside import SetAside
from adapters.rows.timers import TimerRow

Key = tuple[str, str, str]
"""Order id, source, event id."""

_SMALL: Final = frozenset({"partition", "n", "changes", "rules"})
"""Columns of 32 bits; every other integer has 64."""
_JSON: Final = frozenset({"data", "known", "document", "document_before"})
_BYTES_ASIDE: Final = frozenset({"headers", "message"})
"""Fields that are stored as bytes: whatever text they hold, it can be stored."""


@dataclass(slots=True)
class ShardRow:
    """A shard: whoever wrote `token` last may write its batches."""

    token: str | None = None
    batch: int = 0
    unfinished: int = 0
    trying: str | None = None
    emitted: int = 0
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class Journalled:
    """A row of the journal with the batch that wrote it."""

    shard: int
    batch: int
    row: JournalRow


@dataclass(slots=True)
class Aside:
    """A row of set_aside with the batch that wrote it, and the one that closed it."""

    id: int
    shard: int
    batch: int
    row: SetAside
    closed_batch: int | None = None
    closed_as: str | None = None
    asked: str | None = None
    tries: int = 0

    @property
    def is_open(self) -> bool:
        """Tell whether the record still waits."""
        return self.closed_batch is None


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that a person should look at."""

    shard: int
    kind: str
    order_id: str | None
    detail: str


@dataclass(slots=True)
class Quarantined:
    """An order whose rules failed, and how many of its records wait; `asked`: they are to go on."""

    shard: int
    reason: str
    made_by: str
    queued: int = 0
    asked: bool = False


@dataclass(slots=True)
class MemoryStore:
    """The tables, for all shards of a hub; `timers` holds the shard beside the row."""

    shards: dict[int, ShardRow]
    orders: dict[str, OrderRow] = field(default_factory=dict)
    journal: list[Journalled] = field(default_factory=list)
    received: dict[Key, Seen] = field(default_factory=dict)
    set_aside: list[Aside] = field(default_factory=list)
    positions: dict[Place, tuple[int, PositionRow]] = field(default_factory=dict)
    paused: dict[Place, str] = field(default_factory=dict)
    timers: dict[tuple[str, str], tuple[int, TimerRow]] = field(default_factory=dict)
    references: dict[Key, str] = field(default_factory=dict)
    quarantine: dict[str, Quarantined] = field(default_factory=dict)
    operations: dict[str, Release] = field(default_factory=dict)
    attention: list[Attention] = field(default_factory=list)

    @classmethod
    def of(cls, shards: int) -> "MemoryStore":
        """Return an empty store of so many shards."""
        return cls({number: ShardRow() for number in range(shards)})

    def holder(self, kind: str, value: str) -> str | None:
        """Return the order that a number leads to, whichever party uses it."""
        return next((o for (k, _, v), o in self.references.items() if (k, v) == (kind, value)), None)


def key_of(row: JournalRow) -> Key:
    """Return by what the journal knows a received row."""
    return row.order_id, row.source, row.event_id


def check_changes(store: MemoryStore, batch: Batch, shard: int) -> None:
    """Refuse orders that somebody else changed since they were loaded; raises TwoWriters."""
    for row in batch.orders:
        before = store.orders.get(row.order_id)
        if before is not None and before.seq != row.seq - row.changes:
            raise TwoWriters(shard)


def check_unique(store: MemoryStore, batch: Batch) -> None:
    """Refuse a second row of the same number, or of the same event; raises StoreRefused."""
    numbers = {(entry.row.order_id, entry.row.seq) for entry in store.journal}
    received = set(store.received)
    for row in batch.journal:
        if (row.order_id, row.seq) in numbers:
            raise StoreRefused("23505", f"the journal has row {row.seq} of order {row.order_id} already")
        numbers.add((row.order_id, row.seq))
        if row.refers_to is None:
            if key_of(row) in received:
                raise StoreRefused("23505", f"the journal has event {row.event_id} of {row.source} already")
            received.add(key_of(row))


def check_storable(batch: Batch) -> None:
    """Refuse texts, numbers and documents that PostgreSQL has no place for; raises StoreRefused."""
    asides = [replace(row, detail="") for row in batch.set_aside]  # a detail is made storable as it is written
    for group in (batch.orders, batch.journal, asides, batch.armed, batch.references, batch.quarantined):
        for row in group:
            _check_value("", row)
    for position in batch.positions:
        _check_value("", position)


def _check_value(name: str, value: Any) -> None:
    if name in _BYTES_ASIDE:
        return
    if is_dataclass(value):
        for spec in fields(value):
            _check_value(spec.name, getattr(value, spec.name))
    elif isinstance(value, list | tuple):
        for each in value:
            _check_value(name, each)
    elif isinstance(value, str):
        _check_text(name, value)
    elif isinstance(value, int) and value.bit_length() > (31 if name in _SMALL else 63):
        raise StoreRefused("22003", f"{name} is out of range: {value}")


def _check_text(name: str, text: str) -> None:
    if "\x00" in text or (not text.isascii() and _has_surrogate(text)):
        raise StoreRefused("22021", f"{name} has a NUL or half of a surrogate pair")
    if name not in _JSON:
        return
    try:
        json.loads(text)
    except ValueError as error:
        raise StoreRefused("22P02", f"{name} is not JSON: {error}") from error
    if "\\u0000" in text:
        raise StoreRefused("22P05", f"{name} has a NUL in a text of its document")


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
