"""Processing: records, or chores, become a batch, turn by turn, and the batch is committed."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import nullcontext
from typing import Final

from adapters.errors import StoreRefused
from adapters.rows.positions import Place
from consumers.shard.assembly import Assembly
from consumers.shard.chores import Chore, again, perform
from consumers.shard.clock import Clock
from consumers.shard.committing import Committer
from consumers.shard.cursor import Cursor
from consumers.shard.loading import Cache, Loader
from consumers.shard.metering import Stage
from consumers.shard.parts import Parts
from consumers.shard.reading import Read, Suspended
from consumers.shard.witness import Witness
from contracts.wire import Record

RECORDS_A_TURN: Final = 10
"""After so many decisions the event loop gets a turn: heartbeats and leases go on in a backlog."""


class Processor:
    """Turns what is in hand into batches; whatever it raises has left the batch unstored, or its outcome unknown."""

    def __init__(self, number: int, parts: Parts, cursor: Cursor, committer: Committer) -> None:
        self.witness = Witness(parts.unit.shard)
        self._number = number
        self._parts = parts
        self._cursor = cursor
        self._committer = committer
        self._cache = Cache()
        self.clock = Clock(parts.ahead)
        self._loader = Loader(parts.unit, self._cache)
        self._meter = parts.meter

    def forget(self) -> None:
        """Forget what is held of orders: a batch has failed, or another owner may have changed them."""
        self._cache.clear()

    async def records(self, records: Sequence[Record], ends: Mapping[Place, int]) -> None:
        """Decide on records, store and publish; `ends` is how far their partitions are read by that."""
        began = time.perf_counter()
        reads = await self._read(records)
        self._meter.spent(Stage.READ, began)
        await self.reads(reads, ends)

    async def reads(self, reads: Sequence[Read], ends: Mapping[Place, int], suspects: Collection[Read] = ()) -> None:
        """Decide on what was read, and store and publish it; the orders of suspects are put into quarantine."""
        assembly = await self._assemble([] if suspects else reads)  # what a suspect asks for may be what is refused
        began, since = time.perf_counter(), time.time_ns()
        async with self._parts.turn:
            for number, read in enumerate(reads):
                if any(read is suspect for suspect in suspects):
                    assembly.suspend(read, Suspended.NOT_STORABLE)
                elif self.witness.careful and not await self.witness.deciding(read):
                    assembly.suspend(read, Suspended.PROCESS_DIED)
                else:
                    assembly.add(read)
                if number % RECORDS_A_TURN == 0:
                    await asyncio.sleep(0)
            await self.witness.done()
        self._meter.spent(Stage.DECIDE, began)
        self._cursor.note(assembly.batch, reads, ends)
        if not reads and not assembly.batch.positions:
            return
        await self._commit(assembly)
        now = time.time_ns()
        self._meter.stored(reads, now / 1e9)
        if self._parts.traces is not None:
            self._parts.traces.stored(reads, assembly.messages, since, now)
        self._cursor.applied(reads)
        await self._cursor.limit_poison(self._parts.unit, reads, self._parts.reader)

    async def chores(self, chores: Sequence[Chore], ends: Mapping[Place, int]) -> None:
        """Do some chores, store and publish; what the store refuses is found by halving, and kept back."""
        try:
            await self._chores(chores, ends, refused=False)
        except StoreRefused:
            if not chores:
                raise
            self.forget()
            middle = len(chores) // 2
            if middle:
                await self.chores(chores[:middle], {})
                await self.chores(chores[middle:], {})
            else:
                await self._chores(chores, {}, refused=True)

    async def _chores(self, chores: Sequence[Chore], ends: Mapping[Place, int], *, refused: bool) -> None:
        assembly = await self._assemble(list(again(chores, self._parts.reader)))
        async with self._parts.turn:
            for number, chore in enumerate(chores):
                why = Suspended.NOT_STORABLE if refused else None
                if why is None and self.witness.careful and not await self.witness.doing(chore):
                    why = Suspended.PROCESS_DIED
                perform(chore, assembly, self.clock.now(), refused=why)
                if number % RECORDS_A_TURN == 0:
                    await asyncio.sleep(0)
            await self.witness.done()
        self._cursor.note(assembly.batch, [], ends)
        if assembly.changes:
            await self._commit(assembly)

    async def _read(self, records: Sequence[Record]) -> list[Read]:
        reads, reader = [], self._parts.reader
        self.witness.begin()
        async with self._parts.turn if self.witness.careful else nullcontext():
            for number, record in enumerate(records):
                if self.witness.careful and not await self.witness.reading(record):
                    reads.append(reader.refused(record, Suspended.PROCESS_DIED))
                else:
                    reads.append(reader.read(record))
                if number % (5 * RECORDS_A_TURN) == 0:
                    await asyncio.sleep(0)
            await self.witness.done()
        return reads

    async def _assemble(self, reads: Sequence[Read]) -> Assembly:
        began = time.perf_counter()
        loaded, held = await self._loader.load(reads)
        self._meter.spent(Stage.LOAD, began)
        parts, batch = self._parts, self._committer.next()
        return Assembly(
            self._number, batch, parts.rules, parts.writer, parts.reader, loaded, held, self._committer.blame.copied()
        )

    async def _commit(self, assembly: Assembly) -> None:
        began = time.perf_counter()
        async with self._parts.turn:
            for number, subject in enumerate(assembly.finishing()):
                if self.witness.careful:
                    await self.witness.finishing(subject)
                if number % RECORDS_A_TURN == 0:
                    await asyncio.sleep(0)
            await self.witness.done()
        self._meter.spent(Stage.FINISH, began)
        await self._committer.commit(assembly)
        self._cache.keep(assembly.held)
