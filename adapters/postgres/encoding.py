"""Between the pipeline's rows and what the driver's COPY and arrays take."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final

from adapters.rows.batch import Batch
from adapters.rows.set_aside import Kind, SetAside, Waiting
from contracts.wire import Record, pack, pack_headers, unpack_headers

_DECIDED: Final = (
    "order_id seq version n outcome source event_id digest type topic partition offset refers_to actor "
    "occurred_at appended_at data known status_before status_after messages rules transitions document_before"
).split()
JOURNAL: Final = [*_DECIDED, "shard", "batch"]
_decided: Final = attrgetter(*_DECIDED)
SET_ASIDE: Final = (
    "shard batch n kind code detail order_id source event_id digest reference_kind reference_value deadline "
    "topic partition offset key headers value appended_at message"
).split()


_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_LATEST: Final = 253_402_300_799_000
"""The last second of the year 9999: a time beyond it is kept as this one, in the dead letter it stands as it was."""


def storable(told: str) -> str:
    """Return a text for people without what PostgreSQL can't hold."""
    return told.replace("\x00", "␀").encode(errors="replace").decode()


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Return rows as columns, `width` empty ones where there are no rows."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def journal_rows(batch: Batch, shard: int) -> list[tuple[Any, ...]]:
    """Return a batch's journal as COPY takes it."""
    return [(*_decided(row), shard, batch.number) for row in batch.journal]


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
    return (
        shard,
        batch,
        row.n,
        row.kind.value,
        row.code,
        storable(row.detail),
        row.order_id,
        row.source,
        row.event_id,
        row.digest,
        *reference,
        row.deadline,
        *where,
        None if row.message is None else pack([row.message]),
    )


def waiting_row(row: Any, kind: Kind) -> Waiting:
    """Return an open row of set_aside, as an operator left it."""
    appended = round(row["appended_at"].timestamp() * 1000)
    headers = row["headers"] if row["edited_headers"] is None else row["edited_headers"]
    value = row["value"] if row["edited_value"] is None else row["edited_value"]
    record = Record(row["topic"], row["partition"], row["offset"], row["key"], unpack_headers(headers), value, appended)
    reference = None if row["reference_kind"] is None else (row["reference_kind"], row["reference_value"])
    return Waiting(
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
