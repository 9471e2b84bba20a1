"""Every inbound partition read once: its records go to the first check, what the hub wrote there to the ledger."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Final

from adapters.kafka.records import digest
from adapters.rows.positions import Place
from contracts.wire import Record
from verification import positions
from verification.endings import rows_by_offset
from verification.evidence import Evidence
from verification.inbound import Inbound
from verification.messages import written_by_the_hub
from verification.report import Findings
from verification.snapshot import Row

UNREAD: Final = "records not read yet"
CHUNK: Final = 1_000
"""Records that are handed to the ledger together."""


class Partitions:
    """Reads the inbound partitions.

    `stored` are the positions in the store. The records of a `running` hub may wait to be read.
    """

    def __init__(
        self, evidence: Evidence, inbound: Inbound, findings: Findings, stored: Mapping[Place, Row], *, running: bool
    ) -> None:
        self._evidence = evidence
        self._inbound = inbound
        self._findings = findings
        self._stored = stored
        self._running = running

    async def compare(self, since: Mapping[Place, datetime], progress: Callable[[int, int], None]) -> None:
        """Join every inbound partition with its rows. `progress` is told the records done and their total."""
        starts, now = self._evidence.marks.starts, self._evidence.now
        snapshot = self._evidence.snapshot
        total, done = sum(end - starts[place] for place, end in now.items()), 0
        self._evidence.reader.open({place: (starts[place], end) for place, end in now.items()})
        for place, end in now.items():
            start, own = starts[place], since.get(place)
            rows = rows_by_offset(snapshot.decided(place, start, own), snapshot.put_aside(place, start, own))
            await self._inbound.compare(self._records(place), rows, f"{place[0]}/{place[1]}")
            done += end - start
            progress(done, total)
        if self._findings.unread:
            self._findings.count(UNREAD, self._findings.unread)
        for topic, partition in sorted(await snapshot.places() - set(now)):
            detail = "rows name this partition; there is none"
            self._findings.differ(UNREAD, "unfounded", f"{topic}/{partition}", detail)

    async def _records(self, place: Place) -> AsyncIterator[Record]:
        """Yield the records below the stored position. Count those behind it, and keep what the hub wrote."""
        row = self._stored.get(place)
        position = self._evidence.marks.starts[place] if row is None else row["next_offset"]
        written: list[Record] = []
        unread = 0
        first: int | None = None
        async for record in self._evidence.reader.one(place):
            first = record.appended_at if first is None else first
            if self._proves(record):
                self._keep(record, written)
            self._check_last(record, row)
            if record.offset < position:
                yield record
            else:
                unread += 1
        self._evidence.ledger.find(written)
        if self._evidence.marks.starts[place] > 0:
            self._evidence.ledger.note_start(*place, first)
        self._findings.unread += unread
        if unread and not self._running:
            detail = f"{unread} records from {position} on"
            self._findings.differ(UNREAD, "unread", f"{place[0]}/{place[1]}", detail)

    def _proves(self, record: Record) -> bool:
        """Tell whether a record shows what the hub wrote before we looked at its marks."""
        if not written_by_the_hub(record.topic, record.headers):
            return False
        place = (record.topic, record.partition)
        return (*place, record.offset) not in self._evidence.forged and record.offset < self._evidence.spans[place][1]

    def _keep(self, record: Record, written: list[Record]) -> None:
        """Keep a record for the ledger, and hand a full chunk over."""
        written.append(record)
        if len(written) >= CHUNK:
            self._evidence.ledger.find(written)
            written.clear()

    def _check_last(self, record: Record, row: Row | None) -> None:
        """Compare the record that was read last with what the store remembers of it."""
        if row is None or row["last_offset"] != record.offset:
            return
        if digest(record.key, record.value) != row["digest"]:
            fault = "isn't the record that was read there: the topic was made anew"
            self._findings.differ(positions.CHECK, "changed", f"record {record.place}", fault)
