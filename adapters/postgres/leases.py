"""Leases: which process has which shard, by rows that are renewed in time; for liveness only."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import ShardCountDiffers
from adapters.postgres.tables.shards import hub, lease, member, shard

FORGOTTEN: Final = timedelta(days=1)
"""After so long without a heartbeat a process that didn't say goodbye is forgotten."""


class Leases:
    """The shards' owners; `lease` is how long an owner may stay silent, `shards` how many he believes there are."""

    def __init__(self, engine: AsyncEngine, process: str, lease: timedelta, shards: int) -> None:
        self._shards = shards
        self._engine = engine
        self._process = process
        self._lease = lease

    async def beat(self, report: Mapping[str, Any]) -> int:
        """Say that this process is alive; return how many are. Raises ShardCountDiffers."""
        statement = insert(member).values(id=self._process, seen=func.now(), report=dict(report))
        statement = statement.on_conflict_do_update(
            index_elements=["id"], set_={"seen": func.now(), "report": statement.excluded.report}
        )
        async with self._engine.begin() as connection:
            there = await connection.scalar(select(hub.c.shards))
            if there != self._shards:
                raise ShardCountDiffers(int(there or 0), self._shards)
            await connection.execute(statement)
            await connection.execute(delete(member).where(member.c.seen < func.now() - FORGOTTEN))
            alive = select(func.count()).select_from(member).where(member.c.seen > func.now() - self._lease)
            return int(await connection.scalar(alive) or 0)

    async def renew(self, shards: Collection[int]) -> set[int]:
        """Renew our leases; return the shards that are still ours."""
        if not shards:
            return set()
        statement = (
            update(lease)
            .where(lease.c.owner == self._process, lease.c.k.in_(list(shards)))
            .values(lease_until=func.now() + self._lease)
            .returning(lease.c.k)
        )
        async with self._engine.begin() as connection:
            return set((await connection.scalars(statement)).all())

    async def claim(self, count: int) -> list[int]:
        """Take up to `count` shards that nobody has and that are not stopped."""
        free = (
            select(shard.c.k, literal(self._process), func.now() + self._lease)
            .outerjoin_from(shard, lease, lease.c.k == shard.c.k)
            .where(or_(lease.c.k.is_(None), lease.c.lease_until < func.now()), shard.c.stopped.is_(None))
            .order_by(shard.c.k)
            .limit(count)
        )
        taken = insert(lease).from_select(["k", "owner", "lease_until"], free)
        statement = taken.on_conflict_do_update(  # somebody else may have taken one since it was looked for
            index_elements=["k"],
            set_={"owner": taken.excluded.owner, "lease_until": taken.excluded.lease_until},
            where=lease.c.lease_until < func.now(),
        ).returning(lease.c.k)
        async with self._engine.begin() as connection:
            return sorted((await connection.scalars(statement)).all())

    async def give_up(self, number: int) -> None:
        """Let another process have a shard at once."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(lease).where(lease.c.k == number, lease.c.owner == self._process))

    async def leave(self) -> None:
        """Say that this process ends."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(member).where(member.c.id == self._process))
            await connection.execute(delete(lease).where(lease.c.owner == self._process))
