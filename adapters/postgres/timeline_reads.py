"""Reads of an order's timeline: its journal in pages, and what operators did to its records meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Integer, LargeBinary, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres.order_reads import JournalEntry
from adapters.postgres.tables.journal import journal
from adapters.postgres.tables.operations import operation
from adapters.postgres.tables.set_aside import set_aside

SEARCHED: Final = 2_000
"""Rows whose messages are searched, the newest that have some: orders have dozens of them, broken ones any number."""


@dataclass(frozen=True, slots=True)
class OperatorsAct:
    """What an operator did to records of an order: the number of the operation, when, who, what and why."""

    operation: int
    at: datetime
    who: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class EntriesWanted:
    """Which rows of a journal are meant: those before a `seq`; `quiet` leaves out what changed nothing."""

    before: int | None = None
    quiet: bool = True


async def page(engine: AsyncEngine, order_id: str, wanted: EntriesWanted, limit: int) -> list[JournalEntry]:
    """Return rows of an order's journal, newest first."""
    columns = [journal.c[name] for name in JournalEntry.__dataclass_fields__]
    statement = select(*columns).where(*_meant(order_id, wanted)).order_by(journal.c.seq.desc()).limit(limit)
    async with engine.connect() as connection:
        return [JournalEntry(**row) for row in (await connection.execute(statement)).mappings()]


def _meant(order_id: str, wanted: EntriesWanted) -> list[ColumnElement[bool]]:
    here: list[ColumnElement[bool]] = [journal.c.order_id == order_id]
    if wanted.before is not None:
        here.append(journal.c.seq < wanted.before)
    if wanted.quiet:
        here.append(journal.c.outcome != "late")
    return here


async def acts(
    engine: AsyncEngine, order_id: str, after: int | None, before: int | None, limit: int
) -> list[OperatorsAct]:
    """Return what operators did to an order's records between two rows of its journal, newest first.

    A row that is None leaves that end open. Of several operations on a record only the last one is known to it.
    """
    own = select(set_aside.c.operation).where(set_aside.c.order_id == order_id, set_aside.c.operation.is_not(None))
    here: list[ColumnElement[bool]] = [operation.c.id.in_(own)]
    if after is not None:
        here.append(operation.c.at >= _stored(order_id, after))
    if before is not None:
        here.append(operation.c.at < _stored(order_id, before))
    column = operation.c
    told = (column.id.label("operation"), column.at, column.who, column.action.label("what"), column.why)
    statement = select(*told).where(*here).order_by(column.at.desc(), column.id.desc()).limit(limit)
    async with engine.connect() as connection:
        return [OperatorsAct(**row) for row in (await connection.execute(statement)).mappings()]


def _stored(order_id: str, seq: int) -> ColumnElement[datetime]:
    """Return when a row was stored, or the one before it."""
    here = (journal.c.order_id == order_id, journal.c.seq <= seq)
    return select(journal.c.recorded_at).where(*here).order_by(journal.c.seq.desc()).limit(1).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Beside:
    """What there is of an order beside its document: entries and records set aside, counted; what it published."""

    entries: int
    records: int
    published: Sequence[JournalEntry]


@dataclass(frozen=True, slots=True)
class Marked:
    """Which published messages are meant: those with one of some marks in their bytes, of so many rows at most."""

    marks: Sequence[str]
    limit: int


async def beside(engine: AsyncEngine, order_id: str, most: int, wanted: Marked | None) -> Beside:
    """Return what there is beside an order: entries but for late ones and records, each counted up to `most`."""
    entries = select(journal.c.seq).where(*_meant(order_id, EntriesWanted())).limit(most)
    records = select(set_aside.c.id).where(set_aside.c.order_id == order_id).limit(most)
    counted = (select(func.count()).select_from(each.subquery()).scalar_subquery() for each in (entries, records))
    async with engine.connect() as connection:
        there, aside = (await connection.execute(select(*counted))).one()
        published = [] if wanted is None else await _published(connection, order_id, wanted)
    return Beside(there, aside, published)


async def publishing(engine: AsyncEngine, order_id: str, wanted: Marked) -> list[JournalEntry]:
    """Return rows of an order's journal that published what is wanted, newest first."""
    async with engine.connect() as connection:
        return await _published(connection, order_id, wanted)


async def _published(connection: AsyncConnection, order_id: str, wanted: Marked) -> list[JournalEntry]:
    columns = [journal.c[name] for name in JournalEntry.__dataclass_fields__]
    speaking = select(*columns).where(journal.c.order_id == order_id, journal.c.messages.is_not(None))
    rows = speaking.order_by(journal.c.seq.desc()).limit(SEARCHED).subquery()
    found = or_(*(_within(mark.encode(), rows.c.messages) > 0 for mark in wanted.marks))
    statement = select(rows).where(found).order_by(rows.c.seq.desc()).limit(wanted.limit)
    return [JournalEntry(**row) for row in (await connection.execute(statement)).mappings()]


def _within(mark: bytes, held: ColumnElement[bytes]) -> ColumnElement[int]:
    """Return where in bytes a mark begins, counted from 1."""
    return func.position(literal(mark, LargeBinary).op("IN")(held), type_=Integer)
