"""The third check: every message that a row holds is in the log once, unchanged and in its place."""

from collections.abc import Callable, Mapping
from typing import Final

from adapters.postgres.acceptance import RESTORE
from adapters.rows.positions import Place, place_of
from contracts.topics import OUTBOUND
from contracts.wire import Record
from verification.evidence import INBOUND_TOPICS, Evidence
from verification.growths import Growths
from verification.messages import expected
from verification.report import Findings

MESSAGES: Final = "messages that the hub published"
UNPUBLISHED: Final = "messages not published yet"
CHUNK: Final = 1_000
"""Messages that are written down together."""


_STATES: Final = frozenset(topic.name for topic in OUTBOUND if topic.compacted)
"""Topics of which the newest record of a key replaces the others."""


class Outbound:
    """Compares what the hub published with what its rows say. The messages of a `running` hub may be on their way."""

    def __init__(self, evidence: Evidence, findings: Findings, *, running: bool) -> None:
        self._evidence = evidence
        self._ledger = evidence.ledger
        self._findings = findings
        self._running = running

    async def compare(self, emitted: Mapping[int, int], growths: Growths, progress: Callable[[int, int], None]) -> None:
        """Compare all messages. `emitted` is the last batch of each shard that was certainly published."""
        await self._read(progress)
        await self._expect(emitted, growths)
        await self._restored()
        self._tell()

    async def _read(self, progress: Callable[[int, int], None]) -> None:
        """Read all that only the hub writes: outbound topics and dead letters."""
        spans = {place: span for place, span in self._evidence.spans.items() if place[0] not in INBOUND_TOPICS}
        total, done = sum(end - start for start, end in spans.values()), 0
        cut: dict[Place, int | None] = {place: None for place, (start, _) in spans.items() if start > 0}
        self._evidence.reader.open(spans)
        async for records in self._evidence.reader.all():
            place = records[0].topic, records[0].partition
            if place in cut and cut[place] is None:
                cut[place] = records[0].appended_at
            self._note(records)
            done += len(records)
            progress(done, total)
        for place, first in cut.items():
            self._ledger.note_start(*place, first)

    def _note(self, records: list[Record]) -> None:
        if records[0].topic in _STATES:
            self._ledger.note_status(records)
        else:
            self._ledger.find(records)

    async def _expect(self, emitted: Mapping[int, int], growths: Growths) -> None:
        """Write down every message that a row holds."""
        spans = self._evidence.spans
        counts = {name: 1 + max(p for topic, p in spans if topic == name) for name in {t for t, _ in spans}}
        rows: list[tuple[object, ...]] = []
        fired: list[tuple[str, str]] = []
        async for row in self._evidence.snapshot.published():
            pending = row["batch"] > emitted.get(row["shard"], -1)
            rows.extend(expected(row, growths.writer(row["shard"], row["batch"]), counts, pending=pending))
            if row.get("kind") == "timer":
                fired.append((row["order_id"], row["detail"]))
            if len(rows) >= CHUNK:
                self._ledger.expect(rows)
                self._ledger.note_fired(fired)
                rows, fired = [], []
        self._ledger.expect(rows)
        self._ledger.note_fired(fired)
        self._ledger.index()

    async def _restored(self) -> None:
        """Remove from the ledger what accepted restores explain, and only that."""
        for row in await self._evidence.snapshot.accepted(RESTORE):
            ends = [(*place_of(name), end) for name, end in row["ends"].items()]
            self._findings.repeated += self._ledger.explain(row["shard"], row["batch"], ends)

    def _tell(self) -> None:
        findings = self._findings
        count, findings.messages, findings.expired, findings.unpublished = self._ledger.counts()
        findings.count(MESSAGES, count)
        for deviation in self._ledger.deviations():
            findings.differ(MESSAGES, deviation.kind, deviation.where, deviation.detail)
        if findings.unpublished:
            findings.count(UNPUBLISHED, findings.unpublished)
            if not self._running:
                detail = f"{findings.unpublished} messages are stored and wait for their shard to be taken over"
                findings.differ(UNPUBLISHED, "unpublished", "journal and set_aside", detail)
