"""Keys of partners that write over HTTP: made, found by their hash, revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.api import api_key

AT_ONCE: Final = 2
"""Keys of one source that are good at the same time: the old one and the new one, while a partner changes over."""


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """A key, without the key itself: as which source it writes, to which topics, when it was used last (to 1 min)."""

    id: str
    source: str
    topics: Sequence[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None = None


_COLUMNS: Final = [api_key.c[name] for name in PartnerKey.__dataclass_fields__]
_GOOD: Final = (api_key.c.revoked_at.is_(None), or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > func.now()))


async def add(
    engine: AsyncEngine, id_: str, source: str, topics: Sequence[str], hash_: bytes, by: str, until: datetime | None
) -> PartnerKey | None:
    """Add a key; None where the source has two that are good already."""
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:source))"), {"source": source})
        good = await connection.scalar(select(func.count()).where(api_key.c.source == source, *_GOOD))
        if (good or 0) >= AT_ONCE:
            return None
        row = {
            "id": id_,
            "source": source,
            "topics": list(topics),
            "hash": hash_,
            "created_by": by,
            "expires_at": until,
        }
        made = await connection.execute(insert(api_key).values(**row).returning(*_COLUMNS))
        return PartnerKey(**made.mappings().one())


async def find(engine: AsyncEngine, hash_: bytes) -> PartnerKey | None:
    """Return the good key with this hash."""
    async with engine.connect() as connection:
        row = (await connection.execute(select(*_COLUMNS).where(api_key.c.hash == hash_, *_GOOD))).mappings().first()
    return None if row is None else PartnerKey(**row)


async def used(engine: AsyncEngine, id_: str) -> None:
    """Note that a key is used, once a minute: a partner that sends much writes no row for each request."""
    lately = or_(api_key.c.used_at.is_(None), api_key.c.used_at < func.now() - timedelta(minutes=1))
    async with engine.begin() as connection:
        await connection.execute(update(api_key).where(api_key.c.id == id_, lately).values(used_at=func.now()))


async def all_of(engine: AsyncEngine) -> list[PartnerKey]:
    """Return every key, the newest first."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(*_COLUMNS).order_by(api_key.c.created_at.desc()).limit(1000))
        return [PartnerKey(**row) for row in rows.mappings()]


async def revoke(engine: AsyncEngine, id_: str) -> bool:
    """End a key; False where there is none of this id that is good."""
    statement = update(api_key).where(api_key.c.id == id_, api_key.c.revoked_at.is_(None))
    async with engine.begin() as connection:
        return (await connection.execute(statement.values(revoked_at=func.now()))).rowcount == 1


_KNOWN: Final = text(
    """SELECT asked.i FROM unnest(CAST(:orders AS text[]), CAST(:events AS text[])) WITH ORDINALITY
      AS asked(order_id, event_id, i)
    JOIN journal j ON j.order_id = asked.order_id AND j.source = :source AND j.event_id = asked.event_id
      AND j.refers_to IS NULL"""
)


async def known(engine: AsyncEngine, source: str, events: Sequence[tuple[str, str]]) -> set[int]:
    """Return which of these events (order, id) of a source the journal has, by their places."""
    if not events:
        return set()
    asked = {"orders": [each[0] for each in events], "events": [each[1] for each in events], "source": source}
    async with engine.connect() as connection:
        return {int(row[0]) - 1 for row in await connection.execute(_KNOWN, asked)}
