"""Trials: what the hub would make of a failed record now; nothing is stored or published."""

from dataclasses import replace
from typing import Final

from adapters.postgres import trial_reads
from adapters.postgres.failed_reads import StoredRecord
from adapters.rows.set_aside import StoredAside
from consumers.shard.reading import Suspended
from contracts.wire import HEADER_TOKEN, Record
from hub import trying
from hub.desk.resources import Desk
from hub.trying import Would as Would
from hub.wiring import INBOUND_BY_TOPIC

MOST: Final = 100
"""Records of a queue that are decided, the asked one last."""


async def would(desk: Desk, record: StoredRecord) -> Would | None:
    """Return what a record would become if it were tried now, those of its queue that go before it first.

    None where it is done with, more than a hundred go before it, or the hub reads its topic no longer; and where
    processes died of it, as this one might.
    """
    if _is_deadly(record):
        return None
    queue = await trial_reads.up_to(desk.engine, record.id, MOST)
    if not queue or queue[-1].id != record.id or record.topic not in INBOUND_BY_TOPIC:
        return None
    queue[-1] = _as_edited(queue[-1], record)
    return await trying.would(desk.settings, desk.engine, queue, record.shard)


def _as_edited(row: StoredAside, record: StoredRecord) -> StoredAside:
    """Return a row as `record` has it, which may have edits that are not stored; its token is shown to nobody."""
    came = row.record
    shown = record.headers if record.edited_headers is None else record.edited_headers
    token = tuple(each for each in came.headers if each[0] == HEADER_TOKEN)
    headers = (*(each for each in shown if each[0] != HEADER_TOKEN), *token)
    value = record.value if record.edited_value is None else record.edited_value
    edited = Record(came.topic, came.partition, came.offset, came.key, headers, value, came.appended_at)
    return replace(row, record=edited)


def _is_deadly(record: StoredRecord) -> bool:
    why = Suspended.PROCESS_DIED
    return record.code == why.code or why.value in record.detail
