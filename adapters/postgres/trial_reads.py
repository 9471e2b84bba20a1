"""What is read to try a record out that failed: it, and those of its order's queue that go before it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.set_aside import WAITING, waiting_row
from adapters.rows.set_aside import AsideKind, StoredAside

_QUEUE = text(f"""SELECT {WAITING} FROM set_aside s JOIN set_aside mine ON mine.id = :number
  WHERE s.closed_batch IS NULL AND s.kind = mine.kind AND s.id <= mine.id AND s.appended_at IS NOT NULL
    AND (s.id = mine.id OR (s.kind = 'quarantined' AND s.order_id = mine.order_id))
  ORDER BY s.id LIMIT :most""")  # noqa: S608 - constants


async def up_to(engine: AsyncEngine, number: int, most: int) -> list[StoredAside]:
    """Return an open record as an operator left it, behind those of its order's queue before it; `most` at most."""
    async with engine.connect() as connection:
        found = await connection.execute(_QUEUE, {"number": number, "most": most})
        return [waiting_row(row, AsideKind(row["kind"])) for row in found.mappings()]
