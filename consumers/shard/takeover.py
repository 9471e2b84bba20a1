"""Taking over a shard: fence the old owner, see what Kafka and PostgreSQL each know, publish what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from adapters.errors import ShardAccident
from adapters.rows.loading import Lookup
from adapters.rows.positions import Place, PositionRow
from adapters.rows.shards import TakenOver
from consumers.shard.ports import Emission, Log, Status, Unit
from contracts.partitioning import home_of_key
from contracts.topics import INBOUND
from contracts.wire import HEADER_REPEAT, Outgoing, mark
from domain.deciding.aggregate import Kinds

LOG: Final = structlog.get_logger("hub.takeover")
RETENTION: Final = "Have their sender send them again, then run hub shard resume with --accept-loss"
ANEW: Final = "Restore the topic, or run hub shard resume with --accept-loss: the new log is read from its start"
RESTORED: Final = "Restore the newest copy, or run hub shard resume with --accept-restore to read again what is missing"
FOREIGN: Final = "Somebody set the group's offsets: delete them, the hub finds its way without them; then resume"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a shard stands after its take-over; `published` messages were missing and are out now.

    `again` are partitions with the offsets up to which an older copy of the database has to read them again: by append
    time, so that what the hub wrote comes after its cause.
    """

    batch: int
    positions: dict[Place, int]
    paused: set[Place]
    published: int
    again: dict[Place, int] = field(default_factory=dict)


def places_of(shard: int, shards: int, partitions: Mapping[str, int]) -> list[Place]:
    """Return the partitions of a shard: its own of every inbound topic, and those beyond the shard count."""
    return [(t.name, p) for t in INBOUND for p in range(partitions[t.name]) if p % shards == shard]


async def take_over(
    unit: Unit,
    emission: Emission,
    log: Log,
    status: Status,
    kinds: Kinds,
    places: Sequence[Place],
    outbound: Sequence[Place],
) -> Standing:
    """Take a shard over. Keep the order of the steps: every other order failed in a trial.

    `outbound` are the topics that it writes, with their partition counts.
    Raises ShardAccident when the log or the store isn't what the shard remembers.
    """
    taken = await unit.take()
    if taken.stopped is not None:
        raise ShardAccident(
            unit.shard.number, taken.stopped, f"When it is mended, run: hub shard resume {unit.shard.number}"
        )
    await emission.start()
    committed = await log.committed(places)
    starts, rows = await _rows(unit, log, places)
    positions = {place: rows[place].next_offset for place in places}
    await check_log(unit.shard.number, log, rows, positions, starts, committed)
    emitted = await _emitted(unit, log, taken, committed, outbound)
    published = await _publish_gap(unit, emission, status, kinds, emitted, taken.batch, positions, committed)
    paused, ends = await unit.positions.paused(), await unit.positions.accepted_ends()
    again = {place: end for place, end in ends.items() if positions.get(place, end) < end and place not in paused}
    return Standing(taken.batch, positions, paused, published, again)


async def _rows(unit: Unit, log: Log, places: Sequence[Place]) -> tuple[dict[Place, int], dict[Place, PositionRow]]:
    """Return where each partition starts, and its row. A partition that has none gets one at its start."""
    rows = {(row.topic, row.partition): row for row in await unit.positions.read()}
    starts = await log.starts(places)
    fresh = [PositionRow(place[0], place[1], starts[place]) for place in places if place not in rows]
    if fresh:
        await unit.positions.write_starts(fresh)
        rows |= {(row.topic, row.partition): row for row in fresh}
    return starts, rows


async def check_log(
    shard: int,
    log: Log,
    rows: Mapping[Place, PositionRow],
    positions: Mapping[Place, int],
    starts: Mapping[Place, int],
    committed: Mapping[Place, tuple[int, int]],
) -> None:
    """Compare what PostgreSQL and Kafka remember: log start ≤ emitted ≤ position ≤ log end, and the last record."""
    ends = await log.ends(list(positions))
    for place, position in positions.items():
        committed_here = committed.get(place, (starts[place], 0))
        _check_place(shard, f"{place[0]}/{place[1]}", position, starts[place], ends[place], committed_here)
    await _check_last(shard, log, rows, starts)


def _check_place(shard: int, where: str, position: int, start: int, end: int, committed: tuple[int, int]) -> None:
    emitted, batch = committed
    if position > end:
        what = f"{where} ends at {end} but was read to {position}: the topic was made anew or lost records"
        raise ShardAccident(shard, what, ANEW)
    if position < start:
        what = f"{where} starts at {start} but was read only to {position}: retention removed records"
        raise ShardAccident(shard, what, RETENTION)
    if emitted > position and batch < 0:
        what = f"{where} was set to {emitted} by somebody else, but read only to {position}"
        raise ShardAccident(shard, what, FOREIGN)
    if emitted > position:
        what = f"{where} was published to {emitted} but stored only to {position}: the database is an older copy"
        raise ShardAccident(shard, what, RESTORED)


async def _check_last(shard: int, log: Log, rows: Mapping[Place, PositionRow], starts: Mapping[Place, int]) -> None:
    """Compare the record that was read last in each partition with the one that lies there now."""
    known = {place: row.last_offset for place, row in rows.items() if row.last_offset is not None}
    seen = await log.digests({place: offset for place, offset in known.items() if offset >= starts.get(place, 0)})
    for place, digest in seen.items():
        if digest is not None and digest != rows[place].digest:
            what = f"{place[0]}/{place[1]} has another record at {known[place]} than the one that was read"
            raise ShardAccident(shard, what, f"The topic was made anew. {ANEW}")


async def _emitted(
    unit: Unit, log: Log, taken: TakenOver, committed: Mapping[Place, tuple[int, int]], outbound: Sequence[Place]
) -> int:
    """Return the last published batch: Kafka's own word, and where that leaves something to publish, what lies there.

    A broker that is still loading its group answers from before it had all of it, and doesn't say so. Its word is
    never too new, so that of a batch that is stored last it is enough; else the ends of the outbound partitions tell.
    """
    mark = _named(committed)
    if mark is not None and mark > taken.batch:
        what = f"the group's offsets name batch {mark}; stored are {taken.batch}, published at least {taken.emitted}"
        raise ShardAccident(unit.shard.number, f"{what}: the database is an older copy", RESTORED)
    if mark is not None and mark < 0:
        raise ShardAccident(unit.shard.number, "the group's offsets were set by somebody else", FOREIGN)
    if taken.batch in (mark, taken.emitted):
        return taken.batch
    known = max(mark or 0, taken.emitted)
    gap = await unit.journal.gap(known)
    counts = dict(outbound)
    marks = {each.number: _marks(each.messages, counts) for each in gap}
    there = await log.marks_at_the_end(sorted({place for found in marks.values() for place in found.values()}))
    # A transaction is all or nothing: one message of a batch there means that all of it is.
    emitted = max((number for number, found in marks.items() if there & set(found)), default=known)
    if mark != emitted:
        why = "missing" if mark is None else "old"
        LOG.warning(f"group offsets were {why}", shard=unit.shard.number, emitted=emitted)
    return emitted


def _named(committed: Mapping[Place, tuple[int, int]]) -> int | None:
    """Return the batch that the group's offsets name, None where there are none."""
    return max((batch for _, batch in committed.values()), default=None)


def _marks(messages: Sequence[Outgoing], counts: Mapping[str, int]) -> dict[str, Place]:
    """Return where each message would lie, by its mark; a repeated answer has none of its own."""
    placed = {
        mark(m.headers): (
            m.topic,
            home_of_key(m.key or b"", counts.get(m.topic, 1)) if m.partition is None else m.partition,
        )
        for m in messages
        if m.header(HEADER_REPEAT) is None
    }
    return {name: place for name, place in placed.items() if name}


async def _publish_gap(
    unit: Unit,
    emission: Emission,
    status: Status,
    kinds: Kinds,
    emitted: int,
    batch: int,
    positions: Mapping[Place, int],
    committed: Mapping[Place, tuple[int, int]],
) -> int:
    """Publish what was stored and not published, a transaction per batch; the last one commits the position."""
    gap = await unit.journal.gap(emitted) if emitted < batch else []
    before = {place: mark[0] for place, mark in committed.items()}
    published = 0
    for each in gap:
        if each.number < batch:
            await emission.emit([status.signed(message) for message in each.messages], before, each.number)
            published += len(each.messages)
    last = [status.signed(message) for each in gap if each.number == batch for message in each.messages]
    if _named(committed) != batch:
        touched = list(dict.fromkeys(subject for each in gap for subject in each.subjects))
        await emission.emit([*last, *await _statuses(unit, status, kinds, touched)], positions, batch)
        published += len(last)
    return published


async def _statuses(unit: Unit, status: Status, kinds: Kinds, ids: Sequence[str]) -> list[Outgoing]:
    stored = (await unit.load(Lookup(ids, kept_back=False))).documents if ids else {}
    found = [(kinds.of(i), stored[i]) for i in ids if i in stored]
    told = [(kind, kind.read(row.document), row.seq) for kind, row in found]
    return [status.status(kind, value, seq) for kind, value, seq in told if value.state is not None]
