"""Committing: a batch is stored and published, by one PostgreSQL and one Kafka transaction."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from typing import Final

import structlog

from adapters import failpoints
from adapters.errors import NumberTaken, Overtaken, ShardAccident, StoreRefused, UnknownOutcome
from adapters.rows.batch import Batch
from adapters.rows.loading import Lookup
from consumers.shard.assembly import Assembly
from consumers.shard.blame import Blame
from consumers.shard.cursor import Cursor
from consumers.shard.metering import Meter, Stage
from consumers.shard.ports import Emission, Unit
from consumers.shard.takeover import Standing
from contracts.values import changed

LOG: Final = structlog.get_logger("hub.shard")


class Committer:
    """Knows the last batch that is stored, and the last one that is published; `counts` is what the batches had."""

    def __init__(self, number: int, unit: Unit, emission: Emission, cursor: Cursor, meter: Meter) -> None:
        self.counts: Counter[str] = Counter()
        self.blame = Blame()
        """On whose records rules have failed."""
        self._number = number
        self._unit = unit
        self._emission = emission
        self._cursor = cursor
        self._meter = meter
        self._stored = self._published = self._noted = 0

    def begin(self, standing: Standing) -> None:
        """Go on from where a take-over stands."""
        self._stored = self._published = standing.batch

    def next(self) -> Batch:
        """Return the next batch, empty."""
        return Batch(self._stored + 1)

    async def commit(self, assembly: Assembly) -> None:
        """Store and publish: Kafka takes the messages meanwhile, its transaction ends when PostgreSQL's has."""
        await self._name_parked(assembly.batch)
        await failpoints.hit("decided")
        batch, messages = assembly.batch, assembly.messages
        emission, positions = self._emission, self._cursor.after(batch)
        began = time.perf_counter()
        preparing = asyncio.create_task(emission.prepare(messages, positions, batch.number))
        try:
            await self._unit.persist(batch, self._published)
        except BaseException as error:
            if not await self._abandoned(preparing) and isinstance(error, StoreRefused | Overtaken | NumberTaken):
                raise UnknownOutcome("Kafka", f"messages were not taken back after: {error!r}") from error
            raise
        began = self._meter.spent(Stage.STORE, began)
        self._stored = batch.number  # from here on only success or a take-over
        self._cursor.positions = positions
        await preparing
        await emission.commit()
        self._meter.spent(Stage.PUBLISH, began)
        self._published = batch.number
        self.blame = assembly.blame
        self._count(assembly)

    def _count(self, assembly: Assembly) -> None:
        self.counts.update(assembly.counts)
        self.counts["batches"] += 1
        self.counts["messages"] += len(assembly.messages)

    async def note_published(self) -> None:
        """Copy Kafka's mark where no batch came that would carry it."""
        if self._noted < self._published:
            await self._unit.shard.note_emitted(self._published)
            self._noted = self._published

    async def close(self) -> None:
        """Let go of Kafka and PostgreSQL. Call it when no batch is in hand."""
        with suppress(Exception):  # the next owner finds it in Kafka
            await self.note_published()
        with suppress(Exception):  # the next owner is more careful than it need be
            await self._unit.shard.ended_well()
        await self._emission.close()
        await self._unit.close()

    async def _abandoned(self, preparing: asyncio.Task[None]) -> bool:
        """Take back what Kafka took of a batch that isn't stored; False where that may not be done."""
        try:
            await preparing
            await self._emission.abandon()
        except (UnknownOutcome, ShardAccident) as error:
            LOG.warning("messages not taken back", shard=self._number, error=repr(error)[:300])
            return False
        return True

    async def _name_parked(self, batch: Batch) -> None:
        """Let each row of a parked fact that is applied now name the row in which it was parked."""
        first = {(r.subject, r.source, r.event_id): r.seq for r in batch.journal if r.refers_to is None}
        wanted = [(r.subject, r.source, r.event_id) for r in batch.journal if r.refers_to is not None]
        missing = [key for key in wanted if key not in first]
        if missing:
            parked = await self._unit.load(Lookup(events=missing, kept_back=False))
            first |= {key: seen.seq for key, seen in parked.seen.items()}
        for number, row in enumerate(batch.journal):
            if row.refers_to is not None:
                seq = first[(row.subject, row.source, row.event_id)]
                batch.journal[number] = changed(row, refers_to=seq)
