"""`hub shard resume`: the ways on after an accident that can't be undone; each is noted, and the proof knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.kafka import topics
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import Log
from adapters.postgres import acceptance, reads
from adapters.postgres.acceptance import Acceptance, Restored
from adapters.rows import Place
from contracts.topics import INBOUND, TOPICS
from hub import operations
from hub.errors import NotUsable
from hub.operations import Act
from hub.settings import Settings
from hub.wiring import engine_of


@dataclass(frozen=True, slots=True)
class Consent:
    """What the operator accepts: records that are gone, a database that is an older copy."""

    loss: bool = False
    restore: bool = False


async def resume(settings: Settings, act: Act, number: int, consent: Consent) -> list[str]:
    """Let a stopped shard run again; return notes of what was accepted. Raises NotUsable, and then changes nothing."""
    engine = engine_of(settings)
    log = Log(settings.connection())
    try:
        row = next((each for each in await reads.shards(engine) if each["k"] == number), None)
        if row is None or row["stopped"] is None:
            raise NotUsable(f"shard {number} is not stopped")
        if act.dry_run:
            return []
        notes = []
        if consent.loss or consent.restore:
            notes = await _accept(settings, engine, log, row, consent)
        await operations.resume_shard(settings, act, number)
        return notes
    finally:
        await log.close()
        await engine.dispose()


async def _accept(
    settings: Settings, engine: AsyncEngine, log: Log, row: Mapping[str, Any], consent: Consent
) -> list[str]:
    rows = await acceptance.rows_of(engine, row["k"])
    positions = {place: int(each["next_offset"]) for place, each in rows.items()}
    cut, anew = await _lost(log, rows, positions) if consent.loss else ({}, {})
    marks = await log.committed(list(rows))
    emitted = max((batch for _, batch in marks.values()), default=0)
    restored = None
    if consent.restore:
        restored = await _restored(settings, engine, log, row, positions, marks)
    moved = positions | cut | anew
    if anew or restored is not None:
        # Kafka's own mark first: where this ends in between, the shard stops with the same reason as before.
        await log.rewrite({place: (offset, max(emitted, row["emitted"])) for place, offset in moved.items()})
    return await acceptance.accept(engine, Acceptance(row["k"], cut, anew, restored))


async def _lost(
    log: Log, rows: Mapping[Place, Mapping[str, Any]], positions: Mapping[Place, int]
) -> tuple[dict[Place, int], dict[Place, int]]:
    """Return the starts of the partitions that retention has cut, and of those that were made anew."""
    places = list(rows)
    starts, ends = await log.starts(places), await log.ends(places)
    kept = {
        p: r["last_offset"] for p, r in rows.items() if r["last_offset"] is not None and r["last_offset"] >= starts[p]
    }
    digests = await log.digests({place: offset for place, offset in kept.items() if offset < ends[place]})
    other = {place for place, digest in digests.items() if digest is not None and digest != rows[place]["digest"]}
    anew = {place: starts[place] for place in places if positions[place] > ends[place] or place in other}
    cut = {place: starts[place] for place in places if positions[place] < starts[place] and place not in anew}
    return cut, anew


async def _restored(
    settings: Settings,
    engine: AsyncEngine,
    log: Log,
    row: Mapping[str, Any],
    positions: Mapping[Place, int],
    marks: Mapping[Place, tuple[int, int]],
) -> Restored:
    number, batch = int(row["k"]), int(row["batch"])
    if any(mark < 0 for _, mark in marks.values()):
        raise NotUsable("somebody else set the group's offsets: delete them, then resume without --accept-restore")
    emitted = max((mark for _, mark in marks.values()), default=0)
    if emitted <= batch:
        raise NotUsable(f"shard {number} has stored all that was published for it: its database is no older copy")
    ends = await log.tops(await _places(settings.connection()))
    ahead = {place: offset for place, (offset, _) in marks.items() if offset > positions.get(place, offset)}
    stretches = [f"{topic}/{p} {positions[topic, p]} to {end - 1}" for (topic, p), end in sorted(ahead.items())]
    newest = await acceptance.newest(engine, number)
    detail = (
        f"batches {batch + 1} to {emitted} were published and are not in this copy, whose last decision is of "
        f"{newest or 'never'}; records decided again: {', '.join(stretches) or 'none'}; messages of these batches "
        f"lie in the outbound topics already, below the ends of now, and may come again under the same id"
    )
    return Restored(batch, emitted, ends, detail)


async def _places(kafka: KafkaConnection) -> list[Place]:
    """Return all partitions that the hub writes to."""
    names = [topic.name for topic in TOPICS] + [topic.dead_letters for topic in INBOUND]
    admin = kafka.admin()
    await admin.start()
    try:
        there = await topics.partitions(admin, [kafka.topic(name) for name in names])
    finally:
        await admin.close()
    return [(name, number) for name in names for number in range(there.get(kafka.topic(name), 0))]
