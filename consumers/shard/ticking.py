"""Ticking: what a shard does without new records: what operators want, deadlines, references, idle positions."""

from collections.abc import Sequence
from datetime import UTC, datetime

from adapters.rows.shards import Wishes
from adapters.rows.timers import TimerRow
from consumers.shard.chores import Chore
from consumers.shard.committing import Committer
from consumers.shard.cursor import Cursor
from consumers.shard.parts import Parts
from consumers.shard.processing import Processor
from consumers.shard.watch import Watch


class Ticker:
    """Looks for work; `hurried` says that more of it waits, so that the next look should come at once."""

    def __init__(self, parts: Parts, cursor: Cursor, processor: Processor, committer: Committer) -> None:
        self.hurried = False
        self._parts = parts
        self._cursor = cursor
        self._processor = processor
        self._committer = committer
        self._watch = Watch(parts.kafka, parts.log, parts.places, parts.held_up)

    async def wishes(self) -> Wishes:
        """Return what operators want of this shard."""
        wishes = await self._parts.unit.shard.wishes()
        self._processor.clock.observe(wishes.now)
        return wishes

    async def tick(self, wishes: Wishes) -> None:
        """Do what operators want, fire timers, look references up again, move idle positions, copy Kafka's mark."""
        self._cursor.follow_pauses(wishes.paused)
        await self._cursor.look(self._parts.unit, self._watch, datetime.now(UTC))
        ends = await self._cursor.idle()
        chores = await self._chores(asked=wishes.work)
        if chores or ends:
            await self._processor.chores(chores, ends)
        else:
            await self._committer.note_published()

    async def _chores(self, *, asked: bool) -> Sequence[Chore]:
        """Return what is to be done without new records: queues that go on come first, their orders' others behind."""
        unit = self._parts.unit
        queues = await unit.quarantine.asked() if asked else []
        again = await unit.set_aside.asked() if asked else []
        waiting = await unit.set_aside.explained(self._processor.clock.now())
        rows = sorted((*again, *waiting), key=lambda row: row.id)
        self.hurried = bool(queues or again)
        return [*queues, *await self._due(), *rows]

    async def _due(self) -> list[TimerRow]:
        """Return the timers that are due by the shard's own clock."""
        now = self._processor.clock.now()
        timers = await self._parts.unit.timers.due(now)
        if not timers:
            return []
        clock = await self._cursor.clock(now)
        return [timer for timer in timers if timer.due_at <= clock]
