"""Shards: how far each is, who works on it or why nobody does; stopped by a person, and let run again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from adapters.postgres import operations, pauses, reads
from adapters.postgres.reads import ShardRow
from adapters.rows.positions import Place
from hub.desk.log_ends import LOOK_SECONDS, asking_kafka
from hub.desk.operations import Act
from hub.desk.resources import Desk

RESUME: Final = "resume shard"


@dataclass(frozen=True, slots=True)
class Shard(ShardRow):
    """A shard with how many records it has yet to read, and what holds it up where something does."""

    lag: int
    trouble: str | None


async def standing(desk: Desk) -> Sequence[Shard]:
    """Return every shard with how many records it has yet to read."""
    rows = await reads.shards(desk.engine)
    troubles = await reads.troubles(desk.engine)
    held_up = await reads.held_up(desk.engine)
    read = await reads.positions(desk.engine)
    ends = await _ends(desk, list(read))
    found = []
    for row in rows:
        mine = [place for place in read if place[1] % desk.settings.shards == row.number]
        names = {f"{topic}/{number}" for topic, number in mine}
        held = next((why for why in held_up if why.split(" ", 1)[0] in names), None)
        lag = sum(ends[place] - read[place] for place in mine)
        known = {field.name: getattr(row, field.name) for field in fields(row)}
        found.append(Shard(**known, lag=lag, trouble=troubles.get(row.number) or held))
    return found


async def unread(desk: Desk) -> int:
    """Return how many records lie in the inbound topics that no shard has stored yet."""
    read = await reads.positions(desk.engine)
    ends = await _ends(desk, list(read))
    return sum(max(0, ends[place] - offset) for place, offset in read.items())


async def _ends(desk: Desk, places: Sequence[Place]) -> Mapping[Place, int]:
    """Return where partitions end; raises KafkaError, also where Kafka takes too long to say so."""
    async with asking_kafka(LOOK_SECONDS):
        return await desk.log.ends(places) if places else {}


async def pause(desk: Desk, act: Act, number: int) -> bool:
    """Stop a shard until it is resumed; False where it is stopped already."""
    return act.dry_run or await pauses.pause_shard(desk.engine, act.operation("pause shard"), number)


async def resume(desk: Desk, act: Act, number: int) -> bool:
    """Let a stopped shard run again; False where it isn't stopped."""
    return act.dry_run or await pauses.resume_shard(desk.engine, act.operation(RESUME), number)


async def is_resumed(desk: Desk, act: Act, number: int, accepted: Sequence[str]) -> bool:
    """Tell whether this act has let a shard run again before; raises KeyIsOfOther where its key was of another one."""
    wish = pauses.resumed(number, accepted)
    return bool(act.key) and await operations.check_key(desk.engine, act.operation(RESUME), wish)
