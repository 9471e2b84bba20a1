"""Quarantine: orders whose rules failed; their later records wait until somebody, or other code, lets them go on."""

from adapters.memory.session import Session
from adapters.memory.set_aside import open_asides, waiting_row
from adapters.memory.tables import Quarantined
from adapters.rows.batch import Batch
from adapters.rows.quarantine import Queue, Release
from adapters.rows.set_aside import AsideKind


class Quarantine:
    """The quarantined orders of a shard."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def mine(self) -> dict[str, Quarantined]:
        """Return the shard's orders in quarantine."""
        quarantine, shard = self._session.store.quarantine, self._session.shard
        return {subject: row for subject, row in quarantine.items() if row.shard == shard}

    def write(self, batch: Batch) -> None:
        """Release orders and put others in, count what waits behind them, and note what people want of them."""
        quarantine = self._session.store.quarantine
        for subject in batch.released:
            quarantine.pop(subject, None)
        for row in batch.quarantined:
            queued = quarantine[row.subject].queued if row.subject in quarantine else 0
            quarantine[row.subject] = Quarantined(self._session.shard, row.reason, row.made_by, queued)
        for subject, count in batch.queued.items():
            if subject in quarantine:
                quarantine[subject].queued += count
        for release in batch.releases:
            self._release(release)
        for source, why in batch.paused.items():
            self._session.store.paused_sources.setdefault(source, why)

    def _release(self, release: Release) -> None:
        """Note what a person wants of a quarantined order; its records go on with a later batch."""
        store = self._session.store
        store.operations.setdefault(release.key, release)
        if release.subject in store.quarantine:
            store.quarantine[release.subject].asked = True
        for aside in list(open_asides(self._session, AsideKind.QUARANTINED, release.subject))[:1]:
            aside.asked = release.action

    async def asked(self, limit: int = 500) -> list[Queue]:
        """Return the queues that are to go on, oldest rows first; of a long queue as many rows as fit."""
        asked = {subject: row.queued for subject, row in self.mine().items() if row.asked}
        queues, room = [], limit
        for subject in sorted(asked):
            rows = [waiting_row(aside) for aside in open_asides(self._session, AsideKind.QUARANTINED, subject)]
            queues.append(Queue(subject, rows[:room], len(rows) < room, asked[subject]))
            room -= len(rows)
            if room <= 0:
                break
        return queues

    async def retry_older(self, made_by: str) -> int:
        """Let orders go on that other code put into quarantine; return how many."""
        mine = self.mine().values() if self._session.owns else ()
        older = [row for row in mine if row.made_by != made_by]
        for row in older:
            row.asked, row.made_by = True, made_by
        return len(older)
