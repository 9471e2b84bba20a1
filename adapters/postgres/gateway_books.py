"""What a gateway leaves open, read by indexes however many calls there were; and the comparisons of both books."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.gateway_reads import OpenCall
from adapters.postgres.store_scope import Stores
from adapters.postgres.tables.gateway_calls import gateway_reconciliation as reconciliation

# As the indexes have them: an index on some rows is used where their condition stands in the question word by word.
_OPEN: Final = "state NOT IN ('answered', 'not_ours', 'unreadable')"
_UNREADABLE: Final = "state = 'unreadable'"
_DOUBT: Final = "state IN ('unknown', 'given_up')"
_SEEN: Final = """(CAST(:stores AS text[]) IS NULL OR NOT EXISTS (SELECT 1 FROM orders o
  WHERE o.order_id = gateway_calls.order_id AND o.store <> ALL(CAST(:stores AS text[]))))"""
_NAMES: Final = ", ".join(OpenCall.__dataclass_fields__)


def _rows(condition: str) -> str:
    return f"SELECT {_NAMES} FROM gateway_calls WHERE {condition} AND {_SEEN}"  # noqa: S608 - constants


_ALL: Final = text(f"{_rows(_OPEN)} UNION ALL {_rows(_UNREADABLE)} ORDER BY received_at, request_id LIMIT :limit")
_DOUBTFUL: Final = text(
    f"{_rows(f'{_OPEN} AND {_DOUBT}')} UNION ALL {_rows(_UNREADABLE)} ORDER BY received_at, request_id LIMIT :limit"
)
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
    given = {"limit": limit, "stores": None if stores is None else sorted(stores)}
    async with engine.connect() as connection:
        found = await connection.execute(_DOUBTFUL if only_doubt else _ALL, given)
        return [OpenCall(**row) for row in found.mappings()]


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
