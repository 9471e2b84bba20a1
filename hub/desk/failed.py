"""Failed records: looked at by cause or one by one, tried again, edited, skipped, archived."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from adapters.postgres import edits, failed_causes, failed_reads, operations
from adapters.postgres.failed_causes import Cause as Cause
from adapters.postgres.failed_causes import FailedGroup as FailedGroup
from adapters.postgres.failed_reads import Editable
from adapters.postgres.failed_reads import FailedRecord as FailedRecord
from adapters.postgres.failed_reads import Selection as Selection
from adapters.postgres.failed_reads import StoredRecord as StoredRecord
from contracts.wire import HEADER_TOKEN, RawHeaders
from hub.desk import contracts, cursors, trials
from hub.desk.editing import Changes, check_author, edited_headers, edited_value
from hub.desk.errors import NothingWaits, RecordIsClosed, RecordIsNotChosen, RecordIsUnknown
from hub.desk.operations import Act, Progress, progress
from hub.desk.paging import Paging
from hub.desk.resources import Desk
from hub.desk.stores import Stores
from hub.desk.trials import Would as Would

QUARANTINED: Final = "quarantined"
NAMED: Final = 1000
"""Records that are chosen one by one."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an act would touch."""

    groups: Sequence[FailedGroup]


@dataclass(frozen=True, slots=True)
class FailedPage:
    """Failed records, the oldest first, and where the next page begins if there is one."""

    items: Sequence[FailedRecord]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class EditPreview:
    """What an edited record would be, as far as it would change."""

    value: str | None
    headers: RawHeaders | None


async def groups(desk: Desk, selection: Selection) -> Sequence[FailedGroup]:
    """Return the failed records grouped by cause: kind, code, topic; counts, first and last time, an example."""
    return await failed_causes.groups(desk.engine, selection)


async def causes(desk: Desk, selection: Selection) -> Sequence[Cause]:
    """Return the same, with who wrote them, and how many failed in each of the last 24 hours."""
    return await failed_causes.causes(desk.engine, selection)


async def records(desk: Desk, selection: Selection, limit: int) -> Sequence[FailedRecord]:
    """Return the failed records one by one, the oldest first."""
    return await failed_reads.records(desk.engine, selection, limit)


async def page(desk: Desk, selection: Selection, paging: Paging) -> FailedPage:
    """Return a page of the failed records, the oldest first; raises CursorIsInvalid or CursorMismatches."""
    of = cursors.fingerprint("failed records", selection.described())
    after = -1 if paging.cursor is None else cast("int", cursors.read(paging.key, of, paging.cursor)[0])
    found = await failed_reads.records(desk.engine, selection, paging.limit + 1, after)
    here = found[: paging.limit]
    return FailedPage(here, None if len(found) == len(here) else cursors.written(paging.key, of, [here[-1].id]))


async def chosen(desk: Desk, selection: Selection) -> tuple[Sequence[FailedGroup], Selection]:
    """Return what a selection means now, by cause, and the selection of just that.

    Up to 1,000 records by their numbers; more by the batches that are stored, and then no more of them than now.
    """
    marks = await failed_reads.marks(desk.engine)
    ids = await failed_reads.ids(desk.engine, selection, NAMED + 1)
    just = replace(selection, ids=ids) if 0 < len(ids) <= NAMED else replace(selection, marks=marks)
    found = await groups(desk, just)
    return found, just if just.marks is None else replace(just, most=sum(each.count for each in found))


async def record(desk: Desk, number: int, stores: Stores = None) -> StoredRecord:
    """Return everything about one record but a command's signed token, which may still be valid.

    Raises RecordIsUnknown, also where its order is of no store of `stores` (None: all).
    """
    found = await _stored(desk, number, stores)
    edited = found.edited_headers
    return replace(
        found,
        headers=_without_token(found.headers),
        edited_headers=None if edited is None else _without_token(edited),
    )


async def would(desk: Desk, found: StoredRecord) -> Would | None:
    """Return what a record would become if it were tried now; None where nobody can say."""
    return await trials.would(desk, found)


async def violations(found: StoredRecord) -> Sequence[tuple[str, str]]:
    """Return what of a record, as it would be tried, breaks its contract: JSON Pointers, and what is wrong there."""
    headers = found.headers if found.edited_headers is None else found.edited_headers
    value = found.value if found.edited_value is None else found.edited_value
    if found.topic is None:
        return ()
    return await asyncio.to_thread(contracts.violations, found.topic, found.key, headers, value)


async def _stored(desk: Desk, number: int, stores: Stores = None) -> StoredRecord:
    found = await failed_reads.record(desk.engine, number, stores)
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


async def edit(desk: Desk, act: Act, number: int, changes: Changes, stores: Stores = None) -> Progress | EditPreview:
    """Change a failed record and have it tried again.

    Raises RecordIsUnknown, RecordIsClosed, CommandIsItsAuthors, RecordIsNotJson or FieldIsMissing, and then nothing is
    changed.
    """
    found = await _stored(desk, number, stores)
    if found.closed_batch is not None:
        raise RecordIsClosed(number, found.closed_as)
    before = found.editable
    check_author(before, changes)
    value, headers = await asyncio.to_thread(edited_value, before, changes), edited_headers(before, changes)
    if act.dry_run:
        return EditPreview(None if value is None else value.decode(errors="replace"), headers)
    wanted = act.operation("edit")
    return await progress(desk, await edits.edit(desk.engine, wanted, number, headers, value, changes.digest()))


async def edit_like(desk: Desk, act: Act, number: int, like: Selection, changes: Changes) -> Progress:
    """Make the same change to fields of every record of a preview, which names this one; all of them, or none.

    Raises RecordIsNotChosen, CommandIsItsAuthors, RecordIsNotJson, FieldIsMissing or ChoiceHasGrown, and then nothing
    is changed.
    """
    if number not in like.ids:
        raise RecordIsNotChosen(number, NAMED)

    def edited(found: Editable) -> bytes | None:
        check_author(found, changes)
        return edited_value(found, changes)

    done = await edits.edit_like(desk.engine, act.operation("edit"), like, changes.digest(), edited)
    return await progress(desk, done)
