"""The unit of a shard: what a batch loads and, in one transaction, what it writes; no query per record."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import asyncpg
from pydantic_core import from_json

from adapters import failpoints
from adapters.errors import (
    LostShard,
    Overtaken,
    ShardAccident,
    ShardCountDiffers,
    StoreRefused,
    TwoWriters,
    UnknownOutcome,
)
from adapters.postgres import asking, storing
from adapters.postgres.acceptance import place_of
from adapters.postgres.encoding import JOURNAL, SET_ASIDE, aside_rows, columns, journal_rows, storable, waiting_row
from adapters.rows.batch import Batch
from adapters.rows.documents import StoredOrder
from adapters.rows.journal import GapBatch
from adapters.rows.loading import Loaded, Wanted
from adapters.rows.positions import PositionRow
from adapters.rows.quarantine import Asked, Queue, Release
from adapters.rows.set_aside import Kind, Waiting
from adapters.rows.shards import Taken, Wishes
from adapters.rows.timers import TimerRow
from contracts.wire import unpack

# A frozen owner must not hold its shard's row: the server itself ends what it left open. An owner looks rows up by
# their keys and nothing else: no plan that was made while a table was small may read it whole when it is large.
SESSION: Final = {
    "application_name": "hub-shard",
    "idle_in_transaction_session_timeout": "3000",
    "transaction_timeout": "20000",
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "jit": "off",
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
}
NOTE: Final = """INSERT INTO attention (shard, kind, order_id, detail)
  SELECT DISTINCT ON (k, o, CASE WHEN k = 'reference_taken' THEN d END) $1::int, k, o, d
  FROM unnest($2::text[], $3::text[], $4::text[]) AS row (k, o, d)
  WHERE k = 'reference_taken' OR NOT EXISTS (SELECT 1 FROM attention a
    WHERE a.shard = $1 AND a.kind = k AND a.order_id IS NOT DISTINCT FROM o AND NOT a.done)"""
"""What a person should look at: of one kind and order once, until somebody has dealt with it."""
COMMAND_SECONDS: Final = 15.0
_GONE: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""What a connection says that is broken; uvloop says it by a RuntimeError, too."""
DATA_CLASSES: Final = ("22", "23", "54")

_WAITING: Final = """s.id, s.kind, s.topic, s.partition, s."offset", s.key, s.headers, s.value, s.edited_headers,
  s.edited_value, s.appended_at, s.order_id, s.reference_kind, s.reference_value, s.deadline, s.code, s.asked,
  s.operation"""
_READY: Final = """s.shard = $1 AND s.kind = 'held' AND s.closed_batch IS NULL
  AND NOT EXISTS (SELECT 1 FROM pause p WHERE p.source = s.source)"""
"""Records of a source that was paused and no longer is."""
_ASKED: Final = "s.shard = $1 AND s.closed_batch IS NULL AND s.asked IS NOT NULL AND s.kind = 'dead_letter'"


class PostgresUnit:
    """The store of one shard, on a connection of its own; `shards` is how many its process believes there are."""

    def __init__(self, dsn: str, shard: int, *, ssl: object | None = None, shards: int | None = None) -> None:
        self._shards = shards
        self._dsn = dsn.replace("postgresql+asyncpg://", "postgresql://")
        self._ssl = ssl
        self.shard = shard
        self._connection: Any = None
        self._token = ""

    async def take(self) -> Taken:
        """Write a fresh token into the shard's row: from here on nobody else's batch can be stored.

        Raises ShardCountDiffers when the shards were split, by others than this process knows.
        """
        await self.close()
        arguments: dict[str, Any] = {} if self._ssl is None else {"ssl": self._ssl}
        self._connection = await asyncpg.connect(
            self._dsn, server_settings=SESSION, command_timeout=COMMAND_SECONDS, timeout=COMMAND_SECONDS, **arguments
        )
        self._token = secrets.token_hex(16)
        row = await self._connection.fetchrow(
            "UPDATE shard SET token = $2 WHERE k = $1 RETURNING batch, emitted, stopped", self.shard, self._token
        )
        if row is None:
            raise ShardAccident(self.shard, "it has no row in the database", "Check HUB_SHARDS and HUB_DATABASE__URL")
        # A statement of its own: the one before may have waited for the split, and still see what was before it.
        there = await self._connection.fetchval("SELECT shards FROM hub")
        if self._shards not in (None, there):
            raise ShardCountDiffers(there, self._shards)
        return Taken(row["batch"], row["emitted"], row["stopped"])

    async def opened(self) -> tuple[int, str | None]:
        """Return how many owners in a row stored nothing, this one included, and what the last one had in hand."""
        row = await self._connection.fetchrow(
            "UPDATE shard SET unfinished = unfinished + 1 WHERE k = $1 AND token = $2 RETURNING unfinished, trying",
            self.shard,
            self._token,
        )
        if row is None:
            raise LostShard(self.shard)
        return row["unfinished"], row["trying"]

    async def note_trying(self, what: str | None) -> None:
        """Write down what is in hand, for whoever owns the shard when this process has died of it."""
        await self._connection.execute(
            "UPDATE shard SET trying = $3 WHERE k = $1 AND token = $2",
            self.shard,
            self._token,
            None if what is None else storable(what),
        )

    async def ended_well(self) -> None:
        """Write down that this owner did not die."""
        await self._connection.execute(
            "UPDATE shard SET unfinished = 0, trying = NULL WHERE k = $1 AND token = $2", self.shard, self._token
        )

    async def positions(self) -> list[PositionRow]:
        """Return the positions of the shard's partitions; raises LostShard."""
        await self._mine()
        rows = await self._connection.fetch(
            "SELECT topic, partition, next_offset, last_offset, digest FROM position WHERE shard = $1", self.shard
        )
        return [PositionRow(*row) for row in rows]

    async def paused(self) -> set[tuple[str, int]]:
        """Return the partitions that are read no further until an operator resumes them."""
        rows = await self._connection.fetch(
            "SELECT topic, partition FROM position WHERE shard = $1 AND paused IS NOT NULL", self.shard
        )
        return {(row["topic"], row["partition"]) for row in rows}

    async def write_starts(self, starts: Sequence[PositionRow]) -> None:
        """Write down where partitions begin that were never read."""
        await self._connection.executemany(
            """INSERT INTO position (topic, partition, shard, next_offset) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING""",
            [(start.topic, start.partition, self.shard, start.next_offset) for start in starts],
        )

    async def gap(self, above: int) -> list[GapBatch]:
        """Return what was stored in batches above this one, batch by batch and in order."""
        rows = await self._connection.fetch(
            """SELECT batch, n, messages, order_id, true AS journalled FROM journal WHERE shard = $1 AND batch > $2
            UNION ALL
            SELECT batch, n, message, order_id, false FROM set_aside WHERE shard = $1 AND batch > $2 ORDER BY 1, 2""",
            self.shard,
            above,
        )
        batches = {number: list(group) for number, group in groupby(rows, key=lambda row: row["batch"])}
        return [
            GapBatch(
                number,
                [message for row in group for message in unpack(row["messages"])],
                list(dict.fromkeys(row["order_id"] for row in group if row["journalled"])),
            )
            for number, group in batches.items()
        ]

    async def orders(self, ids: Sequence[str]) -> dict[str, StoredOrder]:
        """Return the orders that exist."""
        return (await self.load(Wanted(ids, (), (), (), kept_back=False))).orders

    async def load(self, wanted: Wanted) -> Loaded:
        """Answer what a batch wants to know."""
        try:
            rows = await self._connection.fetch(asking.QUESTION, *asking.arguments(self.shard, wanted))
        except (asyncpg.PostgresError, ValueError, OverflowError) as error:
            _check_refused(error)
            raise
        return asking.loaded(rows)

    async def persist(self, batch: Batch, emitted: int) -> None:
        """Write a batch in one transaction.

        Raises LostShard when another process took the shard, StoreRefused when the data can't be stored, UnknownOutcome
        when the answer to COMMIT is missing; anything else happened before COMMIT and changed nothing.
        """
        transaction = self._connection.transaction()
        await transaction.start()
        try:
            await self._write(batch, emitted)
            await failpoints.hit("stored")
        except BaseException as error:
            await self._roll_back(transaction)
            _check_refused(error)
            raise
        try:
            await transaction.commit()
            await failpoints.hit("committed")
        except BaseException as error:
            raise UnknownOutcome("PostgreSQL", repr(error)) from error

    async def _roll_back(self, transaction: Any) -> None:
        try:
            await asyncio.wait_for(transaction.rollback(), 2)
        except (*_GONE, RuntimeError):
            self._connection.terminate()

    async def _write(self, batch: Batch, emitted: int) -> None:
        connection, shard = self._connection, self.shard
        written = await connection.fetch(
            storing.STATEMENT, *storing.arguments(batch, shard, self._token, emitted), timeout=COMMAND_SECONDS
        )
        if not written[0]["mine"]:
            raise LostShard(shard)
        if written[0]["orders"] != len(batch.orders):
            raise TwoWriters(shard)
        if batch.operations:
            await self._check_operations(batch.operations)
        if batch.journal:
            await connection.copy_records_to_table(
                "journal", records=journal_rows(batch, shard), columns=JOURNAL, timeout=COMMAND_SECONDS
            )
        if batch.set_aside:
            await connection.copy_records_to_table(
                "set_aside", records=aside_rows(batch, shard), columns=SET_ASIDE, timeout=COMMAND_SECONDS
            )
        if batch.closed:
            await connection.execute(
                """UPDATE set_aside SET closed_batch = $1, closed_as = row.word
                FROM unnest($2::bigint[], $3::text[]) AS row (i, word) WHERE id = row.i AND closed_batch IS NULL""",
                batch.number,
                list(batch.closed),
                list(batch.closed.values()),
            )
        if batch.tried:
            rows = [(row, code, storable(detail)) for row, (code, detail) in batch.tried.items()]
            await connection.execute(
                """UPDATE set_aside SET asked = NULL, tries = tries + 1, code = row.c, detail = row.d
                FROM unnest($1::bigint[], $2::text[], $3::text[]) AS row (i, c, d) WHERE id = row.i""",
                *columns(rows, 3),
            )
        taken = [("reference_taken", *told) for told in storing.taken(batch, written)]
        notes = [(kind, order_id, storable(detail)) for kind, order_id, detail in (*taken, *batch.notes)]
        if notes:
            await connection.execute(NOTE, shard, *columns(notes, 3))
        await self._write_quarantine(batch)

    async def _check_operations(self, decided: Mapping[int, int | None]) -> None:
        """Refuse the batch where an operator has changed one of its rows meanwhile; raises Overtaken."""
        rows = await self._connection.fetch(
            "SELECT id, operation FROM set_aside WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", list(decided)
        )
        if any(row["operation"] != decided[row["id"]] for row in rows):
            raise Overtaken(self.shard)

    async def _write_quarantine(self, batch: Batch) -> None:
        if batch.released:
            await self._connection.execute("DELETE FROM quarantine WHERE order_id = ANY($1::text[])", batch.released)
        if batch.quarantined:
            rows = [(q.order_id, storable(q.reason), q.made_by) for q in batch.quarantined]
            await self._connection.execute(
                """INSERT INTO quarantine (shard, order_id, reason, made_by)
                SELECT DISTINCT ON (o) $1::int, o, r, m FROM unnest($2::text[], $3::text[], $4::text[]) AS row (o, r, m)
                ON CONFLICT (order_id) DO UPDATE SET reason = excluded.reason, asked = false,
                  made_by = excluded.made_by""",
                self.shard,
                *columns(rows, 3),
            )
        if batch.queued:
            await self._connection.execute(
                """UPDATE quarantine SET queued = queued + row.n
                FROM unnest($1::text[], $2::int[]) AS row (o, n) WHERE order_id = row.o""",
                *columns(list(batch.queued.items()), 2),
            )
        for release in batch.releases:
            await self._release(release)

    async def _release(self, release: Release) -> None:
        """Note what a person wants of a quarantined order; its records go on with a later batch."""
        number = await self._connection.fetchval(
            """INSERT INTO operation (key, action, who, why, wish, touched, done_at)
            VALUES ($1, $2, $3, $4, jsonb_build_object('order', $5::text), 1, now())
            ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id""",
            *(storable(each) for each in (release.key, release.action, release.who, release.why, release.order_id)),
        )
        await self._connection.execute("UPDATE quarantine SET asked = true WHERE order_id = $1", release.order_id)
        await self._connection.execute(
            """UPDATE set_aside SET operation = $2, asked = $3 WHERE id = (SELECT min(id) FROM set_aside
            WHERE shard = $4 AND order_id = $1 AND kind = 'quarantined' AND closed_batch IS NULL)""",
            release.order_id,
            number,
            release.action,
            self.shard,
        )

    async def open_rows(self, kind: Kind, order_id: str | None = None, limit: int = 1000) -> list[Waiting]:
        """Return what waits, oldest first: for a reference, or behind a quarantined order."""
        rows = await self._connection.fetch(
            f"""SELECT {_WAITING} FROM set_aside s WHERE shard = $1 AND kind = $2 AND closed_batch IS NULL
              AND ($3::text IS NULL OR order_id = $3)
            ORDER BY id LIMIT $4""",  # noqa: S608 - constants
            self.shard,
            kind.value,
            order_id,
            limit,
        )
        return [waiting_row(row, kind) for row in rows]

    async def explained(self, until: datetime, limit: int = 1000) -> list[Waiting]:
        """Return what waits for a reference that is known by now, or that nobody explained in time; oldest first."""
        rows = await self._connection.fetch(
            f"""SELECT {_WAITING}
            FROM set_aside s WHERE shard = $1 AND kind = 'waiting' AND closed_batch IS NULL
              AND (deadline <= $2 OR EXISTS (SELECT 1 FROM order_references r
                WHERE r.kind = s.reference_kind AND r.value = s.reference_value))
            ORDER BY id LIMIT $3""",  # noqa: S608 - constants
            self.shard,
            until,
            limit,
        )
        return [waiting_row(row, Kind.WAITING) for row in rows]

    async def wishes(self) -> Wishes:
        """Return what operators want of this shard just now."""
        row = await self._connection.fetchrow(
            f"""SELECT clock_timestamp() AS now, (SELECT stopped FROM shard WHERE k = $1) AS stopped,
              EXISTS (SELECT 1 FROM quarantine WHERE shard = $1 AND asked)
              OR EXISTS (SELECT 1 FROM set_aside s WHERE {_ASKED})
              OR EXISTS (SELECT 1 FROM set_aside s WHERE {_READY}) AS work,
              ARRAY (SELECT topic || ' ' || partition FROM position
                WHERE shard = $1 AND paused IS NOT NULL) AS paused""",  # noqa: S608 - constants
            self.shard,
        )
        places = (place.rsplit(" ", 1) for place in row["paused"])
        paused = frozenset((topic, int(partition)) for topic, partition in places)
        return Wishes(row["stopped"], paused, row["work"], row["now"])

    async def asked(self, limit: int = 500) -> Asked:
        """Return what is to be tried again, oldest first; of a long queue as many rows as fit."""
        rows = await self._connection.fetch(
            f"""SELECT {_WAITING}, q.queued FROM quarantine q JOIN set_aside s
              ON s.shard = q.shard AND s.kind = 'quarantined' AND s.closed_batch IS NULL AND s.order_id = q.order_id
            WHERE q.shard = $1 AND q.asked ORDER BY s.order_id, s.id LIMIT $2""",  # noqa: S608 - constants
            self.shard,
            limit,
        )
        queues = [_queue(order_id, list(group)) for order_id, group in groupby(rows, key=lambda row: row["order_id"])]
        if len(rows) == limit:
            queues[-1] = replace(queues[-1], complete=False)
        empty = await self._connection.fetch(
            """SELECT order_id, queued FROM quarantine q WHERE shard = $1 AND asked AND NOT EXISTS (SELECT 1
              FROM set_aside s WHERE s.shard = q.shard AND s.kind = 'quarantined' AND s.closed_batch IS NULL
              AND s.order_id = q.order_id)""",
            self.shard,
        )
        queues.extend(Queue(row["order_id"], (), True, row["queued"]) for row in empty)
        others = await self._connection.fetch(
            f"""SELECT {_WAITING} FROM set_aside s WHERE {_ASKED} OR ({_READY}) ORDER BY s.id LIMIT $2""",  # noqa: S608
            self.shard,
            limit,
        )
        return Asked(queues, [waiting_row(row, Kind(row["kind"])) for row in others])

    async def retry_older(self, made_by: str) -> int:
        """Let orders go on that other code put into quarantine; return how many."""
        status = await self._connection.execute(
            """UPDATE quarantine SET asked = true, made_by = $2 WHERE shard = $1 AND made_by IS DISTINCT FROM $2
            AND EXISTS (SELECT 1 FROM shard WHERE k = $1 AND token = $3)""",
            self.shard,
            made_by,
            self._token,
        )
        return int(status.rsplit(" ", 1)[1])

    async def due(self, until: datetime, limit: int = 500) -> list[TimerRow]:
        """Return the shard's timers that are due by then."""
        rows = await self._connection.fetch(
            """SELECT order_id, timer_id, kind, due_at FROM timers WHERE shard = $1 AND due_at <= $2
            ORDER BY due_at, order_id, timer_id LIMIT $3""",
            self.shard,
            until,
            limit,
        )
        return [TimerRow(*row) for row in rows]

    async def parked_seqs(self, keys: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
        """Return the journal rows in which facts were parked, by (order id, source, event id)."""
        found = await self.load(Wanted((), keys, (), (), kept_back=False))
        return {key: seen.seq for key, seen in found.seen.items()}

    async def note_emitted(self, emitted: int) -> None:
        """Copy Kafka's mark when no batch comes that would carry it."""
        await self._connection.execute(
            "UPDATE shard SET emitted = $3 WHERE k = $1 AND token = $2", self.shard, self._token, emitted
        )

    async def accepted_ends(self) -> dict[tuple[str, int], int]:
        """Return how far each partition is read by append time: what an older copy of this database had not stored."""
        question = "SELECT ends FROM accepted WHERE shard = $1 AND kind = 'restore'"
        rows = await self._connection.fetch(question, self.shard)
        found: dict[tuple[str, int], int] = {}
        for row in rows:
            for name, end in from_json(row["ends"]).items():
                found[place_of(name)] = max(end, found.get(place_of(name), 0))
        return found

    async def note_stalled(self, stalled: Mapping[tuple[str, int], str]) -> None:
        """Let exactly these partitions be on the attention list as held up by an open transaction, with the reason."""
        places = [f"{topic}/{partition}" for topic, partition in stalled]
        async with self._connection.transaction():
            await self._connection.execute(
                """UPDATE attention SET done = true WHERE shard = $1 AND kind = 'transaction_open' AND NOT done
                AND NOT split_part(detail, ' ', 1) = ANY($2::text[])""",
                self.shard,
                places,
            )
            await self._connection.execute(
                """INSERT INTO attention (shard, kind, detail)
                SELECT $1, 'transaction_open', p || ' ' || why FROM unnest($2::text[], $3::text[]) AS row (p, why)
                WHERE NOT EXISTS (SELECT 1 FROM attention WHERE shard = $1 AND kind = 'transaction_open' AND NOT done
                  AND split_part(detail, ' ', 1) = p)""",
                self.shard,
                places,
                list(stalled.values()),
            )

    async def stop_shard(self, reason: str) -> None:
        """Write down why the shard stops; it stays stopped until somebody resumes it."""
        await self._connection.execute(
            "UPDATE shard SET stopped = $3 WHERE k = $1 AND token = $2", self.shard, self._token, storable(reason)
        )

    async def pause(self, topic: str, partition: int, reason: str) -> None:
        """Read this partition no further until an operator resumes it."""
        await self._connection.execute(
            "UPDATE position SET paused = $3 WHERE topic = $1 AND partition = $2", topic, partition, storable(reason)
        )

    async def _mine(self) -> None:
        if not await self._connection.fetchval(
            "SELECT 1 FROM shard WHERE k = $1 AND token = $2", self.shard, self._token
        ):
            raise LostShard(self.shard)

    async def close(self) -> None:
        """End the connection, politely if the server still listens."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            await asyncio.wait_for(connection.close(), 1)
        except (*_GONE, RuntimeError):
            connection.terminate()


def _check_refused(error: BaseException) -> None:
    """Raise StoreRefused where PostgreSQL, or the driver's own encoder, can't hold what it was given."""
    if isinstance(error, asyncpg.PostgresError) and str(error.sqlstate)[:2] in DATA_CLASSES:
        raise StoreRefused(str(error.sqlstate), str(error)) from error
    if isinstance(error, OverflowError | ValueError):
        raise StoreRefused("22000", repr(error)) from error


def _queue(order_id: str, rows: Sequence[Any]) -> Queue:
    return Queue(order_id, [waiting_row(row, Kind.QUARANTINED) for row in rows], True, rows[0]["queued"])
