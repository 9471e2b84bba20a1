"""Where a shard stands in its partitions: what it read, what it stored, what is paused, and how late it is."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiokafka import ConsumerRecord, TopicPartition

from adapters.errors import ReaderEnded, ShardAccident
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.records import as_record, digest
from adapters.kafka.tolerance import CannotDecode, tolerant
from adapters.rows.batch import Batch
from adapters.rows.positions import Place, PositionRow
from consumers.shard.alignment import Aligned, Pace
from consumers.shard.limits import Limits
from consumers.shard.poison import NAMELESS, UNREADABLE, Poison
from consumers.shard.ports import Log, Unit
from consumers.shard.reading import Read, Reader
from consumers.shard.sight import BLIND, blindness
from consumers.shard.takeover import RETENTION
from consumers.shard.watch import Watch
from contracts.wire import Record

LOG: Final = structlog.get_logger("hub.cursor")
LONG_AGO: Final = timedelta(days=3650)


class Cursor:
    """The positions of one shard and the consumer that follows them.

    `positions` are the next offsets that are stored; `in_hand` is true from the step in which the consumer hands
    records over until they are handled; `failed` is what the consumer couldn't read on for.
    """

    def __init__(
        self, shard: int, kafka: KafkaConnection, log: Log, places: Sequence[Place], limits: Limits | None = None
    ) -> None:
        self.positions: dict[Place, int] = {}
        self.fetched: dict[Place, int] = {}
        self.in_hand = False
        self.failed: Exception | None = None
        self._shard = shard
        self._kafka = kafka
        self._log = log
        self._places = places
        self._consumer: Any = None
        self._aligned: Any = None
        self._paused: set[Place] = set()
        self._limits = limits or Limits()
        self._poison = Poison(self._limits)
        self._applied_at: dict[Place, datetime] = {}
        self._refused: dict[Place, str] = {}

    def reset(self, positions: Mapping[Place, int], paused: set[Place]) -> None:
        """Stand where the take-over found the shard."""
        self.positions, self.fetched, self._paused, self.failed = dict(positions), {}, set(paused), None

    def follow(self, consumer: Any, pace: Pace | None = None) -> None:
        """Have a consumer read from the positions on; it must not have fetched anything yet."""
        self._consumer = tolerant(consumer, self._refuse)
        partitions = [self._partition(place) for place in self._places]
        aligned = self._aligned = Aligned(consumer, partitions, pace)

        async def getmany(*, timeout_ms: int, max_records: int) -> Any:
            try:
                records = await aligned.take(timeout_ms, max_records)
            except Exception as error:  # FastStream would only log it and try again, for ever
                self.failed = error
                raise
            if not records:
                return {}
            self.in_hand = True  # noted in the same step in which the records are handed over
            for place in self._places:
                self.fetched[place] = await aligned.reached(self._partition(place))
            return {partitions[0]: records}  # FastStream strings the lists together

        consumer.getmany = getmany
        self.seek()

    def _refuse(self, error: CannotDecode) -> None:
        """Read no further in a partition that can't be decoded; `look` writes down why."""
        place = (self._kafka.name(error.partition.topic), error.partition.partition)
        self._refused[place] = f"it can't be decoded at offset {error.offset}: {error.why}"
        self._pause(place)

    def seek(self) -> None:
        """Read from the positions on; what was fetched beyond them is forgotten."""
        for place, offset in self.positions.items():
            self._aligned.seek(self._partition(place), offset)
        for place in self._paused:
            self._aligned.pause(self._partition(place))

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self._kafka.topic(place[0]), place[1])

    def fresh(self, records: Iterable[ConsumerRecord[bytes, bytes]]) -> list[Record]:
        """Return the records at or above their partition's position."""
        mine = (as_record(self._kafka, record) for record in records)
        return [record for record in mine if record.offset >= self.positions[(record.topic, record.partition)]]

    async def check_jumps(self, records: Sequence[Record]) -> None:
        """Stop rather than jump where the log's start has overtaken the position; raises ShardAccident."""
        firsts: dict[Place, int] = {}
        for record in records:
            firsts.setdefault((record.topic, record.partition), record.offset)
        jumped = [place for place, offset in firsts.items() if offset > self.positions[place]]
        if not jumped:
            return
        starts = await self._log.starts(jumped)
        for place in jumped:
            if starts[place] > self.positions[place]:
                what = f"{place[0]}/{place[1]} starts at {starts[place]}, past the position {self.positions[place]}"
                raise ShardAccident(self._shard, what, RETENTION)

    def note(self, batch: Batch, reads: Sequence[Read], ends: Mapping[Place, int]) -> None:
        """Write into a batch how far it reads, with the last record of each partition."""
        lasts = {(read.record.topic, read.record.partition): read.record for read in reads if read.row is None}
        moved = {place: max(end, self.positions[place]) for place, end in ends.items()}
        for place, record in lasts.items():
            moved[place] = max(moved.get(place, 0), record.offset + 1)
        for place, offset in moved.items():
            last = lasts.get(place)
            if last is not None:
                mark = digest(last.key, last.value)
                batch.positions.append(PositionRow(place[0], place[1], offset, last.offset, mark))
            elif offset > self.positions[place]:
                batch.positions.append(PositionRow(place[0], place[1], offset))

    def after(self, batch: Batch) -> dict[Place, int]:
        """Return the positions as they are once a batch is in the store."""
        return self.positions | {(row.topic, row.partition): row.next_offset for row in batch.positions}

    async def look(self, unit: Unit, watch: Watch, now: datetime) -> None:
        """See that the log is still the one that was read, and that no open transaction holds a partition up.

        Raises ShardAccident where it is another one, else what the consumer could not read on for.
        """
        for place, why in list(self._refused.items()):
            await unit.positions.pause(*place, why)
            del self._refused[place]
            LOG.error("partition paused", shard=self._shard, topic=place[0], partition=place[1], reason=why)
        failed, self.failed = self.failed, None
        await watch.look(unit, self._consumer, self.positions, now, suspect=failed is not None)
        if failed is not None:
            raise failed

    async def idle(self) -> dict[Place, int]:
        """Return how far the consumer has passed control and aborted records, when none of its records is in hand.

        Raises ReaderEnded: a consumer whose fetching task failed hands over nothing any more, and says nothing of it.
        """
        if self._consumer._fetcher.error_future.done():
            raise ReaderEnded(self._shard)
        if self.in_hand:
            return {}
        moved = {}
        for place in self._places:
            reached = await self._aligned.reached(self._partition(place))
            if reached > self.positions[place]:
                moved[place] = reached
        return {} if self.in_hand else moved

    def lag(self) -> dict[Place, int]:
        """Return how many records of each partition lie ahead of its position, as far as the consumer has heard."""
        if self._consumer is None:
            return {}
        heard = {place: self._consumer.highwater(self._partition(place)) for place in self._places}
        positions = self.positions
        return {place: max(0, end - positions[place]) for place, end in heard.items() if end is not None}

    def applied(self, reads: Sequence[Read]) -> None:
        """Note the append times of records that are applied."""
        for read in reads:
            self._applied_at[(read.record.topic, read.record.partition)] = read.appended_at

    async def clock(self, now: datetime) -> datetime:
        """Return the shard's time: the least append time that a partition is read to; now where all are at their ends.

        So a deadline never overtakes an answer that already waits in the log.
        """
        reading = [place for place in self._places if place not in self._paused]
        ends = await self._log.ends(reading)
        behind = [place for place in reading if self.positions[place] < ends[place]]
        return min((self._applied_at.get(place, now - LONG_AGO) for place in behind), default=now)

    async def limit_poison(self, unit: Unit, reads: Sequence[Read], reader: Reader) -> None:
        """Tell a person where too much can't be read; raises ShardAccident where it is this hub that can't read."""
        for read in reads:
            if read.row is None and not read.is_forged:  # a stranger must not bring what the hub wrote to a stand
                place = (read.record.topic, read.record.partition)
                self._poison.count(place, read.record.offset, read.source, unreadable=read.fault is not None)
        for much in list(self._poison.too_much()):
            why = blindness(reader, much)
            if why is not None:
                raise ShardAccident(self._shard, f"{much.what}; {why}", BLIND)
            await unit.attention.note(UNREADABLE if much.source else NAMELESS, much.what)
            shown = {"topic": much.place[0], "partition": much.place[1], "source": much.source}
            LOG.error("too much is unreadable", shard=self._shard, reason=much.reason, **shown)

    def _pause(self, place: Place) -> None:
        self._paused.add(place)
        if self._aligned is not None:  # a shard that reads again has none yet; `follow` pauses what is paused
            self._aligned.pause(self._partition(place))

    def follow_pauses(self, paused: Collection[Place]) -> None:
        """Read on where an operator has resumed a partition, and no further where one has paused it."""
        for place in self._paused - set(paused) - set(self._refused):
            self._paused.discard(place)
            self._poison.forget(place)
            self._aligned.resume(self._partition(place))
            LOG.info("partition resumed", shard=self._shard, topic=place[0], partition=place[1])
        for place in set(paused) - self._paused:
            self._pause(place)
            LOG.info("partition paused by an operator", shard=self._shard, topic=place[0], partition=place[1])
