"""Deliveries in PostgreSQL: claimed by one process at a time, concluded with what came of the try, dropped when old."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Interval, case, cast, delete, func, insert, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.calls import leases
from adapters.postgres import webhooks
from adapters.postgres.encoding import storable
from adapters.postgres.tables.journal import journal
from adapters.postgres.tables.webhooks import webhook, webhook_attempt
from adapters.postgres.tables.webhooks import webhook_delivery as delivery
from adapters.postgres.webhook_fan_out import KEPT

DROPPED: Final = 5000
"""Old rows that are dropped in one transaction."""


_ENDPOINTS: Final = text(
    """SELECT w.id FROM webhook w
    WHERE w.enabled AND coalesce(w.rest_until, '-infinity') <= now() + CAST(:ahead AS interval) AND EXISTS (
      SELECT 1 FROM webhook_delivery d
      WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_at <= now() + CAST(:ahead AS interval))
    FOR UPDATE SKIP LOCKED"""
)
"""Endpoints that something is due for; locked, so that two processes don't both fill the room that one has."""
_FREE: Final = "(d.lease_until IS NULL OR d.lease_until < now())"
_READY: Final = (
    text(
        f"""SELECT d.id FROM webhook_delivery d WHERE d.id IN (
      SELECT one.id FROM webhook w CROSS JOIN LATERAL (
        SELECT d.id, d.next_at FROM webhook_delivery d
        WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_at <= now() + CAST(:moved AS interval)
          AND CASE WHEN {_FREE} AND (d.seq IS NULL OR {webhooks.IN_STORES}) AND NOT (w.ordered AND EXISTS (
            SELECT 1 FROM webhook_delivery e WHERE e.webhook_id = d.webhook_id AND e.order_id = d.order_id
              AND e.state = 'pending' AND e.id < d.id)) THEN true END
        ORDER BY d.next_at, d.id
        LIMIT greatest(0, CASE WHEN w.rests > 0 THEN 1 ELSE CAST(:each AS int) END - (
          SELECT count(*) FROM webhook_delivery u WHERE u.webhook_id = w.id AND u.lease_until IS NOT NULL
            AND u.lease_until >= now()))) AS one
      WHERE w.id = ANY(CAST(:names AS text[])) ORDER BY one.next_at LIMIT CAST(:most AS int))
    AND {_FREE} FOR UPDATE SKIP LOCKED"""  # noqa: S608 - constants
    )
    .columns(delivery.c.id)
    .cte("ready")
)
"""What is due and free, of each endpoint as much as it has room for; one in trouble has room for one call.

The CASE lets PostgreSQL guess that half of the rows pass, so that it goes along the index and stops early; with the
conditions side by side it guessed one row, and read all that was due. Leases count by the real clock, whatever the
hub's is moved to: a call that is under way stays so.
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours until its lease ends, with all that the call needs; `claim` is the number to write with.

    `messages` are those of the row of the journal, None for an example; `previous` is the secret before while it signs.
    """

    id: int
    claim: int
    webhook_id: str
    event_id: str
    type: str
    order_id: str
    seq: int | None
    tries: int
    created_at: datetime
    url: str
    payload: str
    secret: str
    previous: str | None
    rests: int
    messages: bytes | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try, and what follows: `pause` None ends it, `rest` leaves the endpoint alone; both in seconds.

    `disable` says why the endpoint is sent nothing any more.
    """

    delivered: bool
    status: int | None
    latency: float
    told: str
    pause: float | None = None
    rest: float | None = None
    disable: str | None = None


class Deliveries:
    """The reads and writes of a process that delivers; `lease` is how long a claim lasts.

    `each` is how many calls to one endpoint are under way at once, by all processes together; `ahead` is how far the
    hub's clock is moved.
    """

    def __init__(self, engine: AsyncEngine, lease: timedelta, each: int, ahead: Callable[[], timedelta]) -> None:
        self._engine, self._lease = engine, lease
        self._each, self._ahead = each, ahead

    def _now(self) -> ColumnElement[Any]:
        return func.now() + cast(literal(self._ahead(), Interval), Interval)

    async def claim(self, limit: int) -> list[Claimed]:
        """Claim up to `limit` deliveries whose time has come."""
        now, ahead = self._now(), self._ahead()
        async with self._engine.begin() as connection:
            names = list(await connection.scalars(_ENDPOINTS, {"ahead": ahead}))
            if not names:
                return []
            statement = leases.claiming(delivery, delivery.c.id, _READY, self._lease, delivery.c.id)
            part = {"names": names, "each": self._each, "most": limit, "moved": ahead}
            claimed = list(await connection.scalars(statement, part))
            return await _whole(connection, claimed, now) if claimed else []

    async def conclude(self, mine: Claimed, outcome: Outcome) -> bool:
        """Write down a try and what follows; False where the delivery isn't ours any more."""
        now = self._now()
        ended = outcome.pause is None
        state = "delivered" if outcome.delivered else "failed" if ended else "pending"
        values: dict[str, Any] = {"state": state, "tries": delivery.c.tries + 1, "lease_until": None}
        values |= {"done_at": now} if ended else {"next_at": now + timedelta(seconds=outcome.pause or 0.0)}
        statement = update(delivery).where(*leases.ours(delivery, delivery.c.id, mine)).values(**values)
        async with self._engine.begin() as connection:
            if (await connection.execute(statement)).rowcount != 1:
                return False
            await connection.execute(insert(webhook_attempt).values(**_attempt(mine, outcome), at=now))
            if outcome.disable is not None:
                await webhooks.disable(connection, mine.webhook_id, outcome.disable, now)
            if outcome.rest is not None:
                await webhooks.rest(connection, mine.webhook_id, now + timedelta(seconds=outcome.rest))
            elif outcome.delivered and mine.rests:
                await webhooks.rested(connection, mine.webhook_id)
        return True

    async def tidy(self) -> int:
        """Drop what is kept no longer, so many rows at most; returns how many."""
        before = self._now() - KEPT
        dropped = 0
        async with self._engine.begin() as connection:
            for table, column in ((webhook_attempt, webhook_attempt.c.at), (delivery, delivery.c.created_at)):
                old = select(table.c.id).where(column < before).limit(DROPPED).correlate(None)
                dropped += (await connection.execute(delete(table).where(table.c.id.in_(old)))).rowcount
        return dropped


async def _whole(connection: AsyncConnection, ids: Sequence[int], now: ColumnElement[Any]) -> list[Claimed]:
    """Return claimed deliveries with their endpoints and what is to be told."""
    previous = case((webhook.c.previous_until > now, webhook.c.previous_secret))
    told = (journal.c.order_id == delivery.c.order_id) & (journal.c.seq == delivery.c.seq)
    columns: list[Any] = [delivery.c[name] for name in list(Claimed.__dataclass_fields__)[:9]]
    payload = case((webhook.c.owner_reads, webhook.c.payload), else_=webhooks.THIN).label("payload")
    columns += [webhook.c.url, payload, webhook.c.secret, previous.label("previous"), webhook.c.rests]
    joined = delivery.join(webhook, webhook.c.id == delivery.c.webhook_id).outerjoin(journal, told)
    statement = select(*columns, journal.c.messages).select_from(joined).where(delivery.c.id.in_(ids))
    return [Claimed(**row) for row in (await connection.execute(statement.order_by(delivery.c.id))).mappings()]


def _attempt(mine: Claimed, outcome: Outcome) -> dict[str, Any]:
    return {
        "webhook_id": mine.webhook_id,
        "delivery_id": mine.id,
        "delivered": outcome.delivered,
        "status": outcome.status,
        "latency_ms": round(outcome.latency * 1000),
        "told": storable(outcome.told),
    }
