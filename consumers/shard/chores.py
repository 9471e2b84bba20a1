"""Chores: what a shard does without new records: timers that are due, and set-aside records that may go on."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from adapters.rows.quarantine import Queue
from adapters.rows.set_aside import AsideKind, StoredAside
from adapters.rows.timers import TimerRow
from consumers.shard.assembly import Assembly
from consumers.shard.reading import Read, Reader, Suspended

Chore = Queue | TimerRow | StoredAside
"""The queue of a quarantined order that is released, a deadline, or a record that waited."""


def again(chores: Sequence[Chore], reader: Reader) -> Iterator[Read]:
    """Yield the records of some chores, for loading what deciding on them needs."""
    for chore in chores:
        if isinstance(chore, Queue):
            for row in chore.rows:
                read = reader.again(row)
                read.subject = chore.subject
                yield read
        elif isinstance(chore, StoredAside):
            yield reader.again(chore)


def perform(chore: Chore, assembly: Assembly, now: datetime, *, refused: Suspended | None = None) -> None:
    """Do one chore; `refused` says why it may not be done, and stays where it is."""
    if isinstance(chore, TimerRow):
        assembly.fire(chore)
    elif isinstance(chore, Queue):
        _hold_to(assembly, chore.rows)
        if refused:
            assembly.keep(chore, refused.value)
        else:
            assembly.drain(chore)
    else:
        _let_go(chore, assembly, now, refused=refused)


def _let_go(row: StoredAside, assembly: Assembly, now: datetime, *, refused: Suspended | None) -> None:
    _hold_to(assembly, (row,))
    read = assembly.reader.again(row)
    unknown = read.subject is None and read.reference not in assembly.loaded.references
    if refused:
        assembly.suspend(read, refused)
    elif row.kind is AsideKind.WAITING and unknown and row.deadline is not None and row.deadline <= now:
        assembly.expire(read)
    else:
        assembly.add(read)


def _hold_to(assembly: Assembly, rows: Sequence[StoredAside]) -> None:
    """Have the batch stored only while no operator has changed these rows since they were read."""
    assembly.batch.operations.update({row.id: row.operation for row in rows})
