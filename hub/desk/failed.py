"""Failed records: looked at by cause or one by one, tried again, edited, skipped, archived."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.postgres import failed_reads, operations
from adapters.postgres.failed_reads import FailedGroup as FailedGroup
from adapters.postgres.failed_reads import FailedRecord as FailedRecord
from adapters.postgres.failed_reads import Selection as Selection
from adapters.postgres.failed_reads import StoredRecord as StoredRecord
from contracts.wire import HEADER_TOKEN, RawHeaders
from hub.desk.editing import Changes, check_author, edited_headers, edited_value
from hub.desk.errors import NothingWaits, RecordIsClosed, RecordIsUnknown
from hub.desk.operations import Act, Progress, progress
from hub.desk.resources import Desk

QUARANTINED: Final = "quarantined"
NAMED: Final = 1000
"""Records that are chosen one by one."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would touch."""

    groups: Sequence[FailedGroup]


@dataclass(frozen=True, slots=True)
class EditPreview:
    """What an edited record would be, as far as it would change."""

    value: str | None
    headers: RawHeaders | None


async def groups(desk: Desk, selection: Selection) -> Sequence[FailedGroup]:
    """Return the failed records grouped by cause: kind, code, topic; counts, first and last time, an example."""
    return await failed_reads.groups(desk.engine, selection)


async def records(desk: Desk, selection: Selection, limit: int) -> Sequence[FailedRecord]:
    """Return the failed records one by one, the oldest first."""
    return await failed_reads.records(desk.engine, selection, limit)


async def chosen(desk: Desk, selection: Selection) -> tuple[Sequence[FailedGroup], Selection]:
    """Return what a selection means now, by cause, and the selection of just that.

    Up to 1,000 records by their numbers; more by the batches that are stored, and then no more of them than now.
    """
    marks = await failed_reads.marks(desk.engine)
    ids = await failed_reads.ids(desk.engine, selection, NAMED + 1)
    just = replace(selection, ids=ids) if 0 < len(ids) <= NAMED else replace(selection, marks=marks)
    found = await groups(desk, just)
    return found, just if just.marks is None else replace(just, most=sum(each.count for each in found))


async def record(desk: Desk, number: int) -> StoredRecord:
    """Return everything about one record but a command's signed token, which may still be valid.

    Raises RecordIsUnknown.
    """
    found = await _stored(desk, number)
    edited = found.edited_headers
    return replace(
        found,
        headers=_without_token(found.headers),
        edited_headers=None if edited is None else _without_token(edited),
    )


async def _stored(desk: Desk, number: int) -> StoredRecord:
    found = await failed_reads.record(desk.engine, number)
    if found is None:
        raise RecordIsUnknown(number)
    return found


def _without_token(headers: RawHeaders) -> RawHeaders:
    return tuple((name, b"not shown" if name == HEADER_TOKEN else content) for name, content in headers)


async def retry(desk: Desk, act: Act, selection: Selection, *, accept_gap: bool = False) -> Progress | Preview:
    """Have failed records tried again; `accept_gap` lets a queue go on although records of it are gone."""
    operation = act.operation("retry")
    return await _acted(
        desk, act, selection, lambda: operations.retry(desk.engine, operation, selection, accept_gap=accept_gap)
    )


async def skip(desk: Desk, act: Act, selection: Selection) -> Progress | Preview:
    """Give up quarantined records, whose orders then go on."""
    operation = act.operation("skip")
    return await _acted(desk, act, selection, lambda: operations.skip(desk.engine, operation, selection))


async def archive(desk: Desk, act: Act, selection: Selection, *, back: bool = False) -> Progress | Preview:
    """Take dead letters out of the lists, or bring them back."""
    operation = act.operation("restore" if back else "archive")
    return await _acted(desk, act, selection, lambda: operations.archive(desk.engine, operation, selection, back=back))


async def _acted(desk: Desk, act: Act, selection: Selection, work: Callable[[], Awaitable[int]]) -> Progress | Preview:
    """Do it and return what became of it so far, or what it would touch."""
    if act.dry_run:
        return Preview(await groups(desk, selection))
    return await progress(desk, await work())


async def first_in_quarantine(desk: Desk, order: str) -> int:
    """Return the first record that waits in quarantine behind an order (id or number); raises NothingWaits."""
    waiting = await records(desk, Selection(order=order, kind=QUARANTINED), 1)
    if not waiting:
        raise NothingWaits(order)
    return waiting[0].id


async def edit(desk: Desk, act: Act, number: int, changes: Changes) -> Progress | EditPreview:
    """Change a failed record and have it tried again.

    Raises RecordIsUnknown, RecordIsClosed, CommandIsItsAuthors, RecordIsNotJson or FieldIsMissing, and then nothing is
    changed.
    """
    found = await _stored(desk, number)
    if found.closed_batch is not None:
        raise RecordIsClosed(number, found.closed_as)
    check_author(found, changes)
    value, headers = edited_value(found, changes), edited_headers(found, changes)
    if act.dry_run:
        return EditPreview(None if value is None else value.decode(errors="replace"), headers)
    wanted = act.operation("edit")
    return await progress(desk, await operations.edit(desk.engine, wanted, number, headers, value, changes.digest()))
