"""The database's schema: where it stands, and brought up to date."""

from dataclasses import dataclass

from adapters.postgres import schema
from hub.desk.resources import Desk
from hub.errors import SchemaIsBehind


@dataclass(frozen=True, slots=True)
class Standing:
    """Which migration the database is at, None for an empty one, and which is the newest."""

    current: str | None
    newest: str


async def standing(desk: Desk) -> Standing:
    """Return where the schema stands."""
    return Standing(await schema.current(desk.engine), schema.newest())


async def check_current(desk: Desk) -> None:
    """Raise SchemaIsBehind where the schema isn't as this version needs it."""
    found = await standing(desk)
    if found.current != found.newest:
        raise SchemaIsBehind(found.current or "empty", found.newest)


async def upgrade(desk: Desk) -> Standing:
    """Bring the schema up to date, and write down how many shards a new hub has; raises HubRuns, ShardsDiffer."""
    await schema.upgrade(desk.engine)
    await schema.create_shards(desk.engine, desk.settings.shards, desk.settings.served)
    return Standing(schema.newest(), schema.newest())
