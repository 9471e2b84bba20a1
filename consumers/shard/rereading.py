"""Rereading: what an older copy of the database has not stored is decided again, before the shard reads on."""

from collections.abc import Mapping, Sequence

from adapters.errors import StoreRefused
from adapters.kafka.reader import MAX_RECORDS
from adapters.kafka.spans import read_merged
from adapters.rows.positions import Place
from consumers.shard.cursor import Cursor
from consumers.shard.halving import halve
from consumers.shard.parts import Parts
from consumers.shard.processing import Processor
from contracts.wire import Record


async def reread(again: Mapping[Place, int], parts: Parts, cursor: Cursor, processor: Processor) -> None:
    """Decide on the records of some partitions, from their positions up to the offsets in `again`.

    They come by append time: what the hub wrote comes after its cause.
    """
    ends = await parts.log.ends(list(again))
    spans = {place: (cursor.positions[place], min(end, ends[place])) for place, end in again.items()}
    records: list[Record] = []
    async for record in read_merged(parts.kafka, spans):
        records.append(record)
        if len(records) == MAX_RECORDS:
            await _decide(records, parts, processor)
            records = []
    if records:
        await _decide(records, parts, processor)


async def _decide(records: Sequence[Record], parts: Parts, processor: Processor) -> None:
    try:
        await processor.records(records, {})
    except StoreRefused:
        await halve(records, processor, parts.reader)
