"""Sessions of the console, by the hash of their cookie."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.console import console_session


@dataclass(frozen=True, slots=True)
class Row:
    """A session: who signed in, what he wants to see how, and until when it is good.

    Where an identity provider says what he may do, it is asked again at `renew_at`, by `refresh`, which is sealed.
    """

    caller: Mapping[str, Any]
    wishes: Mapping[str, Any]
    ends_at: datetime
    renew_at: datetime | None = None
    refresh: bytes | None = None


_COLUMNS: Final = [console_session.c[name] for name in Row.__dataclass_fields__]
MOST_EACH: Final = 20
"""Sessions that one caller may have: the oldest of more are over."""


async def add(engine: AsyncEngine, key: bytes, row: Row) -> None:
    """Keep a new session."""
    same = [console_session.c.caller[name].as_string() == row.caller[name] for name in ("issuer", "name")]
    newest = console_session.c.began_at.desc()
    beyond = select(console_session.c.id).where(*same).order_by(newest).offset(MOST_EACH - 1)
    async with engine.begin() as connection:
        await connection.execute(delete(console_session).where(console_session.c.id.in_(beyond)))
        await connection.execute(insert(console_session).values(id=key, **_values(row)))


async def find(engine: AsyncEngine, key: bytes) -> Row | None:
    """Return a session that is good; None if there is none."""
    statement = select(*_COLUMNS).where(console_session.c.id == key, console_session.c.ends_at > func.now())
    async with engine.connect() as connection:
        found = (await connection.execute(statement)).mappings().one_or_none()
    return None if found is None else Row(**found)


async def claim(engine: AsyncEngine, key: bytes, seconds: timedelta) -> Row | None:
    """Return a session whose provider is to be asked again, which nobody else does for so long; None: it is not."""
    column = console_session.c
    free = or_(column.asked_until.is_(None), column.asked_until <= func.now())
    due = and_(column.id == key, column.ends_at > func.now(), column.renew_at <= func.now(), free)
    statement = update(console_session).where(due).values(asked_until=func.now() + seconds).returning(*_COLUMNS)
    async with engine.begin() as connection:
        found = (await connection.execute(statement)).mappings().one_or_none()
    return None if found is None else Row(**found)


async def renew(engine: AsyncEngine, key: bytes, row: Row) -> None:
    """Keep what a session's provider says now, and let the next one ask it."""
    told = {**{name: held for name, held in _values(row).items() if name != "wishes"}, "asked_until": None}
    async with engine.begin() as connection:
        await connection.execute(update(console_session).where(console_session.c.id == key).values(**told))


def _values(row: Row) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in Row.__dataclass_fields__}
    return {**told, "caller": dict(row.caller), "wishes": dict(row.wishes)}


async def wish(engine: AsyncEngine, key: bytes, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
    """Change how somebody wants to see things; what two pages of his change at once is changed one after the other."""
    mine = console_session.c.id == key
    async with engine.begin() as connection:
        held = await connection.scalar(select(console_session.c.wishes).where(mine).with_for_update())
        if held is not None:
            await connection.execute(update(console_session).where(mine).values(wishes=dict(change(held))))


async def end(engine: AsyncEngine, key: bytes) -> None:
    """Forget a session."""
    async with engine.begin() as connection:
        await connection.execute(delete(console_session).where(console_session.c.id == key))


async def tidy(engine: AsyncEngine) -> int:
    """Forget the sessions that are over; return how many."""
    async with engine.begin() as connection:
        gone = await connection.execute(delete(console_session).where(console_session.c.ends_at <= func.now()))
    return gone.rowcount
