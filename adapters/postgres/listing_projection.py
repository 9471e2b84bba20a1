"""The listing follows the shards: of each the batches since the last look, by whichever process comes first."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import listing_writing
from domain.orders.view.listing import FORM

ROWS: Final = 2_000
"""Rows of the journal that one transaction follows, or one batch if that has more."""

_WAITING: Final = text(
    """SELECT l.shard FROM listing l JOIN shard s ON s.k = l.shard
    WHERE l.form = :form AND s.batch > l.batch ORDER BY l.at"""
)
_TAKEN: Final = text(
    """SELECT l.batch, s.batch AS top FROM listing l JOIN shard s ON s.k = l.shard
    WHERE l.shard = :shard AND l.form = :form AND s.batch > l.batch FOR UPDATE OF l SKIP LOCKED"""
)
# A shard's batches are numbered by its single writer, in the order of its commits: below `top` none comes any more.
_FOLLOWED: Final = text(
    """SELECT batch FROM journal WHERE shard = :shard AND batch > :batch AND batch <= :top
    ORDER BY shard, batch OFFSET :rows LIMIT 1"""
)
_CHANGED: Final = text(
    "SELECT DISTINCT order_id FROM journal WHERE shard = :shard AND batch > :batch AND batch <= :upto"
)
_DONE: Final = text("UPDATE listing SET batch = :upto, at = now() WHERE shard = :shard")


@dataclass(frozen=True, slots=True)
class Followed:
    """What one step did: up to which batch it came of how many, and how many orders it wrote."""

    shard: int
    upto: int
    top: int
    written: int


async def waiting(engine: AsyncEngine) -> list[int]:
    """Return the shards that are ahead of the listing, the one first that was followed longest ago."""
    async with engine.connect() as connection:
        return list((await connection.scalars(_WAITING, {"form": FORM})).all())


async def follow(engine: AsyncEngine, shard: int, rows: int = ROWS) -> Followed | None:
    """Follow a shard by some rows of its journal; None where another process does, or nothing is to do.

    The rows and the mark are one transaction: a crash repeats the stretch, and that changes nothing.
    """
    async with engine.begin() as connection:
        taken = (await connection.execute(_TAKEN, {"shard": shard, "form": FORM})).first()
        if taken is None:
            return None
        upto = await _upto(connection, shard, taken.batch, taken.top, rows)
        stretch = {"shard": shard, "batch": taken.batch, "upto": upto}
        changed = list((await connection.scalars(_CHANGED, stretch)).all())
        written = 0
        if changed:
            written = await listing_writing.write(connection, await listing_writing.load(connection, changed))
        await connection.execute(_DONE, {"shard": shard, "upto": upto})
        return Followed(shard, upto, taken.top, written)


async def _upto(connection: AsyncConnection, shard: int, batch: int, top: int, rows: int) -> int:
    """Return the last batch of the stretch: whole batches, at least one."""
    wanted = {"shard": shard, "batch": batch, "top": top, "rows": rows}
    beyond = (await connection.scalars(_FOLLOWED, wanted)).first()
    return top if beyond is None else max(int(beyond) - 1, batch + 1)
