"""The shard: decode, decide, persist, emit; one batch is one PostgreSQL transaction and one Kafka transaction."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from aiokafka import ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka import TopicPartition as Assigned
from tenacity import AsyncRetrying, retry_if_exception, wait_exponential_jitter

from adapters import failpoints
from adapters.errors import LostShard, Overtaken, ShardAccident, StoreRefused, UnknownOutcome
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import read_merged
from adapters.rows import Asked, Batch, Place
from consumers.shard.alignment import Pace
from consumers.shard.assembly import Assembly
from consumers.shard.chores import Chore, again, perform
from consumers.shard.cursor import Cursor
from consumers.shard.deciding import Rules
from consumers.shard.failures import Treatment, failure, treatment
from consumers.shard.limits import Limits
from consumers.shard.loading import Cache, Loader
from consumers.shard.ports import Emission, Log, Unit, Writer
from consumers.shard.reading import Read, Reader, Suspended
from consumers.shard.takeover import take_over
from consumers.shard.vitals import Vitals
from consumers.shard.watch import Watch
from consumers.shard.witness import Witness
from contracts.wire import Record

LOG: Final = structlog.get_logger("hub.shard")
TICK_SECONDS: Final = 0.5
MAX_RECORDS: Final = 1000
"""In a backlog larger batches bring more, since an order's state is written once for all that it heard in one; but all
shards of a process have one in hand, and each keeps others from deciding."""
FETCH_WAIT_MS: Final = 100
"""A partition that has been read empty waits behind a fetch of the others; asking more often costs Kafka too much."""
FETCH_BYTES: Final = 128 * 1024
"""Of each partition at once: a process reads some hundred partitions in a bounded memory, whatever the backlog."""
REST_SECONDS: Final = 0.05
LONGEST_REST_SECONDS: Final = 5.0
RECORDS_A_TURN: Final = 10
"""After so many decisions the event loop gets a turn: heartbeats and leases go on in a backlog."""


@dataclass(slots=True)
class Parts:
    """What a shard is made of; wiring supplies them."""

    kafka: KafkaConnection
    broker: KafkaBroker
    unit: Unit
    emission: Emission
    log: Log
    writer: Writer
    reader: Reader
    rules: Rules
    places: Sequence[Place]
    outbound: Sequence[Place]
    limits: Limits = field(default_factory=Limits)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Shared by the shards of a process: one decides at a time, so that none keeps the event loop for long."""
    pace: Pace | None = None
    """Shared by them, too: small batches begin one after the other."""
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    held_up: timedelta = timedelta(seconds=60)
    """How long an open transaction may hold a partition up before somebody is told."""


class Shard:
    """One shard in this process: a FastStream batch subscriber over its partitions, and what it remembers of them."""

    def __init__(self, number: int, parts: Parts, on_leave: Callable[[int], None]) -> None:
        self.number = number
        self.parts = parts
        self.counts: Counter[str] = Counter()
        self.state = "opening"
        self._on_leave = on_leave
        self._lock = asyncio.Lock()
        self._subscriber: Any = None
        self._batch = 0
        self._emitted = 0
        self._noted = 0
        self._closing = False
        self._bugs = 0
        self._failed = 0
        self._troubles = 0
        self._hurried = False
        self._vitals = Vitals()
        self._cursor = Cursor(number, parts.kafka, parts.log, parts.places, parts.limits)
        self._watch = Watch(parts.kafka, parts.log, parts.places, parts.held_up)
        self._cache = Cache()
        self._loader = Loader(parts.unit, self._cache)
        self._witness = Witness(parts.unit)
        self._ticker: asyncio.Task[None] | None = None

    @property
    def trouble(self) -> str:
        """Return what keeps the shard, empty where nothing does."""
        return self._vitals.trouble

    def health(self) -> dict[str, Any]:
        """Return how this shard does, for the heartbeat of its process."""
        return {"state": self.state, **self._vitals.told()}

    # -- opening and closing ---------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Take the shard over and start reading from its position; raises ShardAccident or what the servers answer."""
        again = await self._take_over()
        await self._witness.open()
        if not again:
            await self._follow()
        self._ticker = asyncio.create_task(self._tick_forever(again), name=f"shard-{self.number}-ticker")

    async def _follow(self) -> None:
        """Read on from the positions."""
        subscriber = self.parts.broker.subscriber(
            partitions=[Assigned(self.parts.kafka.topic(topic), number) for topic, number in self.parts.places],
            batch=True,
            max_records=MAX_RECORDS,
            batch_timeout_ms=10,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=FETCH_BYTES,
            persistent=False,
            parser=_parse,
            decoder=_decode,
        )
        subscriber(self._handle)
        self._subscriber = subscriber
        await subscriber.start()
        # No await between the start and the seeks: the subscriber's loop must not fetch from anywhere else.
        self._cursor.follow(subscriber.consumer, self.parts.pace)
        self.state = "running"

    async def _read_again(self, again: Mapping[Place, int]) -> None:
        """Decide again what an older copy of the database has not stored, by append time; then read on."""
        self.state = "reading again"
        ends = await self.parts.log.ends(list(again))
        spans = {place: (self._cursor.positions[place], min(end, ends[place])) for place, end in again.items()}
        records: list[Record] = []
        async for record in read_merged(self.parts.kafka, spans):
            records.append(record)
            if len(records) == MAX_RECORDS:
                await self._again(records)
                records = []
        if records:
            await self._again(records)
        self.counts["read again"] += 1
        await self._follow()

    async def _again(self, records: Sequence[Record]) -> None:
        try:
            await self._process(await self._read(records), {})
        except StoreRefused:
            if not await self._halve(records):
                raise

    async def close(self) -> None:
        """Stop reading, let the batch in hand end, and let go of the servers."""
        self._closing = True
        self.state = "closed"
        ticker, self._ticker = self._ticker, None
        try:
            if ticker is not None and ticker is not asyncio.current_task():
                async with self._lock:  # a tick that stores and publishes ends first: else its transaction stays open
                    ticker.cancel()
                with suppress(asyncio.CancelledError):
                    await ticker
        finally:
            await self._let_go()

    async def _let_go(self) -> None:
        try:
            if self._subscriber is not None:
                await self._subscriber.stop()
        finally:
            async with self._lock:
                if self._noted < self._emitted:
                    with suppress(Exception):  # the next owner finds it in Kafka
                        await self.parts.unit.note_emitted(self._emitted)
                with suppress(Exception):  # the next owner is more careful than it need be
                    await self.parts.unit.ended_well()
                await self.parts.emission.close()
                await self.parts.unit.close()

    async def _take_over(self) -> Mapping[Place, int]:
        parts = self.parts
        self._cache.clear()
        standing = await take_over(parts.unit, parts.emission, parts.log, parts.writer, parts.places, parts.outbound)
        self._batch = self._emitted = standing.batch
        self._cursor.reset(standing.positions, standing.paused)
        released = await parts.unit.retry_older(parts.rules.made_by)
        if released:
            LOG.info("orders that other code failed on are tried again", shard=self.number, orders=released)
        self.counts["takeovers"] += 1
        self.counts["published again"] += standing.published
        LOG.info("shard taken over", shard=self.number, batch=standing.batch, published=standing.published)
        return standing.again

    # -- a batch ---------------------------------------------------------------------------------------------------

    async def _handle(self, records: tuple[ConsumerRecord[bytes, bytes], ...]) -> None:
        async with self._guarded():
            try:
                if not self._closing:
                    await self._attempt(self._cursor.fresh(records))
            finally:
                self._cursor.in_hand = False

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[None]:
        """One batch at a time; nothing gets out of it: FastStream would swallow it and go on with the next records."""
        async with self._lock:
            try:
                yield
            except Exception as error:  # noqa: BLE001 - the shard can't go on here; another take-over can
                LOG.error("shard lost its way", shard=self.number, error=repr(error)[:500])
                self._leave("failed")

    async def _attempt(self, records: list[Record]) -> None:
        try:
            await failpoints.hit("fetched")
            await self._cursor.check_jumps(records)
            await self._process(await self._read(records), self._cursor.fetched)
            self._well()
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            await self._recover(error, records)

    async def _process(self, reads: Sequence[Read], ends: Mapping[Place, int], suspects: Sequence[Read] = ()) -> None:
        """Decide a batch, store it, publish it."""
        assembly = await self._assemble([] if suspects else reads)  # what a suspect asks for may be what is refused
        async with self.parts.turn:
            for number, read in enumerate(reads):
                if any(read is suspect for suspect in suspects):
                    assembly.suspend(read, Suspended.NOT_STORABLE)
                elif await self._witness.deciding(read):
                    assembly.add(read)
                else:
                    assembly.suspend(read, Suspended.PROCESS_DIED)
                if number % RECORDS_A_TURN == 0:
                    await asyncio.sleep(0)
            await self._witness.done()
        self._cursor.note(assembly.batch, reads, ends)
        if not reads and not assembly.batch.positions:
            return
        await self._commit(assembly)
        self._cursor.applied(reads)
        await self._cursor.limit_poison(self.parts.unit, reads)

    async def _read(self, records: Sequence[Record]) -> list[Read]:
        reads = []
        async with self.parts.turn if self._witness.careful else nullcontext():
            for number, record in enumerate(records):
                if await self._witness.reading(record):
                    reads.append(self.parts.reader.read(record))
                else:
                    reads.append(self.parts.reader.refused(record, Suspended.PROCESS_DIED))
                if number % (5 * RECORDS_A_TURN) == 0:
                    await asyncio.sleep(0)
            await self._witness.done()
        return reads

    async def _assemble(self, reads: Sequence[Read]) -> Assembly:
        loaded, held = await self._loader.load(reads)
        parts = self.parts
        batch = Batch(self._batch + 1)
        return Assembly(self.number, batch, parts.rules, parts.writer, parts.reader, loaded, held, self._failed)

    async def _commit(self, assembly: Assembly) -> None:
        """Store and publish: Kafka takes the messages meanwhile, its transaction ends when PostgreSQL's has."""
        async with self.parts.turn:
            for number, order_id in enumerate(assembly.finishing()):
                await self._witness.finishing(order_id)
                if number % RECORDS_A_TURN == 0:
                    await asyncio.sleep(0)
            await self._witness.done()
        messages = assembly.messages
        await self._name_parked(assembly)
        await failpoints.hit("decided")
        batch = assembly.batch
        emission, positions = self.parts.emission, self._cursor.after(batch)
        preparing = asyncio.create_task(emission.prepare(messages, positions, batch.number))
        try:
            await self.parts.unit.persist(batch, self._emitted)
        except BaseException as error:
            if not await self._abandoned(preparing) and isinstance(error, StoreRefused | Overtaken):
                raise UnknownOutcome("Kafka", f"messages were not taken back after: {error!r}") from error
            raise
        self._batch = batch.number  # from here on only success or a take-over
        self._cursor.positions = positions
        await preparing
        await emission.commit()
        self._emitted = batch.number
        self._failed = assembly.failed
        self._cache.keep(assembly.held)
        self.counts.update(assembly.counts)
        self.counts["batches"] += 1
        self.counts["messages"] += len(messages)

    async def _abandoned(self, preparing: asyncio.Task[None]) -> bool:
        """Take back what Kafka took of a batch that isn't stored; False where that may not be done."""
        try:
            await preparing
            await self.parts.emission.abandon()
        except (UnknownOutcome, ShardAccident) as error:
            LOG.warning("messages not taken back", shard=self.number, error=repr(error)[:300])
            return False
        return True

    async def _name_parked(self, assembly: Assembly) -> None:
        """Let each row of a parked fact that is applied now name the row in which it was parked."""
        journal = assembly.batch.journal
        first = {(r.order_id, r.source, r.event_id): r.seq for r in journal if r.refers_to is None}
        wanted = [(r.order_id, r.source, r.event_id) for r in journal if r.refers_to is not None]
        missing = [key for key in wanted if key not in first]
        if missing:
            first |= await self.parts.unit.parked_seqs(missing)
        for row in journal:
            if row.refers_to is not None:
                row.refers_to = first[(row.order_id, row.source, row.event_id)]

    # -- failures --------------------------------------------------------------------------------------------------

    async def _recover(self, error: BaseException, records: Sequence[Record]) -> None:
        row = failure(error)
        what = row.treatment
        told = {"kind": row.kind.value, "treatment": what.value, "error": repr(error)[:500]}
        LOG.warning("batch failed", shard=self.number, **told)
        self.counts[f"failed: {what.value}"] += 1
        self._vitals.ill(error)
        self._cache.clear()
        if what is Treatment.LEAVE:
            self._leave("lost")
        elif what is Treatment.STOP:
            await self._stop(str(error))
        elif what is Treatment.HALVE and records:
            await self._halve(records)
        elif what in (Treatment.BUG, Treatment.HALVE) and self._bugs >= self.parts.limits.bugs:
            await self._stop(f"{type(error).__name__}: {error}")
        else:
            self._bugs += what in (Treatment.BUG, Treatment.HALVE)
            await self._rest()
            await self._retake()

    async def _rest(self) -> None:
        """Wait longer with each batch in a row that fails: a take-over that works is no sign that the next one does."""
        self.state = "recovering"
        if self._troubles:
            await asyncio.sleep(min(REST_SECONDS * 2.0 ** min(self._troubles, 10), LONGEST_REST_SECONDS))
        self._troubles += 1

    def _well(self) -> None:
        self._bugs = self._troubles = 0
        self._vitals.well()

    async def _halve(self, records: Sequence[Record]) -> bool:
        """Store ever smaller beginnings until the record that is refused is alone; False where it was broken off."""
        if len(records) == 1:
            return await self._suspect(records[0])
        middle = len(records) // 2
        for part in (records[:middle], records[middle:]):
            try:
                await self._process([self.parts.reader.read(record) for record in part], {})
            except StoreRefused:
                if not await self._halve(part):
                    return False
            except Exception as error:  # noqa: BLE001 - the table of failures says what each is
                await self._recover(error, ())
                return False
        return True

    async def _suspect(self, record: Record) -> bool:
        """Keep a record, or its order, back that the store refuses; by its bytes alone where even that is refused."""
        read = self.parts.reader.read(record)
        try:
            await self._process([read], {}, [read])
            return True
        except StoreRefused as refused:
            read.decoded, read.order_id, read.fault = (
                None,
                None,
                ("not_storable", f"{Suspended.NOT_STORABLE.value}: {refused}"),
            )
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            await self._recover(error, ())
            return False
        return await self._try([read], suspects=[])

    async def _try(self, reads: Sequence[Read], suspects: Sequence[Read]) -> bool:
        try:
            await self._process(reads, {}, suspects)
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            await self._recover(error, ())
            return False
        return True

    async def _retake(self) -> None:
        """Take the shard over again, as long as it takes; the records in hand are thrown away and read anew."""
        self.state = "recovering"
        retrying = AsyncRetrying(
            wait=wait_exponential_jitter(multiplier=0.05, max=LONGEST_REST_SECONDS),
            retry=retry_if_exception(self._worth_retrying),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    if self._closing:
                        return
                    await self._take_over()
                    await self._witness.done()
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            if treatment(error) is Treatment.LEAVE or self._closing:
                self._leave("lost")
            else:
                await self._stop(str(error))
            return
        self._cursor.seek()
        self.state = "running"

    def _worth_retrying(self, error: BaseException) -> bool:
        if self._closing or not isinstance(error, Exception):
            return False
        LOG.warning("take-over failed", shard=self.number, error=repr(error)[:300])
        self._vitals.ill(error)
        what = treatment(error)
        self._bugs += what is Treatment.BUG
        return what is Treatment.TAKE_OVER or (what is Treatment.BUG and self._bugs < self.parts.limits.bugs)

    async def _stop(self, reason: str) -> None:
        """Stop until a person has looked, and write down why."""
        LOG.error("shard stopped", shard=self.number, reason=reason)
        self._vitals.ill(reason)
        with suppress(Exception):
            await self.parts.unit.stop_shard(reason)
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
        while not self._closing:
            await asyncio.sleep(0 if self._hurried else TICK_SECONDS)
            self._hurried = False
            if self._lock.locked():
                continue
            async with self._guarded():
                if self.state == "running" and not self._closing:
                    await self._tick()

    async def _tick(self) -> None:
        """Do what operators want, fire timers, look references up again, move idle positions, copy Kafka's mark."""
        try:
            wishes = await self.parts.unit.wishes()
            if wishes.stopped is not None:
                LOG.info("shard stopped by an operator", shard=self.number, reason=wishes.stopped)
                self._leave("stopped")
                return
            self._cursor.follow_pauses(wishes.paused)
            await self._cursor.look(self.parts.unit, self._watch, datetime.now(UTC))
            ends = await self._cursor.idle()
            chores = await self._chores(asked=wishes.work)
            if chores or ends:
                await self._do(chores, ends)
            elif self._noted < self._emitted:
                await self.parts.unit.note_emitted(self._emitted)
                self._noted = self._emitted
            if self._vitals.alive():
                self._bugs = self._troubles = 0
        except Overtaken:
            self._cache.clear()
            self._hurried = True
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            await self._recover(error, ())

    async def _chores(self, *, asked: bool) -> list[Chore]:
        """Return what is to be done without new records: queues that go on come first, their orders' others behind."""
        unit = self.parts.unit
        wanted = await unit.asked() if asked else Asked()
        waiting = await unit.explained(self.parts.clock())
        rows = sorted((*wanted.rows, *waiting), key=lambda row: row.id)
        self._hurried = bool(wanted.queues or wanted.rows)
        return [*wanted.queues, *await self._due(), *rows]

    async def _do(self, chores: Sequence[Chore], ends: Mapping[Place, int], *, refused: bool = False) -> None:
        """Store and publish what comes of some chores; what the store refuses is found by halving and kept back."""
        try:
            await self._process_chores(chores, ends, refused=refused)
        except StoreRefused:
            if refused or not chores:
                raise
            self._cache.clear()
            middle = len(chores) // 2
            if middle:
                await self._do(chores[:middle], {})
                await self._do(chores[middle:], {})
            else:
                await self._do(chores, {}, refused=True)

    async def _process_chores(self, chores: Sequence[Chore], ends: Mapping[Place, int], *, refused: bool) -> None:
        assembly = await self._assemble(list(again(chores, self.parts.reader)))
        async with self.parts.turn:
            for number, chore in enumerate(chores):
                why = Suspended.NOT_STORABLE if refused else None
                if why is None and not await self._witness.doing(chore):
                    why = Suspended.PROCESS_DIED
                perform(chore, assembly, self.parts.clock(), refused=why)
                if number % RECORDS_A_TURN == 0:
                    await asyncio.sleep(0)
            await self._witness.done()
        self._cursor.note(assembly.batch, [], ends)
        if assembly.changes:
            await self._commit(assembly)

    async def _due(self) -> list[Any]:
        """Return the timers that are due by the shard's own clock."""
        now = self.parts.clock()
        timers = await self.parts.unit.due(now)
        if not timers:
            return []
        clock = await self._cursor.clock(now)
        return [timer for timer in timers if timer.due_at <= clock]


async def _parse(records: Any) -> KafkaMessage:
    """Wrap the raw records; unlike the library's own parser this can't fail on a header."""
    return KafkaMessage(body=b"", raw_message=records, consumer=_NO_CONSUMER)


async def _decode(message: KafkaMessage) -> Any:
    """Hand the raw records to the shard."""
    return message.raw_message


class _NoConsumer:
    async def commit(self) -> None:
        raise LostShard(-1)

    def seek(self, partition: Any, offset: int) -> None:
        raise LostShard(-1)


_NO_CONSUMER: Final = _NoConsumer()
