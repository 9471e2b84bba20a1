"""Reads of aggregates that are no orders, for people and tools; not for the shards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.documents import subjects


@dataclass(frozen=True, slots=True)
class StoredSubject:
    """The row of an aggregate."""

    subject: str
    kind: str
    version: int
    state: str | None
    updated_at: datetime
    document: Mapping[str, object]


_COLUMNS: Final = tuple(subjects.c[name] for name in StoredSubject.__dataclass_fields__)


async def find(engine: AsyncEngine, subject: str) -> StoredSubject | None:
    """Return one aggregate."""
    async with engine.connect() as connection:
        row = (await connection.execute(select(*_COLUMNS).where(subjects.c.subject == subject))).mappings().first()
    return None if row is None else StoredSubject(**row)


async def of_kind(engine: AsyncEngine, kind: str, limit: int) -> list[StoredSubject]:
    """Return the aggregates of a kind, by their ids."""
    statement = select(*_COLUMNS).where(subjects.c.kind == kind).order_by(subjects.c.subject).limit(limit)
    async with engine.connect() as connection:
        return [StoredSubject(**row) for row in (await connection.execute(statement)).mappings()]
