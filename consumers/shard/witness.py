"""What was in hand when a process died: told by it before, found by the next owner, and set aside then."""

from dataclasses import dataclass, field
from typing import Final

import structlog

from adapters.rows.quarantine import Queue
from adapters.rows.set_aside import StoredAside
from adapters.rows.timers import TimerRow
from consumers.shard.chores import Chore
from consumers.shard.ports import ShardState
from consumers.shard.reading import Read
from contracts.wire import Record

LOG: Final = structlog.get_logger("hub.shard")
DEATHS: Final = 3
"""So many owners in a row that opened the shard and stored nothing make the next one careful."""
CAREFUL_RECORDS: Final = 2_000
"""An owner is careful for so many records and to the end of their batch: more than the one that died had in hand."""
AGAIN: Final = "again: "
"""Stands before what the owner before had in hand, too, when it died: a process may also be killed by chance."""


@dataclass(slots=True)
class Witness:
    """Writes down what a careful owner has in hand, as words; `suspects` is what two owners in a row died of.

    An owner is careful where those before it died again and again. Whoever asks looks at `careful` first: everybody
    else pays nothing for this.
    """

    shard: ShardState
    careful: bool = False
    suspects: set[str] = field(default_factory=set)
    _before: str = ""
    _seen: int = 0

    async def open(self) -> None:
        """Look what became of the owners before."""
        times, trying = await self.shard.opened()
        if trying and trying.startswith(AGAIN):
            self.suspects.add(trying.removeprefix(AGAIN))
            LOG.error("processes died of this, it is set aside", shard=self.shard.number, what=trying)
        self._before = trying or ""
        self.careful = times > DEATHS or bool(trying)
        if self.careful:
            LOG.warning("careful: its owners died", shard=self.shard.number, times=times - 1)

    def begin(self) -> None:
        """Begin a batch; it is the end of being careful where enough has gone well."""
        self.careful = self.careful and self._seen < CAREFUL_RECORDS

    async def reading(self, record: Record) -> bool:
        """Say that a record is being decoded; False where owners died of that."""
        return await self._try(f"read {record.place}")

    async def deciding(self, read: Read) -> bool:
        """Say that a record is being decided on; False where owners died of that, or of what it led to."""
        return await self._try(f"decide {read.record.place}", read.subject)

    async def doing(self, chore: Chore) -> bool:
        """Say that a chore is being done; False where owners died of that, or of what it led to."""
        return await self._try(f"do {_name(chore)}", chore.subject)

    async def finishing(self, subject: str) -> None:
        """Say that an order's row and state are being written."""
        await self._note(f"finish {subject}")

    async def done(self) -> None:
        """Say that nothing is in hand that a process could die of."""
        if self.careful:
            await self.shard.note_trying(None)

    async def _try(self, what: str, subject: str | None = None) -> bool:
        self._seen += 1
        if what in self.suspects or f"finish {subject}" in self.suspects:
            return False
        await self._note(what)
        return True

    async def _note(self, what: str) -> None:
        await self.shard.note_trying(AGAIN + what if what == self._before.removeprefix(AGAIN) else what)


def _name(chore: Chore) -> str:
    if isinstance(chore, Queue):
        return f"queue {chore.subject}"
    if isinstance(chore, StoredAside):
        return f"row {chore.id}"
    assert isinstance(chore, TimerRow)
    return f"timer {chore.subject} {chore.timer_id}"
