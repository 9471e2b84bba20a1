"""The shard: decode, decide, persist, emit; one batch is one PostgreSQL transaction and one Kafka transaction."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka import TopicPartition as Assigned
from tenacity import AsyncRetrying, retry_if_exception, wait_exponential_jitter

from adapters import failpoints
from adapters.errors import LostShard, ShardAccident, StoreRefused
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import as_record, digest
from adapters.rows import Batch, Kind, Place, PositionRow, Wanted
from consumers.assembly import Assembly, Held, Rules, Writer
from consumers.failures import Treatment, treatment
from consumers.reading import Read, Reader
from consumers.takeover import RETENTION, Emission, Log, Unit, take_over
from contracts.commands import DiscardQuarantined, ReleaseQuarantine
from contracts.topics import COMMANDS
from contracts.wire import Record

LOG: Final = structlog.get_logger("hub.shard")
TICK_SECONDS: Final = 0.5
CACHED_ORDERS: Final = 2_000
MAX_RECORDS: Final = 2_000
POISON_LIMIT: Final = 200
"""Dead letters in a row on one partition after which it is paused: a broken partner must not fill the dead letters."""
BUG_LIMIT: Final = 5
QUARANTINE_LIMIT: Final = 200
"""Orders in quarantine after which the shard stops: that many are a bad deploy, not bad orders."""


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
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


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
        self._consumer: Any = None
        self._batch = 0
        self._emitted = 0
        self._noted = 0
        self._positions: dict[Place, int] = {}
        self._fetched: dict[Place, int] = {}
        self._last: dict[Place, tuple[int, bytes]] = {}
        self._applied_at: dict[Place, datetime] = {}
        self._poison: Counter[Place] = Counter()
        self._paused: set[Place] = set()
        self._in_hand = False
        self._closing = False
        self._bugs = 0
        self._cache: OrderedDict[str, Held] = OrderedDict()
        self._ticker: asyncio.Task[None] | None = None

    # -- opening and closing ---------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Take the shard over and start reading from its position; raises ShardAccident or what the servers answer."""
        await self._take_over()
        subscriber = self.parts.broker.subscriber(
            partitions=[Assigned(self.parts.kafka.topic(topic), number) for topic, number in self.parts.places],
            batch=True,
            max_records=MAX_RECORDS,
            batch_timeout_ms=10,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="none",
            isolation_level="read_committed",
            persistent=False,
            parser=_parse,
            decoder=_decode,
        )
        subscriber(self._handle)
        self._subscriber = subscriber
        await subscriber.start()
        # No await between the start and the seeks: the subscriber's loop must not fetch from anywhere else.
        self._consumer = subscriber.consumer
        self._watch_fetches()
        self._seek()
        self.state = "running"
        self._ticker = asyncio.create_task(self._tick_forever(), name=f"shard-{self.number}-ticker")

    async def close(self) -> None:
        """Stop reading, let the batch in hand end, and let go of the servers."""
        self._closing = True
        self.state = "closed"
        ticker, self._ticker = self._ticker, None
        if ticker is not None and ticker is not asyncio.current_task():
            ticker.cancel()
            with suppress(asyncio.CancelledError):
                await ticker
        if self._subscriber is not None:
            await self._subscriber.stop()
        async with self._lock:
            await self.parts.emission.close()
            await self.parts.unit.close()

    async def _take_over(self) -> None:
        parts = self.parts
        self._cache.clear()
        standing = await take_over(parts.unit, parts.emission, parts.log, parts.writer, parts.places, parts.outbound)
        self._batch = self._emitted = standing.batch
        self._positions = dict(standing.positions)
        self._fetched = {}
        self._last = {}
        self._paused = set(standing.paused)
        self.counts["takeovers"] += 1
        self.counts["published again"] += standing.published
        LOG.info("shard taken over", shard=self.number, batch=standing.batch, published=standing.published)

    def _seek(self) -> None:
        for place, offset in self._positions.items():
            self._consumer.seek(self._partition(place), offset)
        for place in self._paused:
            self._consumer.pause(self._partition(place))

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self.parts.kafka.topic(place[0]), place[1])

    def _watch_fetches(self) -> None:
        """Note, in the same step in which records are handed over, how far the consumer has read."""
        consumer, fetch = self._consumer, self._consumer.getmany

        async def getmany(*arguments: Any, **named: Any) -> Any:
            records = await fetch(*arguments, **named)
            if records:
                self._in_hand = True
                for place in self.parts.places:
                    self._fetched[place] = await consumer.position(self._partition(place))
            return records

        consumer.getmany = getmany

    # -- a batch ---------------------------------------------------------------------------------------------------

    async def _handle(self, records: tuple[ConsumerRecord[bytes, bytes], ...]) -> None:
        async with self._guarded():
            try:
                if not self._closing:
                    await self._attempt(self._fresh(records))
            finally:
                self._in_hand = False

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[None]:
        """One batch at a time; nothing gets out of it: FastStream would swallow it and go on with the next records."""
        async with self._lock:
            try:
                yield
            except Exception as error:  # noqa: BLE001 - the shard can't go on here; another take-over can
                LOG.error("shard lost its way", shard=self.number, error=repr(error)[:500])
                self._leave("failed")

    def _fresh(self, records: Iterable[ConsumerRecord[bytes, bytes]]) -> list[Record]:
        """Return the records at or above their partition's position."""
        mine = (as_record(self.parts.kafka, record) for record in records)
        return [record for record in mine if record.offset >= self._positions[(record.topic, record.partition)]]

    async def _attempt(self, records: list[Record]) -> None:
        try:
            await failpoints.hit("fetched")
            await self._check_jumps(records)
            await self._process([self.parts.reader.read(record) for record in records], self._fetched)
            self._bugs = 0
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            await self._recover(error, records)

    async def _check_jumps(self, records: Sequence[Record]) -> None:
        """Stop rather than jump where the log's start has overtaken the position."""
        firsts: dict[Place, int] = {}
        for record in records:
            firsts.setdefault((record.topic, record.partition), record.offset)
        jumped = [place for place, offset in firsts.items() if offset > self._positions[place]]
        if not jumped:
            return
        starts = await self.parts.log.starts(jumped)
        for place in jumped:
            if starts[place] > self._positions[place]:
                what = f"{place[0]}/{place[1]} starts at {starts[place]}, past the position {self._positions[place]}"
                raise ShardAccident(self.number, what, RETENTION)

    async def _process(self, reads: Sequence[Read], ends: Mapping[Place, int], suspects: Sequence[Read] = ()) -> None:
        """Decide a batch, store it, publish it."""
        assembly = await self._assemble(reads)
        for read in reads:
            if any(read is suspect for suspect in suspects):
                assembly.suspend(read, "PostgreSQL can't store what came of this record")
            else:
                assembly.add(read)
        self._note_positions(assembly.batch, reads, ends)
        await self._commit(assembly)
        for read in reads:
            self._applied_at[(read.record.topic, read.record.partition)] = read.appended_at
        await self._limit_poison(reads)
        await self._limit_quarantine(assembly)

    async def _assemble(self, reads: Sequence[Read]) -> Assembly:
        wanted = self._wanted(reads)
        loaded = await self.parts.unit.load(wanted)
        keys = self._answerable(reads, {order_id for order_id in wanted.orders if order_id not in loaded.orders})
        if keys:
            loaded.answers = (await self.parts.unit.load(Wanted((), (), (), keys))).answers
        await self._load_resolved(reads, wanted, loaded)
        ids = {read.order_id for read in reads if read.order_id is not None} | set(loaded.references.values())
        assembly = Assembly(
            shard=self.number,
            batch=Batch(self._batch + 1),
            rules=self.parts.rules,
            writer=self.parts.writer,
            reader=self.parts.reader,
            loaded=loaded,
            held={order_id: self._cache[order_id] for order_id in ids if order_id in self._cache},
        )
        for read in reads:
            if read.decoded is not None and isinstance(read.decoded.message, ReleaseQuarantine | DiscardQuarantined):
                await self._load_quarantined(assembly, read.order_id or "")
        return assembly

    def _wanted(self, reads: Sequence[Read]) -> Wanted:
        known = [read for read in reads if read.order_id is not None and read.decoded is not None]
        references = {read.reference for read in reads if read.reference is not None}
        return Wanted(
            orders=[o for o in dict.fromkeys(r.order_id for r in known) if o is not None and o not in self._cache],
            events=[read.key for read in known],
            references=sorted(references),
            answers=(),
        )

    def _answerable(self, reads: Sequence[Read], unknown: set[str]) -> list[tuple[str, str, str]]:
        """Return the records that may have been answered without a journal row: commands, and what no order knows."""
        known = [read for read in reads if read.decoded is not None and read.order_id is not None]
        return [read.key for read in known if read.record.topic == COMMANDS.name or read.order_id in unknown]

    async def _load_resolved(self, reads: Sequence[Read], wanted: Wanted, loaded: Any) -> None:
        """Load the orders that references of this batch lead to."""
        named = [(r, loaded.references[r.reference]) for r in reads if r.reference in loaded.references]
        if not named:
            return
        missing = [o for o in dict.fromkeys(o for _, o in named) if o not in self._cache and o not in loaded.orders]
        keys = [(o, r.decoded.envelope.source, r.decoded.envelope.id) for r, o in named if r.decoded is not None]
        more = await self.parts.unit.load(Wanted(missing, keys, (), ()))
        loaded.orders |= more.orders
        loaded.seen |= more.seen

    async def _load_quarantined(self, assembly: Assembly, order_id: str) -> None:
        rows = await self.parts.unit.open_rows(Kind.QUARANTINED, order_id, limit=10_000)
        assembly.open_rows[order_id] = rows
        reads = [self.parts.reader.read(row.record, row.id) for row in rows]
        keys = [(order_id, r.decoded.envelope.source, r.decoded.envelope.id) for r in reads if r.decoded is not None]
        assembly.loaded.seen |= (await self.parts.unit.load(Wanted((), keys, (), ()))).seen

    def _note_positions(self, batch: Batch, reads: Sequence[Read], ends: Mapping[Place, int]) -> None:
        lasts: dict[Place, Record] = {(r.record.topic, r.record.partition): r.record for r in reads if r.row is None}
        moved = {place: max(end, self._positions[place]) for place, end in ends.items()}
        for place, record in lasts.items():
            moved[place] = max(moved.get(place, 0), record.offset + 1)
        for place, offset in moved.items():
            last = lasts.get(place)
            if last is not None:
                mark = digest(last.key, last.value)
                batch.positions.append(PositionRow(place[0], place[1], offset, last.offset, mark))
            elif offset > self._positions[place]:
                batch.positions.append(PositionRow(place[0], place[1], offset))

    async def _commit(self, assembly: Assembly) -> None:
        """Store, then publish; from here on only success or a take-over."""
        messages = assembly.finish()
        await self._name_parked(assembly)
        await failpoints.hit("decided")
        batch = assembly.batch
        await self.parts.unit.persist(batch, self._emitted)
        self._batch = batch.number
        for row in batch.positions:
            self._positions[(row.topic, row.partition)] = row.next_offset
        await self.parts.emission.emit(messages, self._positions, batch.number)
        self._emitted = batch.number
        self._remember(assembly)
        self.counts.update(assembly.counts)
        self.counts["batches"] += 1
        self.counts["messages"] += len(messages)

    async def _name_parked(self, assembly: Assembly) -> None:
        """Let each row of a parked fact that is applied now name the row in which it was parked."""
        journal = assembly.batch.journal
        first = {(r.order_id, r.source, r.event_id): r.seq for r in journal if r.refers_to is None}
        wanted = [(r.order_id, r.source, r.event_id) for r in journal if r.refers_to is not None]
        missing = [key for key in wanted if key not in first]
        if missing:
            first |= await self.parts.unit.parked_seqs(missing)
        for index, row in enumerate(journal):
            if row.refers_to is not None:
                journal[index] = replace(row, refers_to=first[(row.order_id, row.source, row.event_id)])

    def _remember(self, assembly: Assembly) -> None:
        for order_id, held in assembly.held.items():
            if held.seq:
                self._cache[order_id] = held
                self._cache.move_to_end(order_id)
        while len(self._cache) > CACHED_ORDERS:
            self._cache.popitem(last=False)

    async def _limit_poison(self, reads: Sequence[Read]) -> None:
        for read in reads:
            place = (read.record.topic, read.record.partition)
            self._poison[place] = self._poison[place] + 1 if read.fault is not None else 0
        for place, count in self._poison.items():
            if count >= POISON_LIMIT and place not in self._paused:
                reason = f"{count} records in a row could not be read"
                await self.parts.unit.pause(place[0], place[1], reason)
                self._paused.add(place)
                self._consumer.pause(self._partition(place))
                LOG.error("partition paused", shard=self.number, topic=place[0], partition=place[1], reason=reason)

    async def _limit_quarantine(self, assembly: Assembly) -> None:
        count = len(assembly.loaded.quarantined)
        if assembly.counts["quarantined orders"] and count > QUARANTINE_LIMIT:
            raise ShardAccident(self.number, f"{count} orders are in quarantine", "Look for a bad deploy, then resume")

    # -- failures --------------------------------------------------------------------------------------------------

    async def _recover(self, error: BaseException, records: Sequence[Record]) -> None:
        what = treatment(error)
        LOG.warning("batch failed", shard=self.number, treatment=what.value, error=repr(error)[:500])
        self.counts[f"failed: {what.value}"] += 1
        self._cache.clear()
        if what is Treatment.LEAVE:
            self._leave("lost")
        elif what is Treatment.STOP:
            await self._stop(str(error))
        elif what is Treatment.HALVE and records:
            await self._halve(records)
        elif what in (Treatment.BUG, Treatment.HALVE) and self._bugs >= BUG_LIMIT:
            await self._stop(f"{type(error).__name__}: {error}")
        else:
            self._bugs += what in (Treatment.BUG, Treatment.HALVE)
            await self._retake()

    async def _halve(self, records: Sequence[Record]) -> bool:
        """Store ever smaller beginnings until the record that is refused is alone; False where it was broken off."""
        if len(records) == 1:
            read = self.parts.reader.read(records[0])
            return await self._try([read], suspects=[read])
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
            wait=wait_exponential_jitter(multiplier=0.05, max=5),
            retry=retry_if_exception(self._worth_retrying),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    if self._closing:
                        return
                    await self._take_over()
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            if treatment(error) is Treatment.LEAVE or self._closing:
                self._leave("lost")
            else:
                await self._stop(str(error))
            return
        self._seek()
        self.state = "running"

    def _worth_retrying(self, error: BaseException) -> bool:
        if self._closing or not isinstance(error, Exception):
            return False
        LOG.warning("take-over failed", shard=self.number, error=repr(error)[:300])
        what = treatment(error)
        self._bugs += what is Treatment.BUG
        return what is Treatment.TAKE_OVER or (what is Treatment.BUG and self._bugs < BUG_LIMIT)

    async def _stop(self, reason: str) -> None:
        """Stop until a person has looked, and write down why."""
        LOG.error("shard stopped", shard=self.number, reason=reason)
        with suppress(Exception):
            await self.parts.unit.stop_shard(reason)
        self._leave("stopped")

    def _leave(self, state: str) -> None:
        self.state = state
        self._closing = True
        self._on_leave(self.number)

    # -- what happens without records --------------------------------------------------------------------------------

    async def _tick_forever(self) -> None:
        while not self._closing:
            await asyncio.sleep(TICK_SECONDS)
            if self._lock.locked():
                continue
            async with self._guarded():
                if self.state == "running" and not self._closing:
                    await self._tick()

    async def _tick(self) -> None:
        """Fire timers, look references up again, move idle positions, copy Kafka's mark."""
        try:
            await self._follow_pauses()
            ends = await self._idle_positions()
            timers = await self._due()
            waiting = await self.parts.unit.explained(self.parts.clock())
            if timers or waiting or ends:
                await self._process_tick(timers, waiting, ends)
            elif self._noted < self._emitted:
                await self.parts.unit.note_emitted(self._emitted)
                self._noted = self._emitted
        except Exception as error:  # noqa: BLE001 - the table of failures says what each is
            await self._recover(error, ())

    async def _follow_pauses(self) -> None:
        """Read on where an operator has resumed a partition."""
        if not self._paused:
            return
        for place in self._paused - await self.parts.unit.paused():
            self._paused.discard(place)
            self._poison[place] = 0
            self._consumer.resume(self._partition(place))
            LOG.info("partition resumed", shard=self.number, topic=place[0], partition=place[1])

    async def _process_tick(self, timers: Sequence[Any], waiting: Sequence[Any], ends: Mapping[Place, int]) -> None:
        reads = [self.parts.reader.read(row.record, row.id) for row in waiting]
        assembly = await self._assemble(reads)
        clock = self.parts.clock()
        for timer in timers:
            assembly.fire(timer)
        for row, read in zip(waiting, reads, strict=True):
            if read.reference not in assembly.loaded.references and row.deadline is not None and row.deadline <= clock:
                assembly.expire(read)
            else:
                assembly.add(read)
        self._note_positions(assembly.batch, [], ends)
        batch = assembly.batch
        if batch.set_aside or batch.journal or batch.closed or batch.positions:
            await self._commit(assembly)

    async def _idle_positions(self) -> dict[Place, int]:
        """Return how far the consumer has passed control and aborted records, when none of its records is in hand."""
        if self._in_hand:
            return {}
        moved = {}
        for place in self.parts.places:
            reached = await self._consumer.position(self._partition(place))
            if reached > self._positions[place]:
                moved[place] = reached
        return {} if self._in_hand else moved

    async def _due(self) -> list[Any]:
        """Return the timers that are due by the shard's own clock."""
        now = self.parts.clock()
        timers = await self.parts.unit.due(now)
        if not timers:
            return []
        clock = await self._shard_clock(now)
        return [timer for timer in timers if timer.due_at <= clock]

    async def _shard_clock(self, now: datetime) -> datetime:
        """Return the least append time that some partition is read to; now where all are read to their ends."""
        reading = [place for place in self.parts.places if place not in self._paused]
        ends = await self.parts.log.ends(reading)
        behind = [place for place in reading if self._positions[place] < ends[place]]
        return min((self._applied_at.get(place, now - timedelta(days=3650)) for place in behind), default=now)


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
