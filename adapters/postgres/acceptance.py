"""What an operator accepts after an accident, written with everything that follows from it in one transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import pauses
from adapters.postgres.operations import Operation, begin, same, touched
from adapters.postgres.tables.attention import attention
from adapters.postgres.tables.journal import journal
from adapters.postgres.tables.positions import accepted, position
from adapters.postgres.tables.set_aside import set_aside
from adapters.postgres.tables.shards import shard
from adapters.rows.positions import Place, name_of

RESTORE: Final = "restore"
TOPIC: Final = "topic"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a partition is read, and the last record read of it."""

    next_offset: int
    last_offset: int | None
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Restored:
    """An older copy of the database: Kafka published up to batch `emitted`, and all partitions end at `ends` now."""

    batch: int
    emitted: int
    ends: Mapping[Place, int]
    detail: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What is accepted of a shard that is stopped behind `batch`; `words` say it in its operation's row.

    Partitions cut by retention and topics made anew, by their starts; a restore.
    """

    shard: int
    batch: int
    words: Sequence[str]
    cut: Mapping[Place, int] = field(default_factory=dict)
    anew: Mapping[Place, int] = field(default_factory=dict)
    restored: Restored | None = None


async def newest(engine: AsyncEngine, number: int) -> datetime | None:
    """Return when a shard's last decision was stored."""
    statement = select(func.max(journal.c.recorded_at)).where(journal.c.shard == number)
    async with engine.connect() as connection:
        found: datetime | None = await connection.scalar(statement)
    return found


async def positions_of(engine: AsyncEngine, number: int) -> dict[Place, Position]:
    """Return the positions of a shard, with the last record read."""
    columns = (position.c.next_offset, position.c.last_offset, position.c.digest)
    statement = select(position.c.topic, position.c.partition, *columns).where(position.c.shard == number)
    async with engine.connect() as connection:
        rows = await connection.execute(statement)
        return {(topic, partition): Position(*further) for topic, partition, *further in rows}


async def accept(
    engine: AsyncEngine, wanted: Operation, what: Acceptance, mark: Callable[[], Awaitable[None]]
) -> list[str] | None:
    """Write down what is accepted, note it for people, and let the shard run again: all of it, or nothing.

    `mark` is awaited before anything is written, while nobody else can let the shard run. Return the notes, none where
    the operation was carried out before; None where the shard doesn't stand still where it stood. Raises KeyIsOfOther.
    """
    wish, stopped = pauses.resumed(what.shard, what.words), shard.c.stopped.is_not(None)
    async with engine.begin() as connection:
        here = select(shard.c.batch == what.batch, stopped).where(shard.c.k == what.shard).with_for_update()
        stands = all((await connection.execute(here)).one())
        if await same(connection, wanted, wish) is not None:
            return []
        if not stands:
            return None
        await mark()
        notes = await _accepted(connection, what)
        number, _ = await begin(connection, wanted, wish, done=True)
        await pauses.set_stopped(connection, what.shard, stopped, None)
        await touched(connection, number, 1)
    return notes


async def _accepted(connection: AsyncConnection, what: Acceptance) -> list[str]:
    notes = [await _cut(connection, what.shard, place, start) for place, start in what.cut.items()]
    notes += [await _anew(connection, what.shard, place, start) for place, start in what.anew.items()]
    if what.restored is not None:
        notes.append(await _restored(connection, what.shard, what.restored))
    return notes


async def _cut(connection: AsyncConnection, number: int, place: Place, start: int) -> str:
    before = await _move(connection, place, start)
    detail = f"{name_of(place)}: records {before} to {start - 1} were lost and passed over"
    await _note(connection, number, "loss_accepted", detail)
    return detail


async def _anew(connection: AsyncConnection, number: int, place: Place, start: int) -> str:
    """Read a topic that was made anew from its start; what was read of the old one is told by its append time."""
    before = await _move(connection, place, start)
    since = await _behind(connection, place)
    row = await _shard(connection, number)
    await connection.execute(
        insert(accepted).values(
            shard=number, kind=TOPIC, batch=row.batch, emitted=row.emitted, ends={name_of(place): start}, since=since
        )
    )
    old, new = f"what lay behind {before} in the old one is lost", f"the new one is read from {start}"
    detail = f"{name_of(place)}: made anew; {old}, {new}"
    await _note(connection, number, "loss_accepted", detail)
    return detail


async def _restored(connection: AsyncConnection, number: int, what: Restored) -> str:
    ends = {name_of(place): end for place, end in what.ends.items()}
    await connection.execute(
        insert(accepted).values(
            shard=number, kind=RESTORE, batch=what.batch, emitted=what.emitted, ends=ends, since=func.now()
        )
    )
    await connection.execute(update(shard).where(shard.c.k == number).values(batch=what.emitted, emitted=what.emitted))
    await _note(connection, number, "restore_accepted", what.detail)
    return what.detail


async def _move(connection: AsyncConnection, place: Place, start: int) -> int:
    """Move a position; return where it was."""
    here = (position.c.topic == place[0], position.c.partition == place[1])
    before = int((await connection.execute(select(position.c.next_offset).where(*here))).scalar_one())
    await connection.execute(update(position).where(*here).values(next_offset=start, last_offset=None, digest=None))
    return before


async def _behind(connection: AsyncConnection, place: Place) -> datetime:
    """Return the moment behind the last record that was read of a partition."""
    lasts = []
    for table in (journal, set_aside):
        here = (table.c.topic == place[0], table.c.partition == place[1])
        lasts.append((await connection.execute(select(func.max(table.c.appended_at)).where(*here))).scalar())
    last: datetime = max((each for each in lasts if each is not None), default=datetime.fromtimestamp(0, UTC))
    return last + timedelta(milliseconds=1)


async def _shard(connection: AsyncConnection, number: int) -> Any:
    return (await connection.execute(select(shard.c.batch, shard.c.emitted).where(shard.c.k == number))).one()


async def _note(connection: AsyncConnection, number: int, kind: str, detail: str) -> None:
    await connection.execute(insert(attention).values(shard=number, kind=kind, detail=detail))
