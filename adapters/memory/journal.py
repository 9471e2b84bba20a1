"""The journal: every decision with what it publishes; what is not published yet is found here."""

from collections.abc import Iterable, Sequence

from adapters.errors import StoreRefused
from adapters.memory.session import Session
from adapters.memory.tables import Journalled, Key
from adapters.rows.batch import Batch
from adapters.rows.journal import GapBatch, JournalRow, Seen
from contracts.wire import Outgoing, unpack


class Journal:
    """The journal of a shard."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def check(self, batch: Batch) -> None:
        """Refuse a second row of the same number, or of the same event; raises StoreRefused."""
        numbers = {(entry.row.subject, entry.row.seq) for entry in self._session.store.journal}
        received = set(self._session.store.received)
        for row in batch.journal:
            if (row.subject, row.seq) in numbers:
                raise StoreRefused("23505", f"the journal has row {row.seq} of order {row.subject} already")
            numbers.add((row.subject, row.seq))
            if row.refers_to is None:
                if _key(row) in received:
                    raise StoreRefused("23505", f"the journal has event {row.event_id} of {row.source} already")
                received.add(_key(row))

    def write(self, batch: Batch) -> None:
        """Append a batch's decisions."""
        store, rows = self._session.store, batch.journal
        store.journal += [Journalled(self._session.shard, batch.number, row) for row in rows]
        store.received |= {_key(row): Seen(row.seq, row.digest, row.messages) for row in rows if row.refers_to is None}

    def seen(self, events: Iterable[Key]) -> dict[Key, Seen]:
        """Return the events that the journal has."""
        received = self._session.store.received
        return {key: received[key] for key in events if key in received}

    async def gap(self, above: int) -> list[GapBatch]:
        """Return what was stored in batches above this one, batch by batch and in order."""
        store, shard = self._session.store, self._session.shard
        rows: dict[int, list[tuple[int, Sequence[Outgoing], str | None]]] = {}
        for entry in store.journal:
            if entry.shard == shard and entry.batch > above:
                told = (entry.row.n, unpack(entry.row.messages), entry.row.subject)
                rows.setdefault(entry.batch, []).append(told)
        for aside in store.set_aside:
            if aside.shard == shard and aside.batch > above:
                messages = [] if aside.row.message is None else [aside.row.message]
                rows.setdefault(aside.batch, []).append((aside.row.n, messages, None))
        return [_gap_batch(number, sorted(rows[number], key=lambda row: row[0])) for number in sorted(rows)]


def _key(row: JournalRow) -> Key:
    """Return by what the journal knows a received row."""
    return row.subject, row.source, row.event_id


def _gap_batch(number: int, rows: Sequence[tuple[int, Sequence[Outgoing], str | None]]) -> GapBatch:
    messages = [message for _, found, _ in rows for message in found]
    return GapBatch(number, messages, list(dict.fromkeys(subject for _, _, subject in rows if subject is not None)))
