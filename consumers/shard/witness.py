"""What was in hand when a process died: told by it before, found by the next owner, and set aside then."""

from dataclasses import dataclass, field
from typing import Final

import structlog

from adapters.rows import Queue, TimerRow, Waiting
from consumers.shard.chores import Chore
from consumers.shard.ports import Unit
from consumers.shard.reading import Read
from contracts.wire import Record

LOG: Final = structlog.get_logger("hub.shard")
DEATHS: Final = 3
"""So many owners in a row that opened the shard and stored nothing make the next one careful."""
CAREFUL_RECORDS: Final = 2_000
"""For so many records a careful owner says what it is about to do: more than a batch of the owner that died had."""


@dataclass(slots=True)
class Witness:
    """Writes down what a careful owner has in hand, as words; `suspect` is what the owner before died of.

    An owner is careful where those before it died again and again; everybody else pays nothing for this.
    """

    unit: Unit
    left: int = 0
    suspects: set[str] = field(default_factory=set)

    @property
    def careful(self) -> bool:
        """Tell whether what is in hand is written down."""
        return self.left > 0

    async def open(self) -> None:
        """Look what became of the owners before."""
        times, trying = await self.unit.opened()
        if trying:
            self.suspects.add(trying)
            LOG.error("a process died of this, it is set aside", shard=self.unit.shard, what=trying)
        if times > DEATHS or trying:
            self.left = CAREFUL_RECORDS
            LOG.warning("careful: its owners died", shard=self.unit.shard, times=times - 1)

    async def reading(self, record: Record) -> bool:
        """Say that a record is being decoded; False where an owner died of that."""
        return await self._begin(f"read {record.place}")

    async def deciding(self, read: Read) -> bool:
        """Say that a record is being decided on; False where an owner died of that."""
        if f"finish {read.order_id}" in self.suspects:
            return False
        return await self._begin(f"decide {read.record.place}")

    async def finishing(self, order_id: str) -> None:
        """Say that an order's row and state are being written."""
        await self._begin(f"finish {order_id}")

    async def doing(self, chore: Chore) -> bool:
        """Say that a chore is being done; False where an owner died of that."""
        return await self._begin(f"do {_name(chore)}")

    async def done(self) -> None:
        """Say that nothing is in hand that a process could die of."""
        if self.left:
            await self.unit.note_trying(None)

    async def _begin(self, what: str) -> bool:
        if not self.left:
            return True
        if what in self.suspects:
            return False
        self.left -= 1
        await self.unit.note_trying(what if self.left else None)
        return True


def _name(chore: Chore) -> str:
    if isinstance(chore, Queue):
        return f"queue {chore.order_id}"
    if isinstance(chore, Waiting):
        return f"row {chore.id}"
    assert isinstance(chore, TimerRow)
    return f"timer {chore.order_id} {chore.timer_id}"
