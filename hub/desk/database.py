"""The database's schema: where it stands, and brought up to date."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import DBAPIError

from adapters.postgres import roles, schema
from adapters.postgres.roles import NotTheOwner
from hub.database import check_schema
from hub.desk.resources import Desk
from hub.errors import NotUsable

NOT_ALLOWED: Final = "42501"
"""PostgreSQL's word for a right that somebody lacks."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Which migration the database is at, None for an empty one, and which is the newest."""

    current: str | None
    newest: str


async def standing(desk: Desk) -> Standing:
    """Return where the schema stands."""
    return Standing(await schema.current(desk.engine), schema.newest())


async def upgrade(desk: Desk) -> Standing:
    """Bring the schema up to date, and write down how many shards a new hub has; raises HubRuns, ShardsDiffer."""
    await schema.upgrade(desk.engine)
    await schema.create_shards(desk.engine, desk.settings.shards, desk.settings.served)
    await roles.renew(desk.engine)
    return Standing(schema.newest(), schema.newest())


def role_script() -> str:
    """Return the statements that make the database's roles, as `psql` takes them."""
    return "\n".join(f"{statement};" for statement in roles.script())


async def make_roles(desk: Desk) -> None:
    """Make the database's roles and give them their rights; raises SchemaIsBehind, NotUsable."""
    await check_schema(desk.engine)
    try:
        await roles.apply(desk.engine)
    except (NotTheOwner, DBAPIError) as error:
        if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) != NOT_ALLOWED:
            raise
        raise NotUsable(
            "this user may not make roles, or owns not all of the tables: name one who does by HUB_DATABASE__URL, "
            "or have an administrator run what `hub db roles` prints"
        ) from error
