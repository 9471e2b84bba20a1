"""Which orders keep what people know from lists; and whether the listing has what was stored by some moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


class Kept(StrEnum):
    """What orders keep, by the table that lists it."""

    REFUND = "refund"
    FLASH = "flash"


@dataclass(frozen=True, slots=True)
class Keeper:
    """An order that keeps it."""

    order_id: str
    store: str


_KEEPERS: Final = {
    Kept.REFUND: text("SELECT order_id, store FROM refund_list WHERE refund_id = :name LIMIT 3"),
    Kept.FLASH: text("SELECT order_id, store FROM flash_list WHERE flash_id = :name LIMIT 3"),
}
_MARKS: Final = text("SELECT k, batch FROM shard")
_REACHED: Final = text(
    """SELECT coalesce(bool_and(l.batch IS NOT NULL AND l.batch >= asked.batch), true)
    FROM unnest(CAST(:shards AS int[]), CAST(:batches AS bigint[])) AS asked(k, batch)
    LEFT JOIN listing l ON l.shard = asked.k"""
)
_STORED: Final = text(
    """SELECT shard, batch FROM journal
    WHERE order_id = :order AND source = :source AND event_id = :event AND refers_to IS NULL"""
)


async def keepers(engine: AsyncEngine, kept: Kept, name: str) -> Sequence[Keeper]:
    """Return the orders that keep something of this name."""
    async with engine.connect() as connection:
        return [Keeper(order_id, store) for order_id, store in await connection.execute(_KEEPERS[kept], {"name": name})]


async def marks(engine: AsyncEngine) -> Mapping[int, int]:
    """Return up to which batch each shard has stored by now."""
    async with engine.connect() as connection:
        rows = await connection.execute(_MARKS)
        return {row.k: row.batch for row in rows}


async def mark_of(engine: AsyncEngine, order_id: str, source: str, event_id: str) -> Mapping[int, int]:
    """Return the batch of its shard in which an event was decided; empty while it isn't."""
    asked = {"order": order_id, "source": source, "event": event_id}
    async with engine.connect() as connection:
        rows = await connection.execute(_STORED, asked)
        return {row.shard: row.batch for row in rows}


async def reached(engine: AsyncEngine, wanted: Mapping[int, int]) -> bool:
    """Tell whether the listing has these batches."""
    asked = {"shards": list(wanted), "batches": list(wanted.values())}
    async with engine.connect() as connection:
        return bool(await connection.scalar(_REACHED, asked))
