"""The shard: it takes over, reads on, recovers and lets go; each batch is one PostgreSQL and one Kafka transaction."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog
from tenacity import AsyncRetrying, retry_if_exception, wait_exponential_jitter

from adapters import failpoints
from adapters.errors import NumberTaken, Overtaken
from adapters.kafka.reader import BatchReader, Records
from adapters.rows.positions import Place
from consumers.shard.committing import Committer
from consumers.shard.cursor import Cursor
from consumers.shard.failures import described
from consumers.shard.halving import halve
from consumers.shard.parts import Parts
from consumers.shard.processing import Processor
from consumers.shard.recovery import LONGEST_REST_SECONDS, Recovery, Remedy
from consumers.shard.rereading import reread
from consumers.shard.takeover import take_over
from consumers.shard.ticking import Ticker
from consumers.shard.vitals import Vitals
from contracts.wire import Record

LOG: Final = structlog.get_logger("hub.shard")
TICK_SECONDS: Final = 0.5


class Shard:
    """One shard in this process: its reader, its processor and its store.

    Batches and ticks take turns under one lock.
    """

    def __init__(self, number: int, parts: Parts, on_leave: Callable[[int], None]) -> None:
        self.number = number
        self.parts = parts
        self.state = "opening"
        self._on_leave = on_leave
        self._lock = asyncio.Lock()
        self._closing = False
        self._vitals = Vitals()
        self._cursor = Cursor(number, parts.kafka, parts.log, parts.places, parts.limits)
        self._committer = Committer(number, parts.unit, parts.emission, self._cursor, parts.meter)
        self._processor = Processor(number, parts, self._cursor, self._committer)
        self._recovery = Recovery(number, parts.limits, self._vitals, self.counts)
        self._ticker = Ticker(parts, self._cursor, self._processor, self._committer)
        self._reader = BatchReader(parts.broker, parts.kafka, parts.places)
        self._ticking: asyncio.Task[None] | None = None

    @property
    def counts(self) -> Counter[str]:
        """Return what happened so far, by name."""
        return self._committer.counts

    @property
    def trouble(self) -> str:
        """Return what keeps the shard, empty where nothing does."""
        return self._vitals.trouble or self._processor.clock.trouble

    def health(self) -> dict[str, Any]:
        """Return how this shard does, for the heartbeat of its process."""
        return {"state": self.state, **self._vitals.told(), "trouble": self.trouble}

    def lag(self) -> Mapping[Place, int]:
        """Return how many records of each partition are not stored yet."""
        return self._cursor.lag()

    # -- opening and closing ---------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Take the shard over and read from its position. Raises ShardAccident, or what the servers answer."""
        again = await self._take_over()
        await self._processor.witness.open()
        if not again:
            await self._follow()
        self._ticking = asyncio.create_task(self._tick_forever(again), name=f"shard-{self.number}-ticker")

    async def _follow(self) -> None:
        """Read on from the positions."""
        consumer = await self._reader.start(self._handle)
        self._cursor.follow(consumer, self.parts.pace)
        self.state = "running"

    async def _read_again(self, again: Mapping[Place, int]) -> None:
        """Decide again what an older copy of the database has not stored; then read on."""
        self.state = "reading again"
        await reread(again, self.parts, self._cursor, self._processor)
        self.counts["read again"] += 1
        await self._follow()

    async def close(self) -> None:
        """Stop reading, let the batch in hand end, and let go of the servers."""
        self._closing = True
        self.state = "closed"
        ticking, self._ticking = self._ticking, None
        try:
            if ticking is not None and ticking is not asyncio.current_task():
                async with self._lock:  # a tick that stores and publishes ends first: else its transaction stays open
                    ticking.cancel()
                with suppress(asyncio.CancelledError):
                    await ticking
        finally:
            await self._let_go()

    async def _let_go(self) -> None:
        try:
            await self._reader.stop()
        finally:
            async with self._lock:
                await self._committer.close()

    async def _take_over(self) -> Mapping[Place, int]:
        parts = self.parts
        self._processor.forget()
        standing = await take_over(
            parts.unit, parts.emission, parts.log, parts.writer, parts.rules.kinds, parts.places, parts.outbound
        )
        self._committer.begin(standing)
        self._cursor.reset(standing.positions, standing.paused)
        released = await parts.unit.quarantine.retry_older(parts.rules.made_by)
        if released:
            LOG.info("orders that other code failed on are tried again", shard=self.number, orders=released)
        self.counts["takeovers"] += 1
        self.counts["published again"] += standing.published
        LOG.info("shard taken over", shard=self.number, batch=standing.batch, published=standing.published)
        return standing.again

    # -- a batch ---------------------------------------------------------------------------------------------------

    async def _handle(self, records: Records) -> None:
        async with self._guarded():
            try:
                if not self._closing:
                    await self._attempt(self._cursor.fresh(records))
            finally:
                self._cursor.in_hand = False

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[None]:
        """Let one batch in at a time, and no error out: FastStream would swallow it and go on with the next records."""
        async with self._lock:
            try:
                yield
            except Exception as error:  # noqa: BLE001 - the shard can't go on here; another take-over can
                LOG.error("shard lost its way", shard=self.number, error=described(error))
                self._leave("failed")

    async def _attempt(self, records: list[Record]) -> None:
        try:
            await failpoints.hit("fetched")
            await self._cursor.check_jumps(records)
            await self._processor.records(records, self._cursor.fetched)
            self._recovery.well()
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            await self._recover(error, records)

    # -- failures --------------------------------------------------------------------------------------------------

    async def _recover(self, error: BaseException, records: Sequence[Record]) -> None:
        """Carry out what the table of failures says."""
        self._processor.forget()
        remedy = self._recovery.remedy(error, divisible=bool(records))
        if remedy is Remedy.LEAVE:
            self._leave("lost")
        elif remedy is Remedy.STOP:
            await self._stop(error)
        elif remedy is Remedy.HALVE:
            await self._halve(records)
        else:
            self.state = "recovering"
            await self._recovery.rest()
            await self._retake()

    async def _halve(self, records: Sequence[Record]) -> None:
        try:
            await halve(records, self._processor, self.parts.reader)
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            await self._recover(error, ())

    async def _retake(self) -> None:
        """Take the shard over again, however long that takes. The records in hand are dropped and read anew."""
        retrying = AsyncRetrying(
            wait=wait_exponential_jitter(multiplier=0.05, max=LONGEST_REST_SECONDS),
            retry=retry_if_exception(self._is_worth_retrying),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    if self._closing:
                        return
                    await self._take_over()
                    await self._processor.witness.done()
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            if self._closing or self._recovery.after_take_over(error) is Remedy.LEAVE:
                self._leave("lost")
            else:
                await self._stop(error)
            return
        self._cursor.seek()
        self.state = "running"

    def _is_worth_retrying(self, error: BaseException) -> bool:
        return not self._closing and isinstance(error, Exception) and self._recovery.is_worth_retrying(error)

    async def _stop(self, error: BaseException) -> None:
        """Stop until a person has looked, and write down why."""
        reason = self._recovery.reason(error)
        LOG.error("shard stopped", shard=self.number, reason=reason)
        self._vitals.ill(reason)
        with suppress(Exception):
            await self.parts.unit.shard.stop(reason)
        self._leave("stopped")

    def _leave(self, state: str) -> None:
        self.state = state
        self._closing = True
        self._on_leave(self.number)

    # -- what happens without records --------------------------------------------------------------------------------

    async def _tick_forever(self, again: Mapping[Place, int]) -> None:
        if again:
            async with self._guarded():
                await self._read_again(again)
        ticker = self._ticker
        while not self._closing:
            await asyncio.sleep(0 if ticker.hurried else TICK_SECONDS)
            ticker.hurried = False
            if self._lock.locked():
                continue
            async with self._guarded():
                if self.state == "running" and not self._closing:
                    await self._tick()

    async def _tick(self) -> None:
        try:
            wishes = await self._ticker.wishes()
            if wishes.stopped is not None:
                LOG.info("shard stopped by an operator", shard=self.number, reason=wishes.stopped)
                self._leave("stopped")
                return
            await self._ticker.tick(wishes)
            self._recovery.looked()
        except (NumberTaken, Overtaken):
            self._processor.forget()
            self._ticker.hurried = True
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            await self._recover(error, ())
