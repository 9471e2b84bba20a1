"""Halving: a batch that the store refuses is stored in ever smaller parts, until the refused record is alone."""

from collections.abc import Sequence

from adapters.errors import StoreRefused
from consumers.shard.processing import Processor
from consumers.shard.reading import Reader, Suspended
from contracts.wire import Record


async def halve(records: Sequence[Record], processor: Processor, reader: Reader) -> None:
    """Store the records but for those that are refused; raises whatever else goes wrong."""
    if len(records) == 1:
        await _suspect(records[0], processor, reader)
        return
    middle = len(records) // 2
    for part in (records[:middle], records[middle:]):
        try:
            await processor.records(part, {})
        except StoreRefused:
            await halve(part, processor, reader)


async def _suspect(record: Record, processor: Processor, reader: Reader) -> None:
    """Keep a record, or its order, back that the store refuses; by its bytes alone where even that is refused."""
    read = reader.read(record)
    try:
        await processor.reads([read], {}, [read])
    except StoreRefused as refused:
        what = Suspended.NOT_STORABLE
        alone = reader.refused(record, what, f"{what.value}: {refused}")
        await processor.reads([alone], {})
