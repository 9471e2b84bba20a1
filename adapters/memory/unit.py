"""The store of a shard in memory: it keeps what PostgreSQL keeps, and refuses what PostgreSQL refuses."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from adapters import failpoints
from adapters.errors import LostShard, UnknownOutcome
from adapters.memory.tables import (
    Aside,
    Attention,
    Journalled,
    Key,
    MemoryStore,
    Quarantined,
    ShardRow,
    check_changes,
    check_storable,
    check_unique,
    key_of,
)
from adapters.rows.batch import Batch
from adapters.rows.documents import StoredOrder
from adapters.rows.journal import GapBatch, Seen
from adapters.rows.loading import Loaded, Wanted
from adapters.rows.positions import Place, PositionRow
from adapters.rows.quarantine import Asked, Queue
from adapters.rows.set_aside import Kind, SetAside, Waiting
from adapters.rows.shards import Taken, Wishes
from adapters.rows.timers import TimerRow
from contracts.wire import Outgoing, unpack


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

    async def opened(self) -> tuple[int, str | None]:
        """Return how many owners in a row stored nothing, this one included, and what the last one had in hand."""
        if not self._owns:
            raise LostShard(self.shard)
        self._row.unfinished += 1
        return self._row.unfinished, self._row.trying

    async def note_trying(self, what: str | None) -> None:
        """Write down what is in hand, for whoever owns the shard when this process has died of it."""
        if self._owns:
            self._row.trying = what

    async def ended_well(self) -> None:
        """Write down that this owner did not die."""
        if self._owns:
            self._row.unfinished, self._row.trying = 0, None

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
        events = list(wanted.events)
        held = {order_id: row for order_id, row in store.quarantine.items() if row.shard == self.shard}
        loaded.quarantined = {order_id: row.reason for order_id, row in held.items()}
        loaded.queued = {order_id: row.queued for order_id, row in held.items()}
        if wanted.references:
            found = {(kind, value): store.holder(kind, value) for kind, value, _, _ in wanted.references}
            loaded.references = {reference: holder for reference, holder in found.items() if holder is not None}
            events += [(found[kind, value] or "", source, name) for kind, value, source, name in wanted.references]
            waiting = (aside.row.reference for aside in self._open(Kind.WAITING))
            loaded.waiting_references = {reference for reference in waiting if reference is not None}
        if wanted.answers:
            loaded.answers = self._answers(set(wanted.answers))
        loaded.seen = {key: store.received[key] for key in events if key in store.received}
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
        check_changes(self._store, batch, self.shard)
        check_storable(batch)
        check_unique(self._store, batch)
        await failpoints.hit("stored")
        self._write(batch, emitted)
        try:
            await failpoints.hit("committed")
        except BaseException as error:
            raise UnknownOutcome("the store in memory", repr(error)) from error

    def _write(self, batch: Batch, emitted: int) -> None:
        store, shard = self._store, self.shard
        self._row.batch, self._row.emitted = batch.number, emitted
        self._row.unfinished, self._row.trying = 0, None
        store.orders |= {row.order_id: row for row in batch.orders}
        store.journal += [Journalled(shard, batch.number, row) for row in batch.journal]
        store.received |= {key_of(r): Seen(r.seq, r.digest, r.messages) for r in batch.journal if r.refers_to is None}
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
        for kind, order_id, detail in batch.notes:
            if not any((row.kind, row.order_id) == (kind, order_id) for row in store.attention):
                store.attention.append(Attention(shard, kind, order_id, detail))
        for aside in store.set_aside:
            if aside.id in batch.tried:
                code, detail = batch.tried[aside.id]
                aside.row = replace(aside.row, code=code, detail=detail)
                aside.asked, aside.tries = None, aside.tries + 1
        self._write_quarantine(batch)
        for position in batch.positions:
            self._write_position(position)

    def _write_quarantine(self, batch: Batch) -> None:
        quarantine = self._store.quarantine
        for order_id in batch.released:
            quarantine.pop(order_id, None)
        for row in batch.quarantined:
            queued = quarantine[row.order_id].queued if row.order_id in quarantine else 0
            quarantine[row.order_id] = Quarantined(self.shard, row.reason, row.made_by, queued)
        for order_id, count in batch.queued.items():
            if order_id in quarantine:
                quarantine[order_id].queued += count
        for release in batch.releases:
            self._store.operations.setdefault(release.key, release)
            if release.order_id in quarantine:
                quarantine[release.order_id].asked = True
            for aside in [a for a in self._open(Kind.QUARANTINED) if a.row.order_id == release.order_id][:1]:
                aside.asked = release.action

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

    async def wishes(self) -> Wishes:
        """Return what operators want of this shard just now."""
        work = any(row.asked for row in self._store.quarantine.values() if row.shard == self.shard)
        return Wishes(self._row.stopped, frozenset(await self.paused()), work, datetime.now(UTC))

    async def asked(self, limit: int = 500) -> Asked:
        """Return what is to be tried again, oldest first; of a long queue as many rows as fit."""
        orders = sorted(o for o, row in self._store.quarantine.items() if row.shard == self.shard and row.asked)
        queues, room = [], limit
        for order_id in orders:
            rows = [_waiting(aside) for aside in self._open(Kind.QUARANTINED) if aside.row.order_id == order_id]
            complete, queued = len(rows) < room, self._store.quarantine[order_id].queued
            queues.append(Queue(order_id, rows[:room], complete, queued))
            room -= len(rows)
            if room <= 0:
                break
        return Asked(queues)

    async def retry_older(self, made_by: str) -> int:
        """Let orders go on that other code put into quarantine; return how many."""
        mine = self._store.quarantine.values() if self._owns else ()
        older = [row for row in mine if row.shard == self.shard and row.made_by != made_by]
        for row in older:
            row.asked, row.made_by = True, made_by
        return len(older)

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

    async def accepted_ends(self) -> dict[Place, int]:
        """Return nothing: a store in memory has no older copy."""
        return {}

    async def note_stalled(self, stalled: Mapping[Place, str]) -> None:
        """Let exactly these partitions be on the attention list as held up by an open transaction, with the reason."""
        mine = [row for row in self._store.attention if (row.shard, row.kind) == (self.shard, "transaction_open")]
        details = [f"{topic}/{partition} {why}" for (topic, partition), why in stalled.items()]
        self._store.attention = [row for row in self._store.attention if row not in mine]
        self._store.attention += [Attention(self.shard, "transaction_open", None, detail) for detail in details]

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


def _gap_batch(number: int, rows: Sequence[tuple[int, Sequence[Outgoing], str | None]]) -> GapBatch:
    messages = [message for _, found, _ in rows for message in found]
    return GapBatch(number, messages, list(dict.fromkeys(order_id for _, _, order_id in rows if order_id is not None)))


def _waiting(aside: Aside) -> Waiting:
    row = aside.row
    assert row.record is not None, "only records wait"
    return Waiting(aside.id, row.kind, row.record, row.order_id, row.reference, row.deadline, row.code, aside.asked)
