"""Fanning out: the journal is followed shard by shard, and each event becomes deliveries to whoever wants it.

Deliveries and the mark up to which a shard is looked through are written in one transaction, under the mark's lock: a
crash repeats nothing, and any number of processes may look. What an endpoint is told begins with the first event that
is stored after it was made.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters import failpoints
from adapters.postgres import webhooks
from adapters.postgres.encoding import columns
from adapters.postgres.tables.shards import shard
from adapters.postgres.tables.webhooks import webhook_mark
from adapters.postgres.webhooks import Endpoint
from adapters.webhooks import payloads

KEPT: Final = timedelta(days=14)
"""How long deliveries and attempts are kept; an endpoint that is disabled for longer misses what happens."""
ROWS: Final = 1000
"""Rows of the journal that are looked through in one transaction; a batch that has more is never split."""
_READ: Final = text(
    """SELECT j.batch, j.order_id, j.seq, j.recorded_at, j.messages, o.store
    FROM journal j LEFT JOIN orders o ON o.order_id = j.order_id
    WHERE j.shard = :shard AND j.batch > :above AND j.batch <= :last AND j.messages IS NOT NULL
    ORDER BY j.batch, j.n LIMIT :rows"""
)
_WRITE: Final = text(
    """INSERT INTO webhook_delivery (webhook_id, event_id, type, order_id, seq, store, next_at, created_at)
    SELECT w, e, t, o, q, s, now() + CAST(:ahead AS interval), now() + CAST(:ahead AS interval)
    FROM unnest(CAST(:w AS text[]), CAST(:e AS text[]), CAST(:t AS text[]), CAST(:o AS text[]),
      CAST(:q AS bigint[]), CAST(:s AS text[])) WITH ORDINALITY AS row (w, e, t, o, q, s, turn)
    ORDER BY turn ON CONFLICT DO NOTHING"""
)
_Delivery = tuple[str, str, str, str, int, str | None]


@dataclass(frozen=True, slots=True)
class _Row:
    batch: int
    order_id: str
    seq: int
    recorded_at: datetime
    messages: bytes
    store: str | None


class FanOut:
    """Follows the journal of all shards; `ahead` is how far the hub's clock is moved."""

    def __init__(self, engine: AsyncEngine, ahead: Callable[[], timedelta]) -> None:
        self._engine, self._ahead = engine, ahead

    async def step(self) -> int:
        """Look through what is new, of each shard a stretch; returns how many shards moved."""
        mark = func.coalesce(webhook_mark.c.batch, 0)
        behind = (
            select(shard.c.k).outerjoin(webhook_mark, webhook_mark.c.shard == shard.c.k).where(shard.c.batch > mark)
        )
        async with self._engine.connect() as connection:
            numbers = list(await connection.scalars(behind.order_by(shard.c.k)))
        return sum([await self._shard(number) for number in numbers])

    async def _shard(self, number: int) -> bool:
        """Look through a stretch of a shard; False where another process does."""
        async with self._engine.begin() as connection:
            await connection.execute(upsert(webhook_mark).values(shard=number).on_conflict_do_nothing())
            mine = select(webhook_mark.c.batch).where(webhook_mark.c.shard == number)
            above = await connection.scalar(mine.with_for_update(skip_locked=True))
            if above is None:
                return False
            # First how far the shard is, then who is there: whoever was made before a batch was stored is seen.
            last = int((await connection.execute(select(shard.c.batch).where(shard.c.k == number))).scalar_one())
            endpoints = await self._listening(connection)
            if endpoints:
                last = await self._write(connection, endpoints, {"shard": number, "above": above, "last": last})
            moved = text("UPDATE webhook_mark SET batch = :last WHERE shard = :shard")
            await connection.execute(moved, {"last": last, "shard": number})
            await failpoints.hit("webhook_fanned")
        return True

    async def _listening(self, connection: AsyncConnection) -> list[Endpoint]:
        since = await connection.scalar(select(func.now() + self._ahead() - KEPT))
        assert since is not None
        found = await webhooks.everybody(connection)
        return [each for each in found if each.enabled or (each.disabled_at or since) > since]

    async def _write(self, connection: AsyncConnection, endpoints: Sequence[Endpoint], part: dict[str, int]) -> int:
        """Write the deliveries of a stretch; returns the last batch of it."""
        rows = [_Row(*row) for row in await connection.execute(_READ, {**part, "rows": ROWS})]
        last = part["last"]
        if len(rows) == ROWS:  # the last batch may go on
            last = max((row.batch for row in rows if row.batch < rows[-1].batch), default=rows[-1].batch)
            if last == rows[-1].batch:
                whole = {**part, "above": last - 1, "last": last, "rows": None}
                rows = [_Row(*row) for row in await connection.execute(_READ, whole)]
        found = [each for row in rows if row.batch <= last for each in _deliveries(row, endpoints)]
        if found:
            values: dict[str, Any] = dict(zip("wetoqs", columns(found, 6), strict=True))
            await connection.execute(_WRITE, {**values, "ahead": self._ahead()})
        return last


def _deliveries(row: _Row, endpoints: Sequence[Endpoint]) -> Iterator[_Delivery]:
    """Yield who is told what of a row of the journal."""
    listening = [each for each in endpoints if each.created_at <= row.recorded_at]
    if not listening:
        return
    for event in payloads.events(row.order_id, row.messages):
        for each in listening:
            if each.wants(event.type, row.store):
                yield each.id, event.id, event.type, row.order_id, row.seq, row.store
