"""Quarantine: orders whose rules failed; their later records wait until somebody, or other code, lets them go on."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from adapters.postgres.encoding import columns, storable
from adapters.postgres.positions import pause
from adapters.postgres.session import Session
from adapters.postgres.set_aside import WAITING, waiting_row
from adapters.rows.batch import Batch
from adapters.rows.loading import LookedUp
from adapters.rows.quarantine import QuarantineRow, Queue, Release
from adapters.rows.set_aside import AsideKind

FOUND: Final = """
SELECT 'quarantined', order_id, reason, NULL, queued, NULL, NULL, NULL, NULL, NULL
FROM quarantine WHERE $2 AND shard = $1"""


def read(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note the orders in quarantine."""
    for _, order_id, reason, _, queued, *_ in rows:
        loaded.quarantined[order_id], loaded.queued[order_id] = reason, queued


class Quarantine:
    """The quarantined orders of a shard."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def write(self, batch: Batch) -> None:
        """Release orders and put others in, count what waits behind them, and note what people want of them."""
        if batch.released:
            released = "DELETE FROM quarantine WHERE order_id = ANY($1::text[])"
            await self._session.connection.execute(released, batch.released)
        if batch.quarantined:
            await self._put_in(batch.quarantined)
        if batch.queued:
            await self._session.connection.execute(
                """UPDATE quarantine SET queued = queued + row.n
                FROM unnest($1::text[], $2::int[]) AS row (o, n) WHERE order_id = row.o""",
                *columns(list(batch.queued.items()), 2),
            )
        for release in batch.releases:
            await self._release(release)
        for source, why in batch.paused.items():
            await pause(self._session, source, why)

    async def _put_in(self, quarantined: Sequence[QuarantineRow]) -> None:
        rows = [(row.subject, storable(row.reason), row.made_by) for row in quarantined]
        await self._session.connection.execute(
            """INSERT INTO quarantine (shard, order_id, reason, made_by)
            SELECT DISTINCT ON (o) $1::int, o, r, m FROM unnest($2::text[], $3::text[], $4::text[]) AS row (o, r, m)
            ON CONFLICT (order_id) DO UPDATE SET reason = excluded.reason, asked = false,
              made_by = excluded.made_by""",
            self._session.shard,
            *columns(rows, 3),
        )

    async def _release(self, release: Release) -> None:
        """Note what a person wants of a quarantined order; its records go on with a later batch."""
        connection = self._session.connection
        number = await connection.fetchval(
            """INSERT INTO operation (key, action, who, why, wish, touched, done_at)
            VALUES ($1, $2, $3, $4, jsonb_build_object('order', $5::text), 1, now())
            ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id""",
            *(storable(each) for each in (release.key, release.action, release.who, release.why, release.subject)),
        )
        await connection.execute("UPDATE quarantine SET asked = true WHERE order_id = $1", release.subject)
        await connection.execute(
            """UPDATE set_aside SET operation = $2, asked = $3 WHERE id = (SELECT min(id) FROM set_aside
            WHERE shard = $4 AND order_id = $1 AND kind = 'quarantined' AND closed_batch IS NULL)""",
            release.subject,
            number,
            release.action,
            self._session.shard,
        )

    async def asked(self, limit: int = 500) -> list[Queue]:
        """Return the queues that are to go on, oldest rows first; of a long queue as many rows as fit."""
        rows = await self._session.connection.fetch(
            f"""SELECT {WAITING}, q.queued FROM quarantine q JOIN set_aside s
              ON s.shard = q.shard AND s.kind = 'quarantined' AND s.closed_batch IS NULL AND s.order_id = q.order_id
            WHERE q.shard = $1 AND q.asked ORDER BY s.order_id, s.id LIMIT $2""",  # noqa: S608 - constants
            self._session.shard,
            limit,
        )
        queues = [_queue(order_id, list(group)) for order_id, group in groupby(rows, key=lambda row: row["order_id"])]
        if len(rows) == limit:
            queues[-1] = replace(queues[-1], complete=False)
        return [*queues, *await self._empty()]

    async def _empty(self) -> list[Queue]:
        """Return the orders that are to go on and of which nothing waits any more."""
        rows = await self._session.connection.fetch(
            """SELECT order_id, queued FROM quarantine q WHERE shard = $1 AND asked AND NOT EXISTS (SELECT 1
              FROM set_aside s WHERE s.shard = q.shard AND s.kind = 'quarantined' AND s.closed_batch IS NULL
              AND s.order_id = q.order_id)""",
            self._session.shard,
        )
        return [Queue(row["order_id"], (), True, row["queued"]) for row in rows]

    async def retry_older(self, made_by: str) -> int:
        """Let orders go on that other code put into quarantine; return how many."""
        status = await self._session.connection.execute(
            """UPDATE quarantine SET asked = true, made_by = $2 WHERE shard = $1 AND made_by IS DISTINCT FROM $2
            AND EXISTS (SELECT 1 FROM shard WHERE k = $1 AND token = $3)""",
            self._session.shard,
            made_by,
            self._session.token,
        )
        return int(status.rsplit(" ", 1)[1])


def _queue(order_id: str, rows: Sequence[Any]) -> Queue:
    return Queue(order_id, [waiting_row(row, AsideKind.QUARANTINED) for row in rows], True, rows[0]["queued"])
