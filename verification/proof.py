"""The verification: from outside the pipeline, record by record, row by row and message by message."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import create_async_engine

from adapters.kafka import topics
from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import Log
from adapters.kafka.records import digest
from adapters.postgres.acceptance import RESTORE, TOPIC, place_of
from adapters.postgres.tables.set_aside import set_aside
from adapters.rows.positions import Origin, Place
from contracts.partitioning import murmur2
from contracts.topics import INBOUND, ORDER_STATUS, TOPICS
from contracts.wire import Outgoing, Record, unpack
from verification import positions
from verification.endings import rows_by_offset
from verification.growths import Growths
from verification.inbound import Inbound
from verification.joined import Joined
from verification.ledger import Ledger
from verification.messages import BATCH_STEP, ROW_STEP, fingerprint, identity, is_repeat, written_by_the_hub
from verification.orders import Orders
from verification.positions import Marks
from verification.reading import PartitionReader
from verification.report import Findings, Report
from verification.snapshot import Snapshot

MESSAGES: Final = "messages that the hub published"
UNREAD: Final = "records not read yet"
UNPUBLISHED: Final = "messages not published yet"
CHUNK: Final = 1_000
_INBOUND: Final = frozenset(topic.name for topic in INBOUND)

Progress = Callable[[str, int, int], None]
"""Told what is compared now, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What to verify: the hub on this Kafka and this database, with so many shards.

    While the hub runs, records wait and batches are on their way: `running` counts these without calling them
    differences. `limit` bounds the differences listed for each check; all are counted. `ahead` is how far the clock of
    some hub processes was moved. `others` are the databases that hold the other shards of a hub with several.
    """

    kafka: KafkaConnection
    database_url: str
    shards: int
    running: bool = False
    limit: int = 50
    ahead: timedelta = timedelta()
    others: Sequence[str] = ()


async def verify(settings: Verification, progress: Progress | None = None) -> Report:
    """Compare log, journal and orders; nothing is changed, memory is bounded by pages and batches."""
    urls = [settings.database_url, *settings.others]
    engines = [create_async_engine(url, pool_size=1, max_overflow=0) for url in urls]
    log = Log(settings.kafka)
    try:
        async with AsyncExitStack() as stack:
            reader = await stack.enter_async_context(PartitionReader(settings.kafka))
            # The log's marks first, the store's snapshot then: what was published by then is stored in the snapshot.
            marks, ends = await _marks(settings, log, reader)
            parts = [Snapshot(await stack.enter_async_context(engine.connect())) for engine in engines]
            snapshot = parts[0] if len(parts) == 1 else Joined(parts)
            await snapshot.begin()
            now = {place: end for place, (_, end) in (await reader.spans(list(marks.ends))).items()}
            ledger = stack.enter_context(Ledger())
            proof = _Proof(
                settings, snapshot, reader, ledger, marks, ends, now, await snapshot.forged(), progress or _silent
            )
            return await proof.run()
    finally:
        await log.close()
        for engine in engines:
            await engine.dispose()


def _silent(name: str, done: int, total: int) -> None:
    """Tell nobody."""


async def _marks(
    settings: Verification, log: Log, reader: PartitionReader
) -> tuple[Marks, dict[Place, tuple[int, int]]]:
    """Return the marks of the inbound partitions, and where every partition starts and ends."""
    names = [topic.name for topic in TOPICS] + [topic.dead_letters for topic in INBOUND]
    admin = settings.kafka.admin()
    await admin.start()
    try:
        there = await topics.partitions(admin, [settings.kafka.topic(name) for name in names])
    finally:
        await admin.close()
    places = [(name, p) for name in names for p in range(there.get(settings.kafka.topic(name), 0))]
    inbound = [place for place in places if place[0] in _INBOUND]
    committed = await log.committed(inbound, wait=False)
    spans = await reader.spans(places)
    starts, ends = ({place: spans[place][side] for place in inbound} for side in (0, 1))
    return Marks(starts, ends, committed), spans


@dataclass(slots=True)
class _Proof:
    """One verification under way; `ends` are (start, end) of all partitions, `now` later ends of the inbound ones."""

    settings: Verification
    snapshot: Snapshot
    reader: PartitionReader
    ledger: Ledger
    marks: Marks
    ends: Mapping[Place, tuple[int, int]]
    now: Mapping[Place, int]
    forged: Collection[Origin]
    """Records that only claim to be written by the hub: they prove nothing of what it wrote."""
    progress: Progress

    async def run(self) -> Report:
        findings = Findings(self.settings.limit)
        shards = list(await self.snapshot.shards())
        if len(shards) != self.settings.shards:
            detail = f"the store has {len(shards)} shards, not {self.settings.shards}; set HUB_SHARDS={len(shards)}"
            findings.differ(positions.CHECK, "position", "shards", detail)
        stored = await self.snapshot.positions()
        emitted = {row["k"]: self._emitted(row) for row in shards}
        growths = Growths.of(await self.snapshot.growths(), self.settings.shards)
        findings.set_aside_rows = await self.snapshot.count(set_aside)
        since = await self._anew()
        marks = Marks(self.marks.starts, self.now, self.marks.committed)
        positions.compare(marks, stored, shards, findings, running=self.settings.running)
        await self._inbound(stored, since, findings)
        await self._outbound()
        await self._expected(emitted, growths)
        await self._restored(findings)
        self._messages(findings)
        orders = Orders(
            self.snapshot,
            self.ledger,
            findings,
            growths,
            lambda shard, batch: batch > emitted.get(shard, batch),
        )
        await orders.compare(lambda done: self.progress("orders", done, 0))
        return findings.report()

    def _emitted(self, shard: Mapping[str, Any]) -> int:
        """Return the last batch that was certainly published before we looked."""
        marked = self.marks.emitted(shard["k"], self.settings.shards)
        return int(shard["emitted"]) if marked is None else marked

    # -- inbound ---------------------------------------------------------------------------------------------------

    async def _anew(self) -> dict[Place, datetime]:
        """Return from when on rows are about the new topic, where one was made anew and an operator accepted it."""
        since: dict[Place, datetime] = {}
        for row in await self.snapshot.accepted(TOPIC):
            for name in row["ends"]:
                place = place_of(name)
                since[place] = row["since"]
                self.ledger.note_start(*place, int(row["since"].timestamp() * 1000))
        return since

    async def _restored(self, findings: Findings) -> None:
        """Take out of the ledger what accepted restores explain, and only that."""
        for row in await self.snapshot.accepted(RESTORE):
            ends = [(*place_of(name), end) for name, end in row["ends"].items()]
            findings.repeated += self.ledger.explain(row["shard"], row["batch"], ends)

    async def _inbound(
        self, stored: Mapping[Place, Mapping[str, Any]], since: Mapping[Place, datetime], findings: Findings
    ) -> None:
        """Join every inbound partition with its rows; what the hub itself wrote there goes to the ledger, too."""
        inbound = Inbound(self.snapshot, findings, (self.settings.ahead,), since)
        total = sum(end - self.marks.starts[place] for place, end in self.now.items())
        done = 0
        self.reader.open({place: (self.marks.starts[place], end) for place, end in self.now.items()})
        for place, end in self.now.items():
            start = self.marks.starts[place]
            row = stored.get(place)
            position = start if row is None else row["next_offset"]
            records = self._read(place, position, row, findings)
            own = since.get(place)
            rows = rows_by_offset(self.snapshot.decided(place, start, own), self.snapshot.put_aside(place, start, own))
            await inbound.compare(records, rows, f"{place[0]}/{place[1]}")
            done += end - start
            self.progress("records", done, total)
        if findings.unread:
            findings.count(UNREAD, findings.unread)
        for place in sorted(await self.snapshot.places() - set(self.now)):
            findings.differ(UNREAD, "unfounded", f"{place[0]}/{place[1]}", "rows name this partition; there is none")

    async def _read(
        self, place: Place, position: int, row: Mapping[str, Any] | None, findings: Findings
    ) -> AsyncIterator[Record]:
        """Yield the records below the position; count those behind it, and keep what the hub wrote."""
        last = None if row is None else row["last_offset"]
        written: list[Record] = []
        unread = 0
        async for record in self.reader.one(place):
            mine = written_by_the_hub(record.topic, record.headers) and (*place, record.offset) not in self.forged
            if mine and record.offset < self.ends[place][1]:
                self._note_start(record, written)
            if last == record.offset and row is not None and digest(record.key, record.value) != row["digest"]:
                fault = "isn't the record that was read there: the topic was made anew"
                findings.differ(positions.CHECK, "changed", f"record {record.place}", fault)
            if record.offset < position:
                yield record
            else:
                unread += 1
            if len(written) >= CHUNK:
                self.ledger.find(written)
                written.clear()
        self.ledger.find(written)
        findings.unread += unread
        if unread and not self.settings.running:
            findings.differ(UNREAD, "unread", f"{place[0]}/{place[1]}", f"{unread} records from {position} on")

    def _note_start(self, record: Record, written: list[Record]) -> None:
        place = (record.topic, record.partition)
        if not written and self.ends[place][0] > 0:
            self.ledger.note_start(record.topic, record.partition, record.appended_at)
        written.append(record)

    # -- outbound --------------------------------------------------------------------------------------------------

    async def _outbound(self) -> None:
        """Read all that only the hub writes: outbound topics and dead letters."""
        spans = {place: span for place, span in self.ends.items() if place[0] not in _INBOUND}
        total = sum(end - start for start, end in spans.values())
        done = 0
        self.reader.open(spans)
        async for records in self.reader.all():
            place = (records[0].topic, records[0].partition)
            if place[0] == ORDER_STATUS.name:
                self.ledger.note_status(records)
            else:
                if spans[place][0] > 0:
                    self.ledger.note_start(*place, records[0].appended_at)
                self.ledger.find(records)
            done += len(records)
            self.progress("messages", done, total)

    async def _expected(self, emitted: Mapping[int, int], growths: Growths) -> None:
        """Write down every message that a row holds."""
        counts = {name: 1 + max(p for topic, p in self.ends if topic == name) for name in {t for t, _ in self.ends}}
        rows: list[tuple[object, ...]] = []
        fired: list[tuple[str, str]] = []
        async for row in self.snapshot.published():
            pending = row["batch"] > emitted.get(row["shard"], -1)
            rows.extend(_rows(row, growths.writer(row["shard"], row["batch"]), counts, pending=pending))
            if row.get("kind") == "timer":
                fired.append((row["order_id"], row["detail"]))
            if len(rows) >= CHUNK:
                self.ledger.expect(rows)
                self.ledger.note_fired(fired)
                rows, fired = [], []
        self.ledger.expect(rows)
        self.ledger.note_fired(fired)
        self.ledger.index()

    def _messages(self, findings: Findings) -> None:
        expected, found, findings.expired, findings.unpublished = self.ledger.counts()
        findings.messages = found
        findings.count(MESSAGES, expected)
        for deviation in self.ledger.deviations():
            findings.differ(MESSAGES, deviation.kind, deviation.where, deviation.detail)
        if findings.unpublished:
            findings.count(UNPUBLISHED, findings.unpublished)
            if not self.settings.running:
                detail = f"{findings.unpublished} messages are stored and wait for their shard to be taken over"
                findings.differ(UNPUBLISHED, "unpublished", "journal and set_aside", detail)


def _rows(
    row: Mapping[str, Any], shard: int, counts: Mapping[str, int], *, pending: bool
) -> Iterator[tuple[object, ...]]:
    """Yield the messages of a row that a shard wrote as the ledger expects them."""
    aside = "kind" in row
    origin = f"set_aside row {row['id']}" if aside else f"order {row['order_id']} journal row {row['seq']}"
    recorded = int(row["recorded_at"].timestamp() * 1000)
    place = row["batch"] * BATCH_STEP + row["n"] * ROW_STEP
    for number, message in enumerate(unpack(row["messages"])):
        yield (
            message.topic,
            identity(message.topic, message.headers),
            _partition(message, counts),
            shard,
            place + number,
            is_repeat(message.headers),
            pending,
            fingerprint(message),
            origin,
            recorded,
        )


def _partition(message: Outgoing, counts: Mapping[str, int]) -> int:
    """Return where a message belongs: the partition it names, or that of its key."""
    if message.partition is not None:
        return message.partition
    return (murmur2(message.key or b"") & 0x7FFFFFFF) % counts.get(message.topic, 1)
