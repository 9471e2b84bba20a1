"""Trying out: what records would become now, by the code that shards decide with; nothing is stored or published."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import ShardAccident, StoreRefused
from adapters.memory.storable import check_storable
from adapters.rows.batch import Batch
from adapters.rows.journal import JournalRow
from adapters.rows.loading import LookedUp
from adapters.rows.quarantine import Queue
from adapters.rows.set_aside import AsideKind, StoredAside
from consumers.shard.assembly import Assembly
from consumers.shard.deciding import Held
from consumers.shard.loading import Cache, Loader
from consumers.shard.reading import Read, Suspended
from contracts.partitioning import home
from contracts.wire import Outgoing, type_of, unpack
from hub.settings import Settings
from hub.wiring import reader_of, rules_of, signatures_of, unit_of
from producers.messages import Messages

STOPPED: Final = "shard_stopped"
_REJECTED: Final = "command.rejected."


@dataclass(frozen=True, slots=True)
class Told:
    """A message that would be published: its topic and its type."""

    topic: str
    type: str


@dataclass(frozen=True, slots=True)
class Would:
    """What a failed record would become now.

    `becomes` is an outcome such as `applied`, `late` or `refused`, or why it is still set aside (`dead_letter`,
    `waiting`, `quarantined`), also where the store would refuse it; `shard_stopped` where it would stop its shard.
    `code` and `detail` say why, where it has no effect. `state` is that of its order afterwards.
    """

    becomes: str
    code: str | None = None
    detail: str | None = None
    rules: Sequence[str] = ()
    state: str | None = None
    messages: Sequence[Told] = ()


class _Trial(Assembly):
    """A batch that nobody stores: a rule that fails is no news."""

    def log_failure(self, read: Read, error: str) -> None:
        """Log nothing."""


async def would(settings: Settings, engine: AsyncEngine, queue: Sequence[StoredAside], shard: int) -> Would:
    """Return what the last of some records of a shard would become if they were tried now."""
    try:
        found = await _stored(settings, engine, queue, shard)
        there = _home(settings.shards, found, queue[-1])
        if there is not None:  # it would be sent home, and decided there
            found = await _stored(settings, engine, queue, there)
    except ShardAccident as error:
        return Would(STOPPED, detail=str(error))
    return await asyncio.to_thread(_read_off, found, queue[-1])


async def _stored(settings: Settings, engine: AsyncEngine, queue: Sequence[StoredAside], shard: int) -> Assembly:
    """Return the batch that a shard would store in the end: without what comes of a record that the store refuses."""
    try:
        return await _tried(settings, engine, queue, shard)
    except StoreRefused:
        return await _tried(settings, engine, queue, shard, refused=True)


def _home(shards: int, found: Assembly, row: StoredAside) -> int | None:
    if found.batch.closed.get(row.id) != AsideKind.FORWARDED.value:
        return None
    subject = found.batch.set_aside[-1].subject
    return None if subject is None else home(subject, shards)


async def _tried(
    settings: Settings, engine: AsyncEngine, queue: Sequence[StoredAside], shard: int, *, refused: bool = False
) -> Assembly:
    """Return the batch that a shard would make of some records; raises StoreRefused, unless it was `refused` before."""
    signatures = await signatures_of(settings, engine)
    rules, reader = rules_of(settings, {}, ""), reader_of(settings, signatures)
    writer = Messages(settings.shards, signatures, settings.connection().group)
    reads = await asyncio.to_thread(lambda: [reader.again(row) for row in queue])
    loaded, held = await _loaded(settings, shard, [] if refused else reads)  # what it asks for may be what is refused
    assembly = _Trial(shard, Batch(0), rules, writer, reader, loaded, held)
    await asyncio.to_thread(_keep if refused else _run, assembly, queue, reads[-1])
    return assembly


async def _loaded(settings: Settings, shard: int, reads: Sequence[Read]) -> tuple[LookedUp, dict[str, Held]]:
    """Return what a shard would know, read over a connection like its own; the shard stays whose it is."""
    unit = unit_of(settings, shard)
    try:
        await unit.session.open()
        return await Loader(unit, Cache()).load(reads)
    finally:
        await unit.close()


def _run(assembly: Assembly, queue: Sequence[StoredAside], read: Read) -> None:
    """Decide on records as a shard does; raises StoreRefused where PostgreSQL has no place for what comes of it."""
    waiting = _waiting(assembly, queue)
    if waiting is None:
        assembly.add(read)
    else:
        assembly.drain(waiting)
    for _ in assembly.finishing():
        pass
    check_storable(assembly.batch)


def _keep(assembly: Assembly, queue: Sequence[StoredAside], read: Read) -> None:
    """Keep records back as a shard does with what the store refuses."""
    waiting = _waiting(assembly, queue)
    if waiting is None:
        assembly.suspend(read, Suspended.NOT_STORABLE)
    else:
        assembly.keep(waiting, Suspended.NOT_STORABLE.value)


def _waiting(assembly: Assembly, queue: Sequence[StoredAside]) -> Queue | None:
    """Return the queue of a quarantined order that the records are, if they are one; the order is there."""
    last = queue[-1]
    if last.kind is not AsideKind.QUARANTINED or last.subject is None:
        return None
    assembly.loaded.quarantined.setdefault(last.subject, last.code)
    return Queue(last.subject, queue, complete=False, queued=len(queue))


def _read_off(assembly: Assembly, row: StoredAside) -> Would:
    batch = assembly.batch
    if row.id not in batch.closed:
        code, detail = next(iter(batch.tried.values()), (None, None))
        return Would(row.kind.value, code, detail)
    aside = next((each for each in batch.set_aside if each.record and each.record.place == row.record.place), None)
    rows = _of(batch, row)
    messages = [message for each in rows for message in unpack(each.messages)]
    code, detail = _refusal(messages) if aside is None else (aside.code, aside.detail)
    return Would(
        batch.closed[row.id],
        code,
        detail,
        rows[0].transitions if rows else (),
        rows[-1].status_after if rows else None,
        [Told(each.topic, type_of(each)) for each in messages],
    )


def _of(batch: Batch, row: StoredAside) -> list[JournalRow]:
    """Return the rows of the last record: its own and those that it lets go."""
    record = row.record
    place = (record.topic, record.partition, record.offset)
    rows = batch.journal
    first = next((n for n, each in enumerate(rows) if (each.topic, each.partition, each.offset) == place), len(rows))
    return rows[first:]


def _refusal(messages: Sequence[Outgoing]) -> tuple[str | None, str | None]:
    """Return why a command was refused, if one was."""
    for message in messages:
        if type_of(message).startswith(_REJECTED):
            told = from_json(message.value or b"{}")
            return told.get("code"), told.get("detail")
    return None, None
