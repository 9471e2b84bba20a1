"""The first check: every record read from a partition ended in exactly one way, and its rows say what it said."""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from typing import Final

from adapters.rows.positions import Place
from contracts.wire import Record
from verification.clocks import Clocks
from verification.endings import Rows, aside_name, decided_name, judge
from verification.records import as_edited, aside_faults, read, row_faults
from verification.repetitions import Repetitions, Unclaimed
from verification.report import Findings
from verification.snapshot import Snapshot

CHECK: Final = "records of the inbound topics"


class Inbound:
    """Compares the records of one partition after the other with the rows that name them.

    `clocks` know how far the hub's clock was moved when. Where a topic was made anew, `since` says from which time on
    rows are about the new one.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        findings: Findings,
        clocks: Clocks,
        since: Mapping[Place, datetime] | None = None,
    ) -> None:
        self._findings = findings
        self._clocks = clocks
        self._repetitions = Repetitions(CHECK, snapshot, findings, since or {})

    async def compare(self, records: AsyncIterator[Record], rows: AsyncIterator[Rows], where: str) -> None:
        """Join a partition's records with its rows, both sorted by offset, and count how each record ended."""
        held = await anext(rows, None)
        async for record in records:
            while held is not None and held.offset < record.offset:
                self._unfounded(held, where)
                held = await anext(rows, None)
            mine = Rows(record.offset)
            if held is not None and held.offset == record.offset:
                mine, held = held, await anext(rows, None)
            self._findings.facts += 1
            self._findings.count(CHECK)
            self._record(record, mine)
            if self._repetitions.is_full:
                await self._repetitions.settle()
        while held is not None:
            self._unfounded(held, where)
            held = await anext(rows, None)
        await self._repetitions.settle()

    def _unfounded(self, rows: Rows, where: str) -> None:
        for name in rows.names():
            detail = "names this record, which the log doesn't have or which wasn't read yet"
            self._findings.differ(CHECK, "unfounded", f"{name} at {where}/{rows.offset}", detail)

    def _record(self, record: Record, rows: Rows) -> None:
        end, fault = judge(rows)
        told = as_edited(record, rows.aside)
        decoded = read(told) if rows.decided or end == "unclaimed" else None
        if fault:
            self._findings.differ(CHECK, end, f"record {record.place}", fault)
        elif end == "unclaimed":
            self._repetitions.add(Unclaimed(record, decoded, bool(rows.closed_as())))
        else:
            self._findings.by_outcome[end] += 1
        for row in rows.decided:
            ahead = self._clocks.ahead(row["shard"], row["batch"])
            self._changed(decided_name(row), record, row_faults(told, decoded, row, ahead))
        for row in rows.aside:
            self._changed(aside_name(row), record, aside_faults(record, row))

    def _changed(self, name: str, record: Record, faults: Iterable[str]) -> None:
        for fault in faults:
            self._findings.differ(CHECK, "changed", f"{name} at {record.place}", fault)
