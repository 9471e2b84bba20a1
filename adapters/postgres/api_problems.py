"""Problems that the API told its callers, to be looked up for a week; without what was said: it may name people."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.tables.api import api_problem

KEPT: Final = timedelta(days=7)
KEPT_EACH: Final = 1_000
"""Problems of one caller that are kept at most, the newest ones."""
KEPT_IN_ALL: Final = 100_000
"""Problems that are kept at most, the newest ones: about 20 MB."""


@dataclass(frozen=True, slots=True)
class ToldProblem:
    """A problem that a caller was told: its id, code and status, of which route, as declared, and its trace."""

    id: str
    caller: str
    code: str
    status: int
    method: str
    route: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class StoredProblem(ToldProblem):
    """A problem with when it was told."""

    at: datetime


async def keep(engine: AsyncEngine, told: ToldProblem) -> None:
    """Write a problem down."""
    async with engine.begin() as connection:
        await connection.execute(insert(api_problem).values(**asdict(told)))


async def find(engine: AsyncEngine, id_: str) -> StoredProblem | None:
    """Return a problem by its id; None where there is none, or it is older than a week."""
    columns = [api_problem.c[name] for name in StoredProblem.__dataclass_fields__]
    here = (api_problem.c.id == id_, api_problem.c.at > func.now() - KEPT)
    async with engine.connect() as connection:
        row = (await connection.execute(select(*columns).where(*here))).mappings().first()
    return None if row is None else StoredProblem(**row)


async def tidy(engine: AsyncEngine) -> int:
    """Drop problems that are older than a week, and those beyond what is kept of a caller and in all."""
    newest = api_problem.c.at.desc()
    of_caller = func.row_number().over(partition_by=api_problem.c.caller, order_by=newest)
    numbered = select(api_problem.c.id, of_caller.label("own"), func.row_number().over(order_by=newest).label("place"))
    rows = numbered.subquery()
    beyond = select(rows.c.id).where((rows.c.own > KEPT_EACH) | (rows.c.place > KEPT_IN_ALL))
    old = delete(api_problem).where((api_problem.c.at < func.now() - KEPT) | api_problem.c.id.in_(beyond))
    async with engine.begin() as connection:
        return (await connection.execute(old)).rowcount
