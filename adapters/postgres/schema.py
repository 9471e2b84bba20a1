"""The schema of the store: brought up to date, and told whether it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import OtherShards, ShardCountDiffers
from adapters.postgres.tables import JOURNAL_PARTITIONS, hub, metadata, shard

_FOLDER: Final = Path(__file__).parent / "migrations"
_PARTITIONS: Final = frozenset(f"journal_p{number}" for number in range(JOURNAL_PARTITIONS))


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """Return the newest migration that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


async def current(engine: AsyncEngine) -> str | None:
    """Return the migration that the database is at, None where there is none."""
    async with engine.connect() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


async def upgrade(engine: AsyncEngine, to: str = "head") -> None:
    """Run the migrations that are missing, up to one of them or the newest."""
    async with engine.connect() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), to))
        await connection.commit()


async def differences(engine: AsyncEngine) -> list[str]:
    """Return how the database's tables differ from those that the code declares."""

    def compare(sync: Connection) -> list[str]:
        context = MigrationContext.configure(
            sync,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: not (kind == "table" and name in _PARTITIONS),
            },
        )
        return [str(change) for change in compare_metadata(context, metadata)]

    async with engine.connect() as connection:
        return await connection.run_sync(compare)


async def create_shards(engine: AsyncEngine, shards: int, served: Sequence[int] | None = None) -> None:
    """Write down how many shards this hub has, where it is new; raises ShardsDiffer.

    `served` are those that this database holds; all, if not said.
    """
    wanted = list(range(shards) if served is None else served)
    async with engine.begin() as connection:
        there = await connection.scalar(select(hub.c.shards))
        if there is None:
            await connection.execute(insert(hub).values(id=1, shards=shards))
            await connection.execute(insert(shard), [{"k": k} for k in wanted])
            return
        if there != shards:
            raise ShardCountDiffers(there, shards)
        rows = list(await connection.scalars(select(shard.c.k).order_by(shard.c.k)))
    if rows != wanted:
        raise OtherShards(_named(rows), _named(wanted))


def _named(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, [*numbers[:4], *(["…"] if numbers[4:] else [])]))


async def shard_count(engine: AsyncEngine) -> int | None:
    """Return how many shards this hub has, None before it is created."""
    async with engine.connect() as connection:
        return await connection.scalar(select(hub.c.shards))
