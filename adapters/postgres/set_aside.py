"""Records set aside: what waits, what failed, what was answered without a decision; written, closed and tried again."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from adapters.errors import Overtaken
from adapters.postgres.encoding import columns, storable
from adapters.postgres.session import Session
from adapters.postgres.statements import Input
from adapters.rows.batch import Batch
from adapters.rows.loading import LookedUp, Lookup
from adapters.rows.set_aside import AsideKind, SetAside, StoredAside
from contracts.wire import Record, pack, pack_headers, unpack, unpack_headers

_COLUMNS: Final = (
    "shard batch n kind code detail order_id source event_id digest reference_kind reference_value deadline "
    "topic partition offset key headers value appended_at message"
).split()
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_LATEST: Final = 253_402_300_799_000
"""The last second of the year 9999: a time beyond it is kept as this one, in the dead letter it stands as it was."""

WAITING: Final = """s.id, s.kind, s.topic, s.partition, s."offset", s.key, s.headers, s.value, s.edited_headers,
  s.edited_value, s.appended_at, s.order_id, s.reference_kind, s.reference_value, s.deadline, s.code, s.asked,
  s.operation"""
"""The columns of a row that is tried again, as `waiting_row` reads them."""
READY: Final = """s.shard = $1 AND s.kind = 'held' AND s.closed_batch IS NULL
  AND NOT EXISTS (SELECT 1 FROM pause p WHERE p.source = s.source)"""
"""Records of a source that was paused and no longer is."""
ASKED: Final = "s.shard = $1 AND s.closed_batch IS NULL AND s.asked IS NOT NULL AND s.kind = 'dead_letter'"

WANTED: Final[Input[Lookup]] = Input("answers", "text text text", lambda wanted: columns(wanted.answers, 3))
ANSWERED: Final = """
SELECT 'answer', a.order_id, a.source, a.event_id, NULL, NULL, NULL, NULL, NULL, a.message
FROM {answers} AS w (o, s, e) CROSS JOIN LATERAL (
  SELECT * FROM set_aside WHERE kind = 'answer' AND order_id = w.o AND source = w.s AND event_id = w.e
  ORDER BY id LIMIT 1) AS a"""
REFERRING: Final = """
SELECT 'waiting', reference_kind, reference_value, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM set_aside WHERE cardinality($3::text[]) > 0 AND shard = $1 AND kind = 'waiting' AND closed_batch IS NULL
GROUP BY reference_kind, reference_value"""
"""Asked where the batch has references: $3 is their first column."""
HELD: Final = """
SELECT CASE WHEN who = 'the hub' THEN 'doubted' ELSE 'held' END, source, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM pause WHERE $2
UNION ALL SELECT 'held', s.source, CASE WHEN p.source IS NOT NULL THEN s.order_id END,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM set_aside s LEFT JOIN pause p ON p.source = s.source AND p.who = 'the hub'
WHERE $2 AND s.shard = $1 AND s.kind = 'held' AND s.closed_batch IS NULL GROUP BY 2, 3"""
"""Sources that are kept back as a whole, those that the hub doubts, and what it keeps back of these."""


def read_answers(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note the first answers to commands."""
    for _, order_id, source, event_id, _, _, _, _, _, message in rows:
        loaded.answers[(order_id, source, event_id)] = tuple(unpack(message))


def read_referring(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note the references that records wait for."""
    loaded.waiting_references.update((kind, value) for _, kind, value, *_ in rows)


def read_held(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note the sources whose records are held, or of which subjects they are."""
    for _, source, subject, *_ in rows:
        if subject is None:
            loaded.held_sources.add(source)
        else:
            loaded.held.add((source, subject))


def read_doubted(loaded: LookedUp, rows: Iterable[Any]) -> None:
    """Note the sources that the hub paused by itself."""
    loaded.doubted.update(source for _, source, *_ in rows)


def aside_rows(batch: Batch, shard: int) -> list[tuple[Any, ...]]:
    """Return what a batch sets aside as COPY takes it."""
    return [_aside_row(row, batch.number, shard) for row in batch.set_aside]


def _aside_row(row: SetAside, batch: int, shard: int) -> tuple[Any, ...]:
    record = row.record
    where: tuple[Any, ...] = (None,) * 7
    if record is not None:
        appended = _EPOCH + timedelta(milliseconds=max(0, min(record.appended_at, _LATEST)))
        packed = pack_headers(record.headers)
        where = (record.topic, record.partition, record.offset, record.key, packed, record.value, appended)
    reference = row.reference or (None, None)
    message = None if row.message is None else pack([row.message])
    told = (row.n, row.kind.value, row.code, storable(row.detail))
    event = (row.subject, row.source, row.event_id, row.digest)
    return (shard, batch, *told, *event, *reference, row.deadline, *where, message)


def waiting_row(row: Any, kind: AsideKind) -> StoredAside:
    """Return an open row of set_aside, as an operator left it."""
    appended = round(row["appended_at"].timestamp() * 1000)
    headers = row["headers"] if row["edited_headers"] is None else row["edited_headers"]
    value = row["value"] if row["edited_value"] is None else row["edited_value"]
    record = Record(row["topic"], row["partition"], row["offset"], row["key"], unpack_headers(headers), value, appended)
    reference = None if row["reference_kind"] is None else (row["reference_kind"], row["reference_value"])
    return StoredAside(
        row["id"],
        kind,
        record,
        row["order_id"],
        reference,
        row["deadline"],
        row["code"],
        row["asked"],
        row["operation"],
    )


class SetAsideRecords:
    """What a shard set aside."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def check(self, batch: Batch) -> None:
        """Refuse a batch where an operator has changed one of its rows meanwhile; raises Overtaken."""
        decided = batch.operations
        if not decided:
            return
        rows = await self._session.connection.fetch(
            "SELECT id, operation FROM set_aside WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE", list(decided)
        )
        if any(row["operation"] != decided[row["id"]] for row in rows):
            raise Overtaken(self._session.shard)

    async def write(self, batch: Batch) -> None:
        """Append what a batch sets aside, close what it is done with, and note what it tried in vain."""
        if batch.set_aside:
            await self._session.copy("set_aside", _COLUMNS, aside_rows(batch, self._session.shard))
        if batch.closed:
            await self._session.connection.execute(
                """UPDATE set_aside SET closed_batch = $1, closed_as = row.word
                FROM unnest($2::bigint[], $3::text[]) AS row (i, word) WHERE id = row.i AND closed_batch IS NULL""",
                batch.number,
                list(batch.closed),
                list(batch.closed.values()),
            )
        if batch.tried:
            rows = [(row, code, storable(detail)) for row, (code, detail) in batch.tried.items()]
            await self._session.connection.execute(
                """UPDATE set_aside SET asked = NULL, tries = tries + 1, code = row.c, detail = row.d
                FROM unnest($1::bigint[], $2::text[], $3::text[]) AS row (i, c, d) WHERE id = row.i""",
                *columns(rows, 3),
            )

    async def open_rows(self, kind: AsideKind, subject: str | None = None, limit: int = 1000) -> list[StoredAside]:
        """Return what waits, oldest first: for a reference, or behind a quarantined order."""
        rows = await self._session.connection.fetch(
            f"""SELECT {WAITING} FROM set_aside s WHERE shard = $1 AND kind = $2 AND closed_batch IS NULL
              AND ($3::text IS NULL OR order_id = $3)
            ORDER BY id LIMIT $4""",  # noqa: S608 - constants
            self._session.shard,
            kind.value,
            subject,
            limit,
        )
        return [waiting_row(row, kind) for row in rows]

    async def explained(self, until: datetime, limit: int = 1000) -> list[StoredAside]:
        """Return what waits for a reference that is known by now, or that nobody explained in time; oldest first."""
        rows = await self._session.connection.fetch(
            f"""SELECT {WAITING}
            FROM set_aside s WHERE shard = $1 AND kind = 'waiting' AND closed_batch IS NULL
              AND (deadline <= $2 OR EXISTS (SELECT 1 FROM order_references r
                WHERE r.kind = s.reference_kind AND r.party NOT LIKE 'past %'
                  AND r.value = split_part(s.reference_value, ' ', 1 + (s.reference_kind = 'number')::int)
                  AND (s.reference_kind <> 'number' OR r.party = split_part(s.reference_value, ' ', 1))))
            ORDER BY id LIMIT $3""",  # noqa: S608 - constants
            self._session.shard,
            until,
            limit,
        )
        return [waiting_row(row, AsideKind.WAITING) for row in rows]

    async def asked(self, limit: int = 500) -> list[StoredAside]:
        """Return dead letters that are to be tried again, and held records of sources that go on; oldest first."""
        rows = await self._session.connection.fetch(
            f"""SELECT {WAITING} FROM set_aside s WHERE {ASKED} OR ({READY}) ORDER BY s.id LIMIT $2""",  # noqa: S608
            self._session.shard,
            limit,
        )
        return [waiting_row(row, AsideKind(row["kind"])) for row in rows]
