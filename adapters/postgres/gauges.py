"""Gauges: how much waits in the hub as a whole, counted no further than its reader needs; for whoever watches over it.

Each part reads an index and stops at a bound, so that a large database makes none of them long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres import listing_queries
from adapters.postgres.gateway_calls import CLOSED

MANY: Final = 100_000
"""Orders of a state are counted so far."""
SOME: Final = 10_000
"""All else is counted so far."""
_ORDERS: Final = text(
    """SELECT s.state, (SELECT count(*) FROM
      (SELECT FROM order_list t WHERE t.state = s.state LIMIT :many) AS c) AS count
    FROM unnest(CAST(:states AS text[])) AS s(state)"""
)
_OVERDUE: Final = text(
    """SELECT coalesce(owed_by, '') AS party, count(*) AS count
    FROM (SELECT owed_by, overdue FROM order_list WHERE attention LIMIT :some) AS seen WHERE overdue GROUP BY 1"""
)
_REFUNDS: Final = text(
    """SELECT count(*) AS count,
      coalesce(greatest(0, extract(epoch FROM now() - min(requested_at))), 0)::float AS oldest
    FROM (SELECT requested_at FROM refund_list WHERE state = ANY(CAST(:states AS text[]))
      ORDER BY requested_at LIMIT :some) AS waiting"""
)
_CALLS: Final = text(
    """SELECT state, count(*) AS count FROM (SELECT state FROM gateway_calls
      WHERE state NOT IN ('answered', 'not_ours', 'unreadable') LIMIT :some) AS open GROUP BY 1"""
)
_BOOKS: Final = text("SELECT differences FROM gateway_reconciliation ORDER BY id DESC LIMIT 1")
_DELIVERIES: Final = text(
    """SELECT count(*) AS count, coalesce(greatest(0, extract(epoch FROM now() - min(next_at))), 0)::float AS oldest
    FROM (SELECT d.next_at FROM webhook w CROSS JOIN LATERAL (SELECT next_at FROM webhook_delivery
      WHERE state = 'pending' AND webhook_id = w.id AND next_at < now() ORDER BY next_at LIMIT :some) AS d
      WHERE w.enabled LIMIT :some) AS due"""
)
_DISABLED: Final = text("SELECT count(*) FROM webhook WHERE NOT enabled")
assert {str(state) for state in CLOSED} == {"answered", "not_ours", "unreadable"}, (
    "the index's condition is written out"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many there are of something that waits, and for how many seconds the oldest has."""

    count: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Gauges:
    """What waits: open orders by state, overdue answers by who owes them, refunds, calls by state, webhooks.

    `differences` is what the last comparison of the provider's books found, None before the first one.
    """

    orders: Sequence[tuple[str, int]]
    overdue: Sequence[tuple[str, int]]
    refunds: Waiting
    calls: Sequence[tuple[str, int]]
    differences: int | None
    deliveries: Waiting
    disabled_webhooks: int = field(default=0)


async def read(engine: AsyncEngine, states: Sequence[str], refunds: Sequence[str]) -> Gauges:
    """Return what waits: orders in these `states`, refunds in those of `refunds`; raises TooWide."""
    async with listing_queries.reading(engine) as connection:

        async def rows(statement: Any, **values: object) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in await connection.execute(statement, values)]

        return Gauges(
            orders=[(state, count) for state, count in await rows(_ORDERS, states=list(states), many=MANY)],
            overdue=[(party, count) for party, count in await rows(_OVERDUE, some=SOME)],
            refunds=Waiting(*(await rows(_REFUNDS, states=list(refunds), some=SOME))[0]),
            calls=[(state, count) for state, count in await rows(_CALLS, some=SOME)],
            differences=next((count for (count,) in await rows(_BOOKS)), None),
            deliveries=Waiting(*(await rows(_DELIVERIES, some=SOME))[0]),
            disabled_webhooks=(await rows(_DISABLED))[0][0],
        )
