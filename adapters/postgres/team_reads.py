"""Reads of the listing for team leads: what stands in each store, each counted so far and no further.

Every figure of a store is read from an index that begins with the store; locks from that of what is locked. How old a
lock is stands in the order's document alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

AGES: Final = 4
"""Under one day, three days, seven days since the order was placed, and older; counted from 0."""


@dataclass(frozen=True, slots=True)
class OfAge:
    """How many orders of a state were placed so long ago, counted no further than asked."""

    store: str
    state: str
    age: int
    count: int


@dataclass(frozen=True, slots=True)
class OfReason:
    """How many orders have reasons of a kind, of one party or (None) of all, and since when the first one has.

    `looked_at` counts the reasons of the store that were looked at, of any kind.
    """

    store: str
    kind: str
    by: str | None
    count: int
    oldest: datetime
    looked_at: int


@dataclass(frozen=True, slots=True)
class OfRefunds:
    """How many refunds of a store and state there are, and when the first one was asked for."""

    store: str
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class OldLock:
    """An order that somebody has locked for long."""

    store: str
    order_id: str
    number: str
    state: str
    owner: str
    since: datetime


@dataclass(frozen=True, slots=True)
class OpenDraft:
    """A draft: who has it, and who has it locked."""

    store: str
    order_id: str
    number: str
    assignee: str | None
    locked_by: str | None
    placed_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What a partner said in an hour; an empty source stands for all others."""

    source: str
    hour: datetime
    events: int
    late: int
    failed: int


Row = TypeVar("Row", OfAge, OfReason, OfRefunds, OldLock, OpenDraft, Said)
_STORES: Final = text(
    """WITH RECURSIVE found AS (
      (SELECT store FROM order_list WHERE store > :after ORDER BY store LIMIT 1)
      UNION ALL
      SELECT (SELECT o.store FROM order_list o WHERE o.store > found.store ORDER BY o.store LIMIT 1)
      FROM found WHERE found.store IS NOT NULL
    ) SELECT store FROM found WHERE store IS NOT NULL LIMIT :limit"""
)
_OF_AGE: Final = text(
    """SELECT s.store, st.state, age.age, counted.count
    FROM unnest(CAST(:stores AS text[])) AS s (store) CROSS JOIN unnest(CAST(:states AS text[])) AS st (state)
    CROSS JOIN (VALUES
      (0, now() - interval '1 day', timestamptz 'infinity'),
      (1, now() - interval '3 days', now() - interval '1 day'),
      (2, now() - interval '7 days', now() - interval '3 days'),
      (3, timestamptz '-infinity', now() - interval '7 days')) AS age (age, since, until)
    CROSS JOIN LATERAL (SELECT count(*) AS count FROM (
      SELECT 1 FROM order_list t WHERE t.store = s.store AND t.state = st.state
        AND t.placed_at > age.since AND t.placed_at <= age.until LIMIT :rows) AS few) AS counted
    WHERE counted.count > 0"""
)
_OF_REASON: Final = text(
    """WITH looked AS MATERIALIZED (
      SELECT s.store, few.* FROM unnest(CAST(:stores AS text[])) AS s (store) CROSS JOIN LATERAL (
        SELECT order_id, kind, "by", at FROM reason_list t WHERE t.store = s.store ORDER BY at LIMIT :rows) AS few
    ), whole AS (SELECT store, count(*) AS looked_at FROM looked GROUP BY store)
    SELECT store, kind, "by", count(DISTINCT order_id) AS count, min(at) AS oldest,
      (SELECT w.looked_at FROM whole w WHERE w.store = looked.store) AS looked_at
    FROM looked WHERE kind = ANY(CAST(:kinds AS text[]))
    GROUP BY GROUPING SETS ((store, kind, "by"), (store, kind)) ORDER BY store, kind, count DESC, "by" """
)
_OF_REFUNDS: Final = text(
    """SELECT s.store, counted.count, counted.oldest
    FROM unnest(CAST(:stores AS text[])) AS s (store) CROSS JOIN unnest(CAST(:states AS text[])) AS st (state)
    CROSS JOIN LATERAL (SELECT count(*) AS count, min(few.requested_at) AS oldest FROM (
      SELECT requested_at FROM refund_list t WHERE t.store = s.store AND t.state = st.state
      ORDER BY requested_at LIMIT :rows) AS few) AS counted
    WHERE counted.count > 0"""
)
# A lock that has ended meanwhile, or is another one by now, is seen as the order's own document has it.
_LOCKS: Final = text(
    """WITH locked AS MATERIALIZED (
      SELECT store, order_id, number, state FROM order_list
      WHERE locked_by IS NOT NULL AND store = ANY(CAST(:stores AS text[])) LIMIT :rows
    ), held AS MATERIALIZED (
      SELECT l.*, o.document -> 'lock' ->> 'owner' AS owner,
        CAST(o.document -> 'lock' ->> 'since' AS timestamptz) AS since
      FROM locked l JOIN orders o ON o.order_id = l.order_id
    ) SELECT * FROM held WHERE since < now() - CAST(:age AS interval) ORDER BY since, order_id"""
)
_DRAFTS: Final = text(
    """SELECT s.store, few.* FROM unnest(CAST(:stores AS text[])) AS s (store) CROSS JOIN LATERAL (
      SELECT order_id, number, assignee, locked_by, placed_at, updated_at FROM order_list t
      WHERE t.store = s.store AND t.state = 'draft' ORDER BY placed_at, order_id LIMIT :rows) AS few"""
)
_SAID: Final = text(
    """WITH said AS MATERIALIZED (SELECT * FROM partner_hour WHERE hour >= :since), ranked AS (
      SELECT source, row_number() OVER (ORDER BY sum(events + failed) DESC, source) AS place
      FROM said WHERE source <> '' GROUP BY source
    )
    SELECT CASE WHEN ranked.place <= :most THEN said.source ELSE '' END AS source, said.hour,
      CAST(sum(said.events) AS bigint) AS events, CAST(sum(said.late) AS bigint) AS late,
      CAST(sum(said.failed) AS bigint) AS failed
    FROM said LEFT JOIN ranked USING (source) GROUP BY 1, 2 ORDER BY 1, 2"""
)


async def stores(connection: AsyncConnection, after: str, limit: int) -> list[str]:
    """Return the stores that have orders, behind a name, by name; each is one step in an index."""
    return list((await connection.execute(_STORES, {"after": after, "limit": limit})).scalars())


async def of_age(
    connection: AsyncConnection, stores: Sequence[str], states: Sequence[str], rows: int
) -> Sequence[OfAge]:
    """Return the orders of these states by how long ago they were placed, so many of each at most."""
    return await _read(connection, OfAge, _OF_AGE, stores=list(stores), states=list(states), rows=rows)


async def of_reason(
    connection: AsyncConnection, stores: Sequence[str], kinds: Sequence[str], rows: int
) -> Sequence[OfReason]:
    """Return the orders with reasons of some kinds, among so many of the store's oldest reasons of any kind."""
    return await _read(connection, OfReason, _OF_REASON, stores=list(stores), kinds=list(kinds), rows=rows)


async def of_refunds(
    connection: AsyncConnection, stores: Sequence[str], states: Sequence[str], rows: int
) -> Sequence[OfRefunds]:
    """Return the refunds of each state, so many of each at most; no row where there are none."""
    return await _read(connection, OfRefunds, _OF_REFUNDS, stores=list(stores), states=list(states), rows=rows)


async def locks(connection: AsyncConnection, stores: Sequence[str], age: timedelta, rows: int) -> Sequence[OldLock]:
    """Return the locks older than that, the oldest first, among so many of all at most."""
    return await _read(connection, OldLock, _LOCKS, stores=list(stores), age=age, rows=rows)


async def drafts(connection: AsyncConnection, stores: Sequence[str], rows: int) -> Sequence[OpenDraft]:
    """Return the drafts of each store that were begun first, so many at most."""
    return await _read(connection, OpenDraft, _DRAFTS, stores=list(stores), rows=rows)


async def said(connection: AsyncConnection, since: datetime, most: int) -> Sequence[Said]:
    """Return what partners said by the hour, those by themselves who said most, the others together."""
    return await _read(connection, Said, _SAID, since=since, most=most)


async def _read(connection: AsyncConnection, kind: type[Row], statement: TextClause, **values: Any) -> Sequence[Row]:
    return [kind(**row) for row in (await connection.execute(statement, values)).mappings()]
