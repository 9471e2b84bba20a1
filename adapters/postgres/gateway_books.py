"""What a gateway leaves open, read by indexes however many calls there were; and the comparisons of both books."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.gateway_reads import OpenCall
from adapters.postgres.store_scope import Stores, may_see
from adapters.postgres.tables.gateway_calls import gateway_calls
from adapters.postgres.tables.gateway_calls import gateway_reconciliation as reconciliation

# As the indexes have them: an index on some rows is used where their condition stands in the question word by word.
_OPEN: Final = "state NOT IN ('answered', 'not_ours', 'unreadable')"
_UNREADABLE: Final = "state = 'unreadable'"
_DOUBT: Final = "state IN ('unknown', 'given_up')"
_COLUMNS: Final = [gateway_calls.c[name] for name in OpenCall.__dataclass_fields__]
_COUNTS: Final = text(
    f"""SELECT state, count(*) AS count, min(received_at) AS oldest
    FROM (SELECT state, received_at FROM gateway_calls WHERE {_OPEN}
      UNION ALL SELECT state, received_at FROM gateway_calls WHERE {_UNREADABLE}) AS open
    GROUP BY state ORDER BY state"""  # noqa: S608 - constants
)


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many calls are in a state, and since when the oldest was asked for."""

    state: str
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class StoredReconciliation:
    """What a comparison of both books found: how many payments, how many differences; `result` has the first ones."""

    at: datetime
    payments: int
    differences: int
    in_motion: int
    result: Mapping[str, object]


async def open_calls(engine: AsyncEngine, *, only_doubt: bool, limit: int, stores: Stores = None) -> list[OpenCall]:
    """Return the calls that are not answered, or those a person should look at, the oldest first.

    Those of orders of other stores are left out.
    """
    meant = [text(_OPEN), text(_DOUBT)] if only_doubt else [text(_OPEN)]
    seen = select(*_COLUMNS).where(may_see(gateway_calls.c.order_id, stores))
    both = union_all(seen.where(*meant), seen.where(text(_UNREADABLE))).subquery()
    statement = select(both).order_by(both.c.received_at, both.c.request_id).limit(limit)
    async with engine.connect() as connection:
        return [OpenCall(**row) for row in (await connection.execute(statement)).mappings()]


async def counts(engine: AsyncEngine) -> list[StateCount]:
    """Return how many calls are open, by their states."""
    async with engine.connect() as connection:
        return [StateCount(**row) for row in (await connection.execute(_COUNTS)).mappings()]


async def note(
    engine: AsyncEngine, payments: int, differences: int, in_motion: int, result: Mapping[str, object]
) -> None:
    """Keep what a comparison found."""
    values = {"payments": payments, "differences": differences, "in_motion": in_motion, "result": dict(result)}
    async with engine.begin() as connection:
        await connection.execute(insert(reconciliation).values(**values))


async def last(engine: AsyncEngine) -> StoredReconciliation | None:
    """Return what the last comparison found, None where none was made yet."""
    columns = [reconciliation.c[name] for name in StoredReconciliation.__dataclass_fields__]
    statement = select(*columns).order_by(reconciliation.c.id.desc()).limit(1)
    async with engine.connect() as connection:
        row = (await connection.execute(statement)).mappings().first()
    return None if row is None else StoredReconciliation(**row)
