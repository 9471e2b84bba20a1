"""Sign-ins: who used the API in which hour, written once an hour for each caller."""

from typing import Final

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.api import api_sign_in

_THIS_HOUR: Final = func.date_trunc("hour", func.now(), "UTC")


async def signed_in(engine: AsyncEngine, caller: str, tool: str | None) -> None:
    """Write down that somebody uses the API in this hour; again changes nothing."""
    row = insert(api_sign_in).values(caller=caller, hour=_THIS_HOUR, tool=tool)
    async with engine.begin() as connection:
        await connection.execute(row.on_conflict_do_nothing())
