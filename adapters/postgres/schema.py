"""The schema of the store: brought up to date, and told whether it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.errors import HubRuns, OrderIdReserved, OtherShards, ShardCountDiffers
from adapters.postgres.tables.journal import JOURNAL_PARTITIONS
from adapters.postgres.tables.metadata import metadata
from adapters.postgres.tables.shards import hub, shard
from contracts.signing import Signatures

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST: Final = "20261130_16"
"""The newest migration that this code knows: said here, so that a process doesn't load all of them when it starts."""
_FOLDER: Final = Path(__file__).parent / "migrations"
STILL_RUNS: Final = "HB001"
"""What a migration raises for which the hub's processes must be stopped."""
ID_RESERVED: Final = "HB002"
"""What a migration raises that finds an order whose id names something else from now on; its text is the id."""
VERSIONS: Final = "alembic_version"
_PARTITIONS: Final = frozenset(f"journal_p{number}" for number in range(JOURNAL_PARTITIONS))


# Alembic is loaded by what changes or compares the schema only: a process that starts just looks where it stands.
def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """Return the newest migration that this code knows."""
    return NEWEST


def last_written() -> str:
    """Return the last one of the migrations' files."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config()).get_current_head() or ""


async def current(engine: AsyncEngine) -> str | None:
    """Return the migration that the database is at, None where there is none."""

    def stands(sync: Connection) -> str | None:
        if not inspect(sync).has_table(VERSIONS):
            return None
        found: str | None = sync.scalar(text(f"SELECT version_num FROM {VERSIONS}"))  # noqa: S608 - ours
        return found

    async with engine.connect() as connection:
        return await connection.run_sync(stands)


async def upgrade(engine: AsyncEngine, to: str = "head") -> None:
    """Run the migrations that are missing, up to one of them or the newest; raises HubRuns or OrderIdReserved."""
    from alembic import command

    try:
        async with engine.connect() as connection:
            await connection.run_sync(lambda sync: command.upgrade(_config(sync), to))
            await connection.commit()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == STILL_RUNS:
            raise HubRuns from error
        if getattr(error.orig, "sqlstate", None) == ID_RESERVED:
            raise OrderIdReserved(str(getattr(error.orig, "args", ("",))[0]).rpartition(": ")[2]) from error
        raise


async def differences(engine: AsyncEngine) -> list[str]:
    """Return how the database's tables differ from those that the code declares."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

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


async def signatures(engine: AsyncEngine, keys: Sequence[bytes] = ()) -> Signatures:
    """Return how this hub signs: with the first of some keys, else with the one that its database drew."""
    async with engine.connect() as connection:
        row = (await connection.execute(select(hub.c.signing_key, hub.c.unsigned_until))).one()
    until = 0 if row.unsigned_until is None else int(row.unsigned_until.timestamp() * 1000)
    return Signatures.of((*keys, row.signing_key), until)


async def shard_count(engine: AsyncEngine) -> int | None:
    """Return how many shards this hub has, None before it is created."""
    async with engine.connect() as connection:
        return await connection.scalar(select(hub.c.shards))
