"""Where the hub's own time goes: each stage of the pipeline over the benchmark's workload, without servers.

`python -m bench.stages --orders 1000 --repeats 5` prints the least CPU time of each stage in microseconds a record. The
orders of one shard are kept in memory, as the shard's cache does; PostgreSQL, Kafka and their clients are not in it.
`--traced 0.01` has every record belong to a sampled trace, of which this share is kept; sending spans is not in it.
"""

import argparse
import gc
import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b

from adapters.postgres.journal import journal_rows
from adapters.postgres.set_aside import aside_rows
from adapters.rows.batch import Batch
from adapters.rows.journal import Seen
from adapters.rows.loading import LookedUp
from bench import workload
from consumers.shard.assembly import Assembly
from consumers.shard.deciding import Rules
from consumers.shard.loading import Cache
from consumers.shard.metering import Meter
from consumers.shard.reading import Read, Reader
from contracts import tracing
from contracts.signing import Signatures
from contracts.wire import Outgoing, Record
from domain.aggregates import KINDS
from domain.deciding.decision import Known
from hub.telemetry.tracing import Tracing
from hub.telemetry_settings import TelemetrySettings
from hub.wiring import INBOUND_BY_TOPIC
from producers.messages import Messages

NOON = 1_793_491_200_000
"""When the first record was appended, in milliseconds since 1970; the others follow one a millisecond."""
PATIENCE = timedelta(hours=1)


@dataclass(slots=True)
class Played:
    """What a play came to: CPU seconds by stage, and what was made."""

    seconds: dict[str, float] = field(default_factory=dict)
    records: int = 0
    decisions: int = 0
    messages: int = 0
    message_bytes: int = 0
    stored_bytes: int = 0

    def spend(self, stage: str, since: float) -> float:
        """Count the time since a moment for a stage; return the moment now."""
        now = time.thread_time()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - since
        return now


@dataclass(slots=True)
class _Shard:
    """What one shard remembers between its batches."""

    reader: Reader
    rules: Rules
    writer: Messages
    cache: Cache = field(default_factory=lambda: Cache(1_000_000))
    seen: dict[tuple[str, str, str], Seen] = field(default_factory=dict)
    references: dict[tuple[str, str], str] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    traces: Tracing | None = None

    def begun(self, number: int, reads: Sequence[Read]) -> Assembly:
        """Return a batch that knows what the store would tell it."""
        loaded = LookedUp()
        loaded.references.update(self.references)
        known = [read for read in reads if read.decoded is not None and read.subject is not None]
        loaded.seen.update({read.key: self.seen[read.key] for read in known if read.key in self.seen})
        held = self.cache.of({read.subject for read in known if read.subject} | set(self.references.values()))
        return Assembly(0, Batch(number), self.rules, self.writer, self.reader, loaded, held)

    def keep(self, assembly: Assembly) -> None:
        """Remember what a batch decided."""
        self.cache.keep(assembly.held)
        self.seen.update(assembly.loaded.seen)
        self.references.update({number: row.subject for number, row in assembly.into.references.items()})


def records(orders: int, *, traced: bool = False) -> list[Record]:
    """Return the workload of so many orders as one shard reads it, by append time; `traced`: each of its own trace."""
    written = workload.for_hub(orders).records
    return [
        Record(each.topic, 0, n, each.key.encode(), (*each.headers, *_trace(n, traced)), each.value, NOON + n)
        for n, each in enumerate(written)
    ]


def _trace(number: int, traced: bool) -> tuple[tuple[str, bytes], ...]:
    if not traced:
        return ()
    digits = blake2b(str(number).encode(), digest_size=16).hexdigest()
    return ((tracing.HEADER, tracing.TraceContext(digits, digits[:16]).header.encode()),)


def play(work: Sequence[Record], batch: int = 500, traces: Tracing | None = None) -> Played:
    """Take records through the pipeline, a batch at a time."""
    signatures = Signatures.of([b"bench"])
    reader = Reader(INBOUND_BY_TOPIC, signatures)
    shard = _Shard(reader, Rules(1, KINDS, Known(), lambda token, at: None, PATIENCE), Messages(1, signatures))
    shard.traces = traces
    played = Played(records=len(work))
    for number, start in enumerate(range(0, len(work), batch), start=1):
        _batch(shard, number, work[start : start + batch], played)
    return played


def _batch(shard: _Shard, number: int, part: Sequence[Record], played: Played) -> None:
    moment = time.thread_time()
    reads = [shard.reader.read(record) for record in part]
    moment = played.spend("read", moment)
    assembly = shard.begun(number, reads)
    moment = time.thread_time()
    for read in reads:
        assembly.add(read)
    moment = played.spend("decide", moment)
    for _ in assembly.finishing():
        pass
    moment = played.spend("finish", moment)
    rows = [*journal_rows(assembly.batch, 0), *aside_rows(assembly.batch, 0)]
    moment = played.spend("rows", moment)
    shard.meter.stored(reads, NOON / 1000)
    moment = played.spend("meter", moment)
    if shard.traces is not None:
        shard.traces.stored(reads, assembly.messages, 0, 1)
        played.spend("spans", moment)
    shard.keep(assembly)
    played.decisions += len(assembly.batch.journal)
    played.messages += len(assembly.messages)
    played.message_bytes += sum(map(_size, assembly.messages))
    played.stored_bytes += sum(len(cell) for row in rows for cell in row if isinstance(cell, str | bytes))
    played.stored_bytes += sum(len(row.document) for row in assembly.batch.documents)


def _size(message: Outgoing) -> int:
    return message.size


def main() -> int:
    """Print each stage's least time of all repeats, and what a record comes to."""
    wishes = argparse.ArgumentParser(prog="python -m bench.stages", description=__doc__)
    wishes.add_argument("--orders", type=int, default=1000)
    wishes.add_argument("--repeats", type=int, default=5)
    wishes.add_argument("--batch", type=int, default=500, help="records a batch")
    wishes.add_argument("--traced", type=float, metavar="RATIO", help="the share of traces that is kept")
    given = wishes.parse_args()
    work, traces = records(given.orders, traced=given.traced is not None), None
    if given.traced is not None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        traces = Tracing(TelemetrySettings(traces_url="http://127.0.0.1:9", traces_ratio=given.traced), "bench")
    play(work, given.batch, traces)
    gc.collect()
    gc.freeze()
    runs = [play(work, given.batch, traces) for _ in range(given.repeats)]
    last, count = runs[-1], len(work)
    least = {stage: min(run.seconds[stage] for run in runs) for stage in last.seconds}
    told = {f"{stage}_us": round(1e6 * seconds / count, 1) for stage, seconds in least.items()}
    told["all_us"] = round(1e6 * sum(least.values()) / count, 1)
    totals = {"decisions": last.decisions, "messages": last.messages}
    totals |= {"message_bytes": last.message_bytes, "stored_bytes": last.stored_bytes}
    told |= {f"{name}_a_record": round(total / count, 2) for name, total in totals.items()}
    sys.stdout.write(json.dumps({"records": count, **told}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
