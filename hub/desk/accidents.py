"""The ways on after an accident that can't be undone: each is noted, and the proof knows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from adapters.kafka import topics
from adapters.kafka.log import Log
from adapters.postgres import acceptance, reads
from adapters.postgres.acceptance import Acceptance, Position, Restored
from adapters.postgres.reads import ShardRow
from adapters.rows.positions import Place
from contracts.topics import INBOUND, TOPICS
from hub.desk import shards
from hub.desk.errors import DatabaseIsNoCopy, OffsetsAreForeign, ShardIsNotStopped
from hub.desk.log_ends import asking_kafka
from hub.desk.operations import Act
from hub.desk.resources import Desk

ACCEPT_SECONDS: Final = 60.0
"""How long Kafka may take to say what there is to accept."""
Marks = Mapping[Place, tuple[int, int]]
"""What the group has committed of each partition: the offset, and the batch that wrote it."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the operator accepts: records that are gone, a database that is an older copy."""

    loss: bool = False
    restore: bool = False

    @property
    def words(self) -> Sequence[str]:
        """Return what is accepted as words, for the operation's row."""
        return [word for word, there in (("loss", self.loss), ("restore", self.restore)) if there]


async def resume(desk: Desk, act: Act, number: int, consent: Consent) -> Sequence[str]:
    """Let a stopped shard run again; return notes of what was accepted, none where this act did so before.

    Raises ShardIsNotStopped, OffsetsAreForeign, DatabaseIsNoCopy or KeyIsOfOther, and then nothing is changed;
    KafkaError where Kafka takes too long: the same act can be asked for again.
    """
    row = next((each for each in await reads.shards(desk.engine) if each.number == number), None)
    if await shards.is_resumed(desk, act, number, consent.words):
        return []
    if row is None or row.stopped is None:
        raise ShardIsNotStopped(number)
    if act.dry_run:
        return []
    if consent.words:
        return await _accept(desk, act, row, consent)
    await shards.resume(desk, act, number)
    return []


async def _accept(desk: Desk, act: Act, row: ShardRow, consent: Consent) -> list[str]:
    rows, newest = await acceptance.positions_of(desk.engine, row.number), None
    if consent.restore:
        newest = await acceptance.newest(desk.engine, row.number)
    async with asking_kafka(ACCEPT_SECONDS):
        what, marks = await _asked(desk, _Standing(row, rows, newest), consent)

    async def mark() -> None:
        # Kafka's own mark first: where this ends in between, the shard stops with the same reason as before.
        if marks:
            async with asking_kafka(ACCEPT_SECONDS):
                await desk.log.rewrite(marks)

    notes = await acceptance.accept(desk.engine, act.operation(shards.RESUME), what, mark)
    if notes is None:
        raise ShardIsNotStopped(row.number)
    return notes


@dataclass(frozen=True, slots=True)
class _Standing:
    """A shard's row, how far its partitions are read, and when its last decision was stored."""

    row: ShardRow
    rows: Mapping[Place, Position]
    newest: datetime | None

    @property
    def positions(self) -> Mapping[Place, int]:
        return {place: each.next_offset for place, each in self.rows.items()}


async def _asked(desk: Desk, standing: _Standing, consent: Consent) -> tuple[Acceptance, Marks]:
    """Return what there is to accept, by what Kafka says, and what the group is to have committed then."""
    row, positions = standing.row, standing.positions
    cut, anew = await _lost(desk.log, standing.rows, positions) if consent.loss else ({}, {})
    marks = await desk.log.agreed(list(positions))
    emitted = max((batch for _, batch in marks.values()), default=0)
    restored = await _restored(desk, standing, marks) if consent.restore else None
    what = Acceptance(row.number, row.batch, consent.words, cut, anew, restored)
    if not anew and restored is None:
        return what, {}
    moved = {**positions, **cut, **anew}
    return what, {place: (offset, max(emitted, row.emitted)) for place, offset in moved.items()}


async def _lost(
    log: Log, rows: Mapping[Place, Position], positions: Mapping[Place, int]
) -> tuple[dict[Place, int], dict[Place, int]]:
    """Return the starts of the partitions that retention has cut, and of those that were made anew."""
    places = list(rows)
    starts, ends = await log.starts(places), await log.ends(places)
    kept = {p: r.last_offset for p, r in rows.items() if r.last_offset is not None and r.last_offset >= starts[p]}
    digests = await log.digests({place: offset for place, offset in kept.items() if offset < ends[place]})
    other = {place for place, digest in digests.items() if digest is not None and digest != rows[place].digest}
    anew = {place: starts[place] for place in places if positions[place] > ends[place] or place in other}
    cut = {place: starts[place] for place in places if positions[place] < starts[place] and place not in anew}
    return cut, anew


async def _restored(desk: Desk, standing: _Standing, marks: Marks) -> Restored:
    number, batch, positions = standing.row.number, standing.row.batch, standing.positions
    if any(mark < 0 for _, mark in marks.values()):
        raise OffsetsAreForeign
    emitted = max((mark for _, mark in marks.values()), default=0)
    if emitted <= batch:
        raise DatabaseIsNoCopy(number)
    ends = await desk.log.tops(await _places(desk))
    ahead = {place: offset for place, (offset, _) in marks.items() if offset > positions.get(place, offset)}
    stretches = [f"{topic}/{p} {positions[topic, p]} to {end - 1}" for (topic, p), end in sorted(ahead.items())]
    detail = (
        f"batches {batch + 1} to {emitted} were published and are not in this copy, whose last decision is of "
        f"{standing.newest or 'never'}; records decided again: {', '.join(stretches) or 'none'}; messages of these "
        f"batches lie in the outbound topics already, below the ends of now, and may come again under the same id"
    )
    return Restored(batch, emitted, ends, detail)


async def _places(desk: Desk) -> list[Place]:
    """Return all partitions that the hub writes to."""
    names = [topic.name for topic in TOPICS] + [topic.dead_letters for topic in INBOUND]
    async with desk.admin() as admin:
        there = await topics.partitions(admin, [desk.kafka.topic(name) for name in names])
    return [(name, number) for name in names for number in range(there.get(desk.kafka.topic(name), 0))]
