"""Reads of the shards' positions for people: how far each partition is read."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.positions import position


@dataclass(frozen=True, slots=True)
class StoredPosition:
    """How far a partition is read: its next offset."""

    topic: str
    partition: int
    shard: int
    next_offset: int


async def positions(engine: AsyncEngine) -> list[StoredPosition]:
    """Return the position of every partition that was begun, by topic and number."""
    columns = [position.c[name] for name in StoredPosition.__dataclass_fields__]
    statement = select(*columns).order_by(position.c.topic, position.c.partition)
    async with engine.connect() as connection:
        return [StoredPosition(**row) for row in (await connection.execute(statement)).mappings()]
