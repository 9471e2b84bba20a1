"""Replays as they are written down: how far each is, and that it is at its end, or was stopped before."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import ReplayIsStopped
from adapters.postgres.operations import Operation, StoredOperation, begin
from adapters.postgres.tables.operations import operation

REPLAY: Final = "replay"
"""The action of an operation that writes the records of a window again."""


async def begun(engine: AsyncEngine, wanted: Operation, wish: Mapping[str, object]) -> StoredOperation:
    """Write a replay down, or find the operation of this key: its `progress` says where each partition goes on."""
    async with engine.begin() as connection:
        number, _ = await begin(connection, wanted, wish)
        found = await connection.execute(select(operation).where(operation.c.id == number))
        return StoredOperation(**found.mappings().one())


async def note(engine: AsyncEngine, number: int, done: Mapping[str, int], sent: int) -> None:
    """Keep how far a replay is, so that it goes on there after an interruption; raises ReplayIsStopped."""
    values: dict[str, object] = {"progress": dict(done), "touched": operation.c.touched + sent}
    statement = update(operation).where(operation.c.id == number).values(**values).returning(operation.c.done_at)
    async with engine.begin() as connection:
        ended = await connection.scalar(statement)
    if ended is not None:
        raise ReplayIsStopped


async def end(engine: AsyncEngine, number: int) -> None:
    """Note that a replay is at its end."""
    async with engine.begin() as connection:
        await connection.execute(update(operation).where(operation.c.id == number).values(done_at=func.now()))
