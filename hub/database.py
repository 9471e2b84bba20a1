"""Whether a process finds its database as it needs it."""

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres import roles, schema
from adapters.postgres.roles import Role as Role
from hub.errors import RightsAreMissing, SchemaIsBehind


async def check(engine: AsyncEngine, role: Role) -> None:
    """Raise RightsAreMissing where the user may not do what the role does, SchemaIsBehind where a migration waits."""
    lacking = await roles.lacking(engine, role)
    if lacking:
        raise RightsAreMissing(role, lacking)
    await check_schema(engine)


async def check_schema(engine: AsyncEngine) -> None:
    """Raise SchemaIsBehind where the schema isn't as this version needs it."""
    current, newest = await schema.current(engine), schema.newest()
    if current != newest:
        raise SchemaIsBehind(current or "empty", newest)
