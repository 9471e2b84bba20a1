"""The store of a shard in memory: it keeps what PostgreSQL keeps, and refuses what PostgreSQL refuses."""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, Final

from adapters import failpoints
from adapters.errors import LostShard, StoreRefused, TwoWriters, UnknownOutcome
from adapters.rows import (
    Batch,
    GapBatch,
    JournalRow,
    Kind,
    Loaded,
    OrderRow,
    Place,
    PositionRow,
    Seen,
    SetAside,
    StoredOrder,
    Taken,
    TimerRow,
    Waiting,
    Wanted,
)
from contracts.wire import Outgoing, unpack

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
class MemoryStore:
    """The tables, for all shards of a hub; `quarantine` and `timers` hold the shard beside the row."""

    shards: dict[int, ShardRow]
    orders: dict[str, OrderRow] = field(default_factory=dict)
    journal: list[Journalled] = field(default_factory=list)
    received: dict[Key, Seen] = field(default_factory=dict)
    set_aside: list[Aside] = field(default_factory=list)
    positions: dict[Place, tuple[int, PositionRow]] = field(default_factory=dict)
    paused: dict[Place, str] = field(default_factory=dict)
    timers: dict[tuple[str, str], tuple[int, TimerRow]] = field(default_factory=dict)
    references: dict[Key, str] = field(default_factory=dict)
    quarantine: dict[str, tuple[int, str]] = field(default_factory=dict)
    attention: list[Attention] = field(default_factory=list)

    @classmethod
    def of(cls, shards: int) -> "MemoryStore":
        """Return an empty store of so many shards."""
        return cls({number: ShardRow() for number in range(shards)})

    def holder(self, kind: str, value: str) -> str | None:
        """Return the order that a number leads to, whichever party uses it."""
        return next((o for (k, _, v), o in self.references.items() if (k, v) == (kind, value)), None)


class MemoryUnit:
    """The store of one shard; several units of one shard fence each other as processes do."""

    def __init__(self, store: MemoryStore, shard: int) -> None:
        self.shard = shard
        self._store = store
        self._token = ""

    @property
    def _row(self) -> ShardRow:
        return self._store.shards[self.shard]

    @property
    def _owns(self) -> bool:
        return self._row.token == self._token

    async def take(self) -> Taken:
        """Write a fresh token into the shard's row: from here on nobody else's batch can be stored."""
        self._token = self._row.token = secrets.token_hex(16)
        return Taken(self._row.batch, self._row.emitted, self._row.stopped)

    async def positions(self) -> list[PositionRow]:
        """Return the positions of the shard's partitions; raises LostShard."""
        if not self._owns:
            raise LostShard(self.shard)
        return [row for shard, row in self._store.positions.values() if shard == self.shard]

    async def paused(self) -> set[Place]:
        """Return the partitions that are read no further until an operator resumes them."""
        return {place for place in self._store.paused if self._store.positions[place][0] == self.shard}

    async def write_starts(self, starts: Sequence[PositionRow]) -> None:
        """Write down where partitions begin that were never read."""
        for start in starts:
            first = PositionRow(start.topic, start.partition, start.next_offset)
            self._store.positions.setdefault((start.topic, start.partition), (self.shard, first))

    async def gap(self, above: int) -> list[GapBatch]:
        """Return what was stored in batches above this one, batch by batch and in order."""
        rows: dict[int, list[tuple[int, Sequence[Outgoing], str | None]]] = {}
        for entry in self._store.journal:
            if entry.shard == self.shard and entry.batch > above:
                told = (entry.row.n, unpack(entry.row.messages), entry.row.order_id)
                rows.setdefault(entry.batch, []).append(told)
        for aside in self._store.set_aside:
            if aside.shard == self.shard and aside.batch > above:
                messages = [] if aside.row.message is None else [aside.row.message]
                rows.setdefault(aside.batch, []).append((aside.row.n, messages, None))
        return [_gap_batch(number, sorted(rows[number], key=lambda row: row[0])) for number in sorted(rows)]

    async def orders(self, ids: Sequence[str]) -> dict[str, StoredOrder]:
        """Return the orders that exist."""
        rows = [self._store.orders[order_id] for order_id in ids if order_id in self._store.orders]
        return {r.order_id: StoredOrder(r.order_id, r.seq, r.version, json.loads(r.document), r.rules) for r in rows}

    async def load(self, wanted: Wanted) -> Loaded:
        """Answer what a batch wants to know."""
        store = self._store
        loaded = Loaded(orders=await self.orders(wanted.orders))
        loaded.seen = {key: store.received[key] for key in wanted.events if key in store.received}
        loaded.quarantined = {o: reason for o, (shard, reason) in store.quarantine.items() if shard == self.shard}
        if wanted.references:
            found = {(kind, value): store.holder(kind, value) for kind, value in wanted.references}
            loaded.references = {reference: holder for reference, holder in found.items() if holder is not None}
            waiting = (aside.row.reference for aside in self._open(Kind.WAITING))
            loaded.waiting_references = {reference for reference in waiting if reference is not None}
        if wanted.answers:
            loaded.answers = self._answers(set(wanted.answers))
        return loaded

    def _answers(self, wanted: set[Key]) -> dict[Key, tuple[Outgoing, ...]]:
        """Return the first answer to each command."""
        answers: dict[Key, tuple[Outgoing, ...]] = {}
        for aside in self._store.set_aside:
            row = aside.row
            key = (row.order_id or "", row.source or "", row.event_id or "")
            if row.kind is Kind.ANSWER and key in wanted:
                answers.setdefault(key, () if row.message is None else (row.message,))
        return answers

    async def persist(self, batch: Batch, emitted: int) -> None:
        """Write a batch, all of it or nothing.

        Raises LostShard when another unit took the shard or the batch isn't the next one, TwoWriters, StoreRefused when
        PostgreSQL could not store the data, UnknownOutcome when a failpoint loses the answer to the commit.
        """
        if not self._owns or self._row.batch != batch.number - 1:
            raise LostShard(self.shard)
        _check_changes(self._store, batch, self.shard)
        _check_storable(batch)
        _check_unique(self._store, batch)
        await failpoints.hit("stored")
        self._write(batch, emitted)
        try:
            await failpoints.hit("committed")
        except BaseException as error:
            raise UnknownOutcome("the store in memory", repr(error)) from error

    def _write(self, batch: Batch, emitted: int) -> None:
        store, shard = self._store, self.shard
        self._row.batch, self._row.emitted = batch.number, emitted
        store.orders |= {row.order_id: row for row in batch.orders}
        store.journal += [Journalled(shard, batch.number, row) for row in batch.journal]
        store.received |= {_key(r): Seen(r.seq, r.digest, r.messages) for r in batch.journal if r.refers_to is None}
        for row in batch.set_aside:
            told = replace(row, detail=row.detail.replace("\x00", "␀"))
            store.set_aside.append(Aside(len(store.set_aside) + 1, shard, batch.number, told))
        for aside in store.set_aside:
            if aside.is_open and aside.id in batch.closed:
                aside.closed_batch, aside.closed_as = batch.number, batch.closed[aside.id]
        for key in batch.disarmed:
            store.timers.pop(key, None)
        store.timers |= {(timer.order_id, timer.timer_id): (shard, timer) for timer in batch.armed}
        self._write_references(batch)
        for order_id in batch.released:
            store.quarantine.pop(order_id, None)
        store.quarantine |= {row.order_id: (shard, row.reason) for row in batch.quarantined}
        for position in batch.positions:
            self._write_position(position)

    def _write_references(self, batch: Batch) -> None:
        """Let the first holder keep a number, and tell of the others."""
        for row in batch.references:
            holder = self._store.references.setdefault((row.kind, row.party, row.value), row.order_id)
            if holder != row.order_id:
                detail = f"{row.kind} {row.value} already belongs to order {holder}"
                self._store.attention.append(Attention(self.shard, "reference_taken", row.order_id, detail))

    def _write_position(self, row: PositionRow) -> None:
        place = (row.topic, row.partition)
        before = self._store.positions.get(place)
        if before is not None:
            offset = before[1].last_offset if row.last_offset is None else row.last_offset
            row = replace(row, last_offset=offset, digest=before[1].digest if row.digest is None else row.digest)
        self._store.positions[place] = (self.shard, row)

    def _open(self, kind: Kind) -> Iterator[Aside]:
        rows = self._store.set_aside
        return (aside for aside in rows if aside.shard == self.shard and aside.row.kind is kind and aside.is_open)

    async def open_rows(self, kind: Kind, order_id: str | None = None, limit: int = 1000) -> list[Waiting]:
        """Return what waits, oldest first: for a reference, or behind a quarantined order."""
        found = [aside for aside in self._open(kind) if order_id is None or aside.row.order_id == order_id]
        return [_waiting(aside) for aside in found[:limit]]

    async def explained(self, until: datetime, limit: int = 1000) -> list[Waiting]:
        """Return what waits for a reference that is known by now, or that nobody explained in time; oldest first."""
        found = [aside for aside in self._open(Kind.WAITING) if self._is_explained(aside.row, until)]
        return [_waiting(aside) for aside in found[:limit]]

    def _is_explained(self, row: SetAside, until: datetime) -> bool:
        late = row.deadline is not None and row.deadline <= until
        return late or (row.reference is not None and self._store.holder(*row.reference) is not None)

    async def due(self, until: datetime, limit: int = 500) -> list[TimerRow]:
        """Return the shard's timers that are due by then."""
        found = [row for shard, row in self._store.timers.values() if shard == self.shard and row.due_at <= until]
        return sorted(found, key=lambda row: (row.due_at, row.order_id, row.timer_id))[:limit]

    async def parked_seqs(self, keys: Sequence[Key]) -> dict[Key, int]:
        """Return the journal rows in which facts were parked, by (order id, source, event id)."""
        return {key: self._store.received[key].seq for key in keys if key in self._store.received}

    async def note_emitted(self, emitted: int) -> None:
        """Copy Kafka's mark when no batch comes that would carry it."""
        if self._owns:
            self._row.emitted = emitted

    async def stop_shard(self, reason: str) -> None:
        """Write down why the shard stops; it stays stopped until somebody resumes it."""
        if self._owns:
            self._row.stopped = reason

    async def pause(self, topic: str, partition: int, reason: str) -> None:
        """Read this partition no further until an operator resumes it."""
        if (topic, partition) in self._store.positions:
            self._store.paused[topic, partition] = reason

    async def close(self) -> None:
        """Let go of the store; a batch can't be stored until the shard is taken again."""
        self._token = ""


def _key(row: JournalRow) -> Key:
    return row.order_id, row.source, row.event_id


def _gap_batch(number: int, rows: Sequence[tuple[int, Sequence[Outgoing], str | None]]) -> GapBatch:
    messages = [message for _, found, _ in rows for message in found]
    return GapBatch(number, messages, list(dict.fromkeys(order_id for _, _, order_id in rows if order_id is not None)))


def _waiting(aside: Aside) -> Waiting:
    row = aside.row
    assert row.record is not None, "only records wait"
    return Waiting(aside.id, row.kind, row.record, row.order_id, row.reference, row.deadline, row.code)


def _check_changes(store: MemoryStore, batch: Batch, shard: int) -> None:
    """Refuse orders that somebody else changed since they were loaded; raises TwoWriters."""
    for row in batch.orders:
        before = store.orders.get(row.order_id)
        if before is not None and before.seq != row.seq - row.changes:
            raise TwoWriters(shard)


def _check_unique(store: MemoryStore, batch: Batch) -> None:
    """Refuse a second row of the same number, or of the same event; raises StoreRefused."""
    numbers = {(entry.row.order_id, entry.row.seq) for entry in store.journal}
    received = set(store.received)
    for row in batch.journal:
        if (row.order_id, row.seq) in numbers:
            raise StoreRefused("23505", f"the journal has row {row.seq} of order {row.order_id} already")
        numbers.add((row.order_id, row.seq))
        if row.refers_to is None:
            if _key(row) in received:
                raise StoreRefused("23505", f"the journal has event {row.event_id} of {row.source} already")
            received.add(_key(row))


def _check_storable(batch: Batch) -> None:
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
