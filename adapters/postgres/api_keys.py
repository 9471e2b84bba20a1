"""Keys of partners that write over HTTP: made, found by their hash, revoked; who does so is written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.postgres import usage
from adapters.postgres.operations import Operation, begin, same, touched
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


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key to be made: `hash` is what is kept of it, `by` who asked, `life` how long it is good, None for good."""

    id: str
    source: str
    topics: Sequence[str]
    hash: bytes
    by: str
    life: timedelta | None

    def wish(self) -> dict[str, object]:
        """Return it as the operation's row tells it."""
        days = None if self.life is None else self.life.days
        return {"key": self.id, "source": self.source, "topics": list(self.topics), "days": days}


_COLUMNS: Final = [api_key.c[name] for name in PartnerKey.__dataclass_fields__]
_GOOD: Final = (api_key.c.revoked_at.is_(None), or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > func.now()))


async def add(engine: AsyncEngine, act: Operation, wanted: WantedKey) -> tuple[PartnerKey, bytes] | None:
    """Add a key, once for the act; return it with the hash that is kept. None where the source has two good ones.

    Raises KeyIsOfOther.
    """
    async with engine.connect() as connection, connection.begin() as transaction:
        number, new = await begin(connection, act, wanted.wish(), done=True)
        if new and not await _insert(connection, wanted):
            await transaction.rollback()
            return None
        if new:
            await touched(connection, number, 1)
        found = await connection.execute(select(*_COLUMNS, api_key.c.hash).where(api_key.c.id == wanted.id))
        *told, hash_ = found.one()
        return PartnerKey(*told), hash_


async def _insert(connection: AsyncConnection, wanted: WantedKey) -> bool:
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:source))"), {"source": wanted.source})
    good = await connection.scalar(select(func.count()).where(api_key.c.source == wanted.source, *_GOOD))
    if (good or 0) >= AT_ONCE:
        return False
    row = {
        "id": wanted.id,
        "source": wanted.source,
        "topics": list(wanted.topics),
        "hash": wanted.hash,
        "created_by": wanted.by,
        "expires_at": None if wanted.life is None else func.now() + wanted.life,
    }
    await connection.execute(insert(api_key).values(**row))
    return True


async def find(engine: AsyncEngine, hash_: bytes) -> PartnerKey | None:
    """Return the good key with this hash."""
    async with engine.connect() as connection:
        row = (await connection.execute(select(*_COLUMNS).where(api_key.c.hash == hash_, *_GOOD))).mappings().first()
    return None if row is None else PartnerKey(**row)


async def used(engine: AsyncEngine, id_: str) -> None:
    """Note that a key is used, once a minute: a partner that sends much writes no row for each request."""
    await usage.note(engine, api_key, [id_], timedelta(minutes=1))


async def all_of(engine: AsyncEngine) -> list[PartnerKey]:
    """Return every key, the newest first."""
    async with engine.connect() as connection:
        rows = await connection.execute(select(*_COLUMNS).order_by(api_key.c.created_at.desc()).limit(1000))
        return [PartnerKey(**row) for row in rows.mappings()]


async def revoke(engine: AsyncEngine, act: Operation, id_: str) -> bool:
    """End a key; False where there is none of this id that is good, unless this act ended it. Raises KeyIsOfOther."""
    named = api_key.c.id == id_
    async with engine.begin() as connection:
        source = await connection.scalar(select(api_key.c.source).where(named))
        wish = {"key": id_, "source": source}
        ended = update(api_key).where(named, api_key.c.revoked_at.is_(None)).values(revoked_at=func.now())
        if (await connection.execute(ended)).rowcount != 1:
            return await same(connection, act, wish) is not None
        number, _ = await begin(connection, act, wish, done=True)
        await touched(connection, number, 1)
    return True


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
