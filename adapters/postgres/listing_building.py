"""The listing is built: all orders are walked by their ids, page by page, while it goes on following the shards."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import listing_writing, operations
from adapters.postgres.operations import Operation
from domain.orders.view.listing import FORM

PAGE: Final = 1_000
"""Orders that one transaction builds."""

_BEGUN: Final = text(
    """INSERT INTO listing_build (id, form, walked, total) SELECT 1, :form, '', count(*) FROM orders
    ON CONFLICT (id) DO UPDATE SET form = excluded.form, walked = '', done = 0, total = excluded.total,
      begun_at = now()
    WHERE listing_build.form < excluded.form OR (:anew AND listing_build.form = excluded.form)
    RETURNING id"""
)
# What is stored up to now is walked, what comes later is followed: both may write an order, and the newest stays.
_MARKED: Final = text(
    """INSERT INTO listing (shard, batch, form) SELECT k, batch, :form FROM shard
    ON CONFLICT (shard) DO UPDATE SET batch = excluded.batch, form = excluded.form, at = now()"""
)
# A shard that was split off begins with the number of the one that it came from; below that it has no rows.
_ADDED: Final = text(
    """INSERT INTO listing (shard, batch, form) SELECT k, 0, :form FROM shard
    WHERE NOT EXISTS (SELECT 1 FROM listing WHERE listing.shard = shard.k) ON CONFLICT DO NOTHING"""
)
_PLACE: Final = text(
    """SELECT walked FROM listing_build WHERE id = 1 AND form = :form AND walked IS NOT NULL
    FOR UPDATE SKIP LOCKED"""
)
_PAGE: Final = text(
    """SELECT order_id, seq, document::text AS document FROM orders WHERE order_id > :walked
    ORDER BY order_id LIMIT :size"""
)
_GONE: Final = text(
    """SELECT l.order_id FROM order_list l WHERE l.order_id > :walked
      AND (CAST(:upto AS text) IS NULL OR l.order_id <= :upto)
      AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = l.order_id AND o.state IS NOT NULL)"""
)
_WALKED: Final = text(
    """UPDATE listing_build SET walked = :upto, done = done + :count,
      built_at = CASE WHEN CAST(:upto AS text) IS NULL THEN now() ELSE built_at END WHERE id = 1"""
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose form the listing has, and whether shards wait for their first mark."""

    form: int | None
    unmarked: bool


async def standing(engine: AsyncEngine) -> Standing:
    """Return how the listing stands to this code's form."""
    async with engine.connect() as connection:
        form = await connection.scalar(text("SELECT form FROM listing_build WHERE id = 1"))
        unmarked = text("SELECT EXISTS (SELECT 1 FROM shard WHERE k NOT IN (SELECT shard FROM listing))")
        return Standing(form, bool(await connection.scalar(unmarked)))


async def begin(engine: AsyncEngine, wanted: Operation | None = None, *, anew: bool = False) -> bool:
    """Have the listing built where it is of an earlier form, or none is there; `anew`: in any case.

    False where nothing is to do, or a later form is there: this code is the older one. What an operator asked for is
    written down, and asked again under the same key it is done already.
    """
    async with engine.begin() as connection:
        if wanted is not None and not (await operations.begin(connection, wanted, {}, done=True))[1]:
            return True
        begun = (await connection.execute(_BEGUN, {"form": FORM, "anew": anew})).first()
        if begun is not None:
            await connection.execute(_MARKED, {"form": FORM})
        return begun is not None


async def add_shards(engine: AsyncEngine) -> None:
    """Follow shards that have been added, from their beginning."""
    async with engine.begin() as connection:
        await connection.execute(_ADDED, {"form": FORM})


async def walk(engine: AsyncEngine, size: int = PAGE) -> int | None:
    """Build the next page; return how many orders it has, None where nothing is built or another process does it."""
    async with engine.begin() as connection:
        walked = (await connection.scalars(_PLACE, {"form": FORM})).first()
        if walked is None:
            return None
        page = (await connection.execute(_PAGE, {"walked": walked, "size": size})).all()
        upto = page[-1].order_id if len(page) == size else None
        await listing_writing.write(connection, listing_writing.project(page), whole=True)
        await _remove_gone(connection, walked, upto)
        await connection.execute(_WALKED, {"upto": upto, "count": len(page)})
        return len(page)


async def _remove_gone(connection: AsyncConnection, walked: str, upto: str | None) -> None:
    gone = (await connection.scalars(_GONE, {"walked": walked, "upto": upto})).all()
    await listing_writing.remove(connection, gone)
