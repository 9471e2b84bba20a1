"""The verification: from outside the pipeline, record by record, row by row and message by message."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from ssl import SSLContext

from sqlalchemy.ext.asyncio import create_async_engine

from adapters.kafka.connection import KafkaConnection
from adapters.kafka.log import Log
from adapters.postgres.tables.set_aside import set_aside
from verification import positions
from verification.clocks import Clocks
from verification.evidence import Evidence, look_at_log, not_older
from verification.growths import Growths
from verification.inbound import Inbound
from verification.joined import Joined
from verification.ledger import Ledger
from verification.outbound import Outbound
from verification.partitions import Partitions
from verification.positions import Marks
from verification.reading import PartitionReader
from verification.report import Findings, Report
from verification.snapshot import Row, Snapshot
from verification.subjects import Subjects

Progress = Callable[[str, int, int], None]
"""Told what is compared now, how much of it is done, and the total."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What to verify: the hub on this Kafka and this database, with so many shards.

    While the hub is `running`, records wait and batches are on their way. They are counted, but are no differences.
    `limit` bounds the differences listed for each check; all are counted. `others` are the databases that
    hold the other shards of a hub with several. With `tls` connections to all of them are encrypted.
    """

    kafka: KafkaConnection
    database_url: str
    shards: int
    running: bool = False
    limit: int = 50
    others: Sequence[str] = ()
    tls: SSLContext | None = None


async def verify(settings: Verification, progress: Progress | None = None) -> Report:
    """Compare log, journal and orders. Nothing is changed; memory is bounded by pages and batches."""
    urls = [settings.database_url, *settings.others]
    secured = {} if settings.tls is None else {"ssl": settings.tls}
    engines = [
        create_async_engine(url, pool_size=1, max_overflow=0, hide_parameters=True, connect_args=secured)
        for url in urls
    ]
    log = Log(settings.kafka)
    try:
        async with AsyncExitStack() as stack:
            reader = await stack.enter_async_context(PartitionReader(settings.kafka))
            # First the log's marks, then the store's snapshot: what was published by then is stored in the snapshot.
            marks, spans = await look_at_log(settings.kafka, log, reader)
            parts = [Snapshot(await stack.enter_async_context(engine.connect())) for engine in engines]
            snapshot = parts[0] if len(parts) == 1 else Joined(parts)
            await snapshot.begin()
            if not settings.running:
                marks = await not_older(marks, await snapshot.shards(), log)
            now = {place: end for place, (_, end) in (await reader.spans(list(marks.ends))).items()}
            ledger = stack.enter_context(Ledger())
            evidence = Evidence(snapshot, reader, ledger, marks, spans, now, await snapshot.forged())
            return await _Proof(settings, evidence, progress or _silent).run()
    finally:
        await log.close()
        for engine in engines:
            await engine.dispose()


def _silent(name: str, done: int, total: int) -> None:
    """Tell nobody."""


class _Proof:
    """One verification under way."""

    def __init__(self, settings: Verification, evidence: Evidence, progress: Progress) -> None:
        self._settings = settings
        self._evidence = evidence
        self._progress = progress
        self._findings = Findings(settings.limit)

    async def run(self) -> Report:
        """Run all checks."""
        snapshot, findings = self._evidence.snapshot, self._findings
        shards = list(await snapshot.shards())
        self._check_count(shards)
        emitted = {row["k"]: self._emitted(row) for row in shards}
        growths = Growths.of(await snapshot.growths(), self._settings.shards)
        findings.set_aside_rows = await snapshot.count(set_aside)
        await self._inbound(shards)
        outbound = Outbound(self._evidence, findings, running=self._settings.running)
        await outbound.compare(emitted, growths, partial(self._progress, "messages"))
        subjects = Subjects(
            snapshot,
            self._evidence.ledger,
            findings,
            growths,
            lambda shard, batch: batch > emitted.get(shard, batch),
        )
        await subjects.compare(lambda done: self._progress("aggregates", done, 0))
        return findings.report()

    def _check_count(self, shards: Sequence[Row]) -> None:
        wanted = self._settings.shards
        if len(shards) != wanted:
            detail = f"the store has {len(shards)} shards, not {wanted}; set HUB_SHARDS={len(shards)}"
            self._findings.differ(positions.CHECK, "position", "shards", detail)

    def _emitted(self, shard: Row) -> int:
        """Return the last batch that was certainly published before we looked."""
        marked = self._evidence.marks.emitted(shard["k"], self._settings.shards)
        return int(shard["emitted"]) if marked is None else marked

    async def _inbound(self, shards: Sequence[Row]) -> None:
        """Compare the positions, then every inbound partition."""
        evidence, findings, running = self._evidence, self._findings, self._settings.running
        stored = await evidence.snapshot.positions()
        since = await evidence.made_anew()
        marks = Marks(evidence.marks.starts, evidence.now, evidence.marks.committed)
        positions.compare(marks, stored, shards, findings, running=running)
        clocks = Clocks(await evidence.snapshot.moved_clocks())
        inbound = Inbound(evidence.snapshot, findings, clocks, since)
        partitions = Partitions(evidence, inbound, findings, stored, running=running)
        await partitions.compare(since, partial(self._progress, "records"))
