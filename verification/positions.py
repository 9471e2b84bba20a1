"""The fifth check: what PostgreSQL and Kafka each remember of how far they are, for every partition and shard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.rows.positions import Place
from verification.report import Findings
from verification.snapshot import Row

CHECK: Final = "positions and shards"


@dataclass(frozen=True, slots=True)
class Marks:
    """What the log says of the inbound partitions: where they start and end, and what the group committed, by batch."""

    starts: Mapping[Place, int]
    ends: Mapping[Place, int]
    committed: Mapping[Place, tuple[int, int]]

    def emitted(self, shard: int, shards: int) -> int | None:
        """Return the last batch of a shard that Kafka says was published, None where it says nothing."""
        batches = [batch for place, (_, batch) in self.committed.items() if place[1] % shards == shard]
        return max(batches, default=None)


def compare(
    marks: Marks, positions: Mapping[Place, Row], rows: Sequence[Row], findings: Findings, *, running: bool
) -> None:
    """Compare all partitions, then all shards; the marks of a `running` hub are older than the rows."""
    for place, end in marks.ends.items():
        findings.count(CHECK)
        _partition(place, marks.starts[place], end, positions.get(place), marks, len(rows), findings)
    for row in rows:
        findings.count(CHECK)
        _shard(row, marks.emitted(row["k"], len(rows)), findings, running=running)


def _partition(
    place: Place, start: int, end: int, row: Row | None, marks: Marks, shards: int, findings: Findings
) -> None:
    where = f"{place[0]}/{place[1]}"
    if row is None:
        if end > start:
            findings.differ(CHECK, "position", where, f"holds records up to {end} and was never read")
        return
    position, committed = row["next_offset"], marks.committed.get(place, (start, 0))[0]
    faults = {
        f"read to {position}, but the log ends at {end}": position > end,
        f"read to {position}, but the log starts at {start}: records are gone unread": position < start,
        f"published to {committed}, but read only to {position}": committed > position,
        f"read by shard {row['shard']}, not by {place[1] % shards}": row["shard"] != place[1] % shards,
    }
    for fault in (fault for fault, is_so in faults.items() if is_so):
        findings.differ(CHECK, "position", where, fault)
    if row["paused"] is not None:
        findings.differ(CHECK, "paused", where, f"not read any further: {row['paused']}")


def _shard(row: Row, emitted: int | None, findings: Findings, *, running: bool) -> None:
    where = f"shard {row['k']}"
    noted = 0 if running else row["emitted"]
    if emitted is not None and not noted <= emitted <= row["batch"]:
        fault = f"batches: {row['emitted']} noted as published, {emitted} published, {row['batch']} stored"
        findings.differ(CHECK, "position", where, fault)
    if row["stopped"] is not None:
        findings.differ(CHECK, "stopped", where, f"stopped: {row['stopped']}")
