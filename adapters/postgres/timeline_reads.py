"""Reads of an order's timeline: its journal in pages, and what operators did to its records meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, LargeBinary, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.order_reads import JournalEntry
from adapters.postgres.tables.journal import journal
from adapters.postgres.tables.operations import operation
from adapters.postgres.tables.set_aside import set_aside


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


async def count(engine: AsyncEngine, order_id: str, wanted: EntriesWanted, most: int) -> int:
    """Return how many rows of an order's journal are meant, counted up to `most`."""
    rows = select(journal.c.seq).where(*_meant(order_id, wanted)).limit(most).subquery()
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(rows)) or 0


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


async def publishing(engine: AsyncEngine, order_id: str, marks: Sequence[str], limit: int) -> list[JournalEntry]:
    """Return rows of an order's journal whose messages have one of some marks anywhere in their bytes, newest first."""
    columns = [journal.c[name] for name in JournalEntry.__dataclass_fields__]
    found = or_(*(_within(mark.encode(), journal.c.messages) > 0 for mark in marks))
    statement = select(*columns).where(journal.c.order_id == order_id, found)
    async with engine.connect() as connection:
        rows = await connection.execute(statement.order_by(journal.c.seq.desc()).limit(limit))
        return [JournalEntry(**row) for row in rows.mappings()]


def _within(mark: bytes, held: ColumnElement[bytes]) -> ColumnElement[int]:
    """Return where in bytes a mark begins, counted from 1."""
    return func.position(literal(mark, LargeBinary).op("IN")(held), type_=Integer)


async def count_asides(engine: AsyncEngine, order_id: str, most: int) -> int:
    """Return how many records of an order were set aside, counted up to `most`."""
    rows = select(set_aside.c.id).where(set_aside.c.order_id == order_id).limit(most).subquery()
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(rows)) or 0
