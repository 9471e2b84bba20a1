"""Records set aside: what waits, what failed, what was answered without a decision; written, closed and tried again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from adapters.memory.session import Session
from adapters.memory.tables import Aside, Key
from adapters.rows.batch import Batch
from adapters.rows.set_aside import AsideKind, SetAside, StoredAside
from contracts.wire import Outgoing


class SetAsideRecords:
    """What a shard set aside."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, batch: Batch) -> None:
        """Append what a batch sets aside, close what it is done with, and note what it tried in vain."""
        there = self._session.store.set_aside
        for row in batch.set_aside:
            told = replace(row, detail=row.detail.replace("\x00", "␀"))
            there.append(Aside(len(there) + 1, self._session.shard, batch.number, told))
        for aside in there:
            if aside.is_open and aside.id in batch.closed:
                aside.closed_batch, aside.closed_as = batch.number, batch.closed[aside.id]
            if aside.id in batch.tried:
                code, detail = batch.tried[aside.id]
                aside.row = replace(aside.row, code=code, detail=detail)
                aside.asked, aside.tries = None, aside.tries + 1

    def answers(self, wanted: set[Key]) -> dict[Key, tuple[Outgoing, ...]]:
        """Return the first answer to each command."""
        answers: dict[Key, tuple[Outgoing, ...]] = {}
        for aside in self._session.store.set_aside:
            row = aside.row
            key = (row.subject or "", row.source or "", row.event_id or "")
            if row.kind is AsideKind.ANSWER and key in wanted:
                answers.setdefault(key, () if row.message is None else (row.message,))
        return answers

    def waiting_references(self) -> set[tuple[str, str]]:
        """Return the references that records wait for."""
        waiting = (aside.row.reference for aside in open_asides(self._session, AsideKind.WAITING))
        return {reference for reference in waiting if reference is not None}

    def held(self) -> set[tuple[str, str]]:
        """Return the sources and subjects of which records are kept back."""
        held = (aside.row for aside in open_asides(self._session, AsideKind.HELD))
        return {(row.source, row.subject or "") for row in held if row.source}

    async def open_rows(self, kind: AsideKind, subject: str | None = None, limit: int = 1000) -> list[StoredAside]:
        """Return what waits, oldest first: for a reference, or behind a quarantined order."""
        return [waiting_row(aside) for aside in open_asides(self._session, kind, subject)][:limit]

    async def explained(self, until: datetime, limit: int = 1000) -> list[StoredAside]:
        """Return what waits for a reference that is known by now, or that nobody explained in time; oldest first."""
        waiting = open_asides(self._session, AsideKind.WAITING)
        return [waiting_row(aside) for aside in waiting if self._is_explained(aside.row, until)][:limit]

    def _is_explained(self, row: SetAside, until: datetime) -> bool:
        late = row.deadline is not None and row.deadline <= until
        return late or (row.reference is not None and self._session.store.holder(*row.reference) is not None)

    async def asked(self, limit: int = 500) -> list[StoredAside]:
        """Return nothing: no operator asks for records of a store in memory."""
        return []


def open_asides(session: Session, kind: AsideKind, subject: str | None = None) -> Iterator[Aside]:
    """Yield what still waits, oldest first."""
    for aside in session.store.set_aside:
        mine = aside.shard == session.shard and aside.is_open
        if mine and aside.row.kind is kind and subject in (None, aside.row.subject):
            yield aside


def waiting_row(aside: Aside) -> StoredAside:
    """Return an open row of set_aside."""
    row = aside.row
    assert row.record is not None, "only records wait"
    return StoredAside(aside.id, row.kind, row.record, row.subject, row.reference, row.deadline, row.code, aside.asked)
