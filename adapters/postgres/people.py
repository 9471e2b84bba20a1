"""People who were seen: what each is called beside his id, and when he was seen last; personal, and dropped in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.operations import Operation, begin, touched
from adapters.postgres.tables.api import person

KEPT: Final = timedelta(days=365)
"""How long a name is kept after its bearer was seen last."""
_FRESH: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """A person: the id that acts bear, what he is called, and when he was seen last, to the hour."""

    id: str
    name: str
    seen_at: datetime


async def note(engine: AsyncEngine, issuer: str, id_: str, name: str) -> None:
    """Note what somebody is called; where that is known and he was seen within the hour, nothing is written."""
    fresh = insert(person).values(issuer=issuer, id=id_, name=name)
    stale = or_(person.c.name != fresh.excluded.name, person.c.seen_at < func.now() - _FRESH)
    again = fresh.on_conflict_do_update(
        index_elements=["id", "issuer"], set_={"name": fresh.excluded.name, "seen_at": func.now()}, where=stale
    )
    async with engine.begin() as connection:
        await connection.execute(again)


async def find(engine: AsyncEngine, ids: Sequence[str]) -> list[SeenPerson]:
    """Return the people with these ids; without those whom several issuers call by different names."""
    columns = person.c.id, func.min(person.c.name).label("name"), func.max(person.c.seen_at).label("seen_at")
    same = func.count(person.c.name.distinct()) == 1
    statement = select(*columns).where(person.c.id.in_(ids)).group_by(person.c.id).having(same).order_by(person.c.id)
    async with engine.connect() as connection:
        return [SeenPerson(**row) for row in (await connection.execute(statement)).mappings()]


async def erase(engine: AsyncEngine, wanted: Operation, id_: str) -> bool:
    """Erase what somebody is called, whoever vouches for him; False where it isn't known."""
    async with engine.begin() as connection:
        number, new = await begin(connection, wanted, {"person": id_}, done=True)
        if not new:
            return True
        count = (await connection.execute(delete(person).where(person.c.id == id_))).rowcount
        await touched(connection, number, count)
        return count > 0


async def tidy(engine: AsyncEngine) -> int:
    """Drop people who were not seen for a year; returns how many rows."""
    async with engine.begin() as connection:
        return (await connection.execute(delete(person).where(person.c.seen_at < func.now() - KEPT))).rowcount
