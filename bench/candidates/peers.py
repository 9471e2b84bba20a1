"""The peers: they read one dress of the workload, write the same status events, and are checked the same way."""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any, Final

import asyncpg

from bench import model, toolchain, workload
from bench.candidates.candidate import ROOT, Stand, bare_environment, note
from bench.model import Expected, Key
from bench.peers import messages
from bench.peers.careful.tables import SCHEMA
from bench.records import Read, Workload, Written
from bench.results import Found

PEERS: Final = ROOT / "bench" / "peers"
Ends = dict[str, dict[str, Any]]
Versions = Counter[tuple[str, int, str]]
"""Order, version and event id: what a peer's history has a row for."""


class Peer:
    """What all peers have in common."""

    label = ""
    what = ""
    guarantee = ""
    share = 1.0
    append_times = False
    settle_seconds = 10.0
    effects = messages.STATUS
    partitions = messages.PARTITIONS
    effects_per_status = 1.0

    def missing(self) -> str | None:
        """Return why the peer can't run here, if so."""
        return None

    def workload(self, orders: int) -> Workload:
        """Return the workload by the peers' messages."""
        return workload.for_peers(orders)

    def expected(self, workload: Workload) -> Expected:
        """Return what the model of the peers ends in."""
        return model.of_peers(workload)

    async def prepare(self, stand: Stand) -> None:
        """Make the topics that it reads and writes."""
        read = [stand.prefix + name for name in messages.TOPICS]
        written = [stand.prefix + name for name in (messages.STATUS, messages.HISTORY, messages.DEAD_LETTERS)]
        await stand.ground.topics.create(read, messages.PARTITIONS)
        await stand.ground.topics.create(written, messages.PARTITIONS, appended=True)

    def environment(self, stand: Stand) -> Mapping[str, str]:
        """Return what its process is told."""
        return {
            **bare_environment(),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BENCH_BOOTSTRAP": stand.ground.bootstrap,
            "BENCH_DATABASE_URL": stand.database_url,
            "BENCH_IN_PREFIX": stand.prefix,
            "BENCH_OUT_PREFIX": stand.prefix,
            "BENCH_GROUP": stand.name,
            "BENCH_DIR": str(stand.folder),
        }

    def groups(self, stand: Stand) -> Sequence[str]:
        """Return the consumer groups whose offsets say how far it is."""
        return [stand.name]

    def status_key(self, record: Read) -> Key:
        """Return the order and its version."""
        told = json.loads(record.value)["data"]
        return told["order_id"], str(told["version"])

    def event_id(self, record: Written) -> str:
        """Return the attribute `id`; it is early enough to be in a torn record, too."""
        start = record.value.index(b'"id":') + 5
        return record.value[start:].lstrip(b' "')[:36].decode()

    def once(self, key: Key) -> bool:
        """Return True: a version has one event."""
        return True

    async def finished(self, stand: Stand, workload: Workload, expected: Expected, visible: int) -> bool:
        """Tell whether its groups have committed the last offsets, and enough is to be seen."""
        if visible < len(expected.statuses):
            return False
        return await stand.ground.topics.committed(self.groups(stand)) >= len(workload.records)

    async def check(self, stand: Stand, workload: Workload, expected: Expected, found: Found) -> None:
        """Look at the status events, at each order's end, at the history and at the dead letters."""
        last = await self._check_statuses(stand, expected, found)
        ends, history, dead = await self.left_behind(stand, last)
        wanted = {order: _comparable(end, ends.get(order)) for order, end in expected.orders.items()}
        wrong = [order for order, end in wanted.items() if ends.get(order) != end]
        note(found, len(wrong), "orders end otherwise than in the model")
        note(found, len(ends.keys() - wanted.keys()), "orders that nobody placed")
        if wrong:
            found.detail["wrong"] = {each: str([ends.get(each), wanted[each]]) for each in wrong[:3]}
        made = {
            (order, expected.applied[fact.id], fact.id) for order, facts in workload.facts.items() for fact in facts
        }
        note(found, len(made - history.keys()), "facts were never applied")
        note(found, len(history.keys() - made), "facts were applied that nobody told")
        note(found, history.total() - len(history), "facts were applied more than once")
        note(found, abs(dead - expected.poison), "poison records are no dead letters, or others are")
        found.detail["dead_letters"] = dead

    async def left_behind(self, stand: Stand, last: Ends) -> tuple[Ends, Versions, int]:
        """Return each order's end, the history, and the number of dead letters; by default all are topics."""
        history: Versions = Counter()
        async for record in stand.ground.log.read(stand.prefix + messages.HISTORY):
            order_id, version, event_id = json.loads(record.value)
            history[order_id, version, event_id] += 1
        dead = 0
        async for _ in stand.ground.log.read(stand.prefix + messages.DEAD_LETTERS):
            dead += 1
        return last, history, dead

    async def _check_statuses(self, stand: Stand, expected: Expected, found: Found) -> Ends:
        """Count the status events; return what the last one of each order tells."""
        seen: Counter[Key] = Counter()
        last: Ends = {}
        surprising = 0
        async for record in stand.ground.log.read(stand.prefix + messages.STATUS):
            told = json.loads(record.value)["data"]
            key = (told["order_id"], str(told["version"]))
            seen[key] += 1
            surprising += told["status"] not in expected.statuses.get(key, ())
            if told["version"] > last.get(told["order_id"], {"version": 0})["version"]:
                last[told["order_id"]] = {name: told[name] for name in ("status", "version", "lines")}
        found.lost = sum(key not in seen for key in expected.statuses)
        found.doubled = seen.total() - len(seen)
        note(found, found.lost, "status events never came")
        note(found, found.doubled, "status events came more than once")
        note(found, surprising, "status events that the model doesn't know")
        return last


class Careful(Peer):
    """FastStream and SQLAlchemy's ORM, a transaction a message."""

    label = "careful"
    what = "FastStream + SQLAlchemy ORM, a transaction per message"
    guarantee = "once in PostgreSQL (inbox), at least once in Kafka (outbox relay)"
    share = 0.05
    append_times = False

    async def prepare(self, stand: Stand) -> None:
        """Make topics and tables."""
        await super().prepare(stand)
        connection = await asyncpg.connect(stand.database_url)
        try:
            await connection.execute(SCHEMA)
        finally:
            await connection.close()

    def commands(self, stand: Stand) -> Sequence[Sequence[str]]:
        """Return the one process, which makes its relay itself."""
        return [[sys.executable, "-m", "bench.peers.careful"]]

    def groups(self, stand: Stand) -> Sequence[str]:
        """Return one group a topic."""
        return [f"{stand.name}-{topic}" for topic in messages.TOPICS]

    async def left_behind(self, stand: Stand, last: Ends) -> tuple[Ends, Versions, int]:
        """Return what the tables hold."""
        connection = await asyncpg.connect(stand.database_url)
        try:
            rows = await connection.fetch("SELECT id::text, status, version, lines, updated_at FROM orders")
            told = await connection.fetch("SELECT order_id::text, version, event_id::text FROM order_history")
            dead = await connection.fetchval("SELECT count(*) FROM dead_letter")
        finally:
            await connection.close()
        ends = {
            row["id"]: {
                "status": row["status"],
                "version": row["version"],
                "lines": json.loads(row["lines"]),
                "updated_at": row["updated_at"].astimezone(UTC),
            }
            for row in rows
        }
        return ends, Counter((row["order_id"], row["version"], row["event_id"]) for row in told), dead


class Streams(Peer):
    """Kafka Streams in Java."""

    label = "streams"
    what = "Kafka Streams 4.3.1 (Java), EOS v2, 2 threads, RocksDB, no database"
    guarantee = "exactly once inside Kafka"
    settle_seconds = 14.0
    source = PEERS / "OrderStreams.java"

    def missing(self) -> str | None:
        """Return why it can't be compiled here, if so."""
        return _reason(lambda: toolchain.compiled(self.source))

    def commands(self, stand: Stand) -> Sequence[Sequence[str]]:
        """Return the one JVM."""
        java, classes = toolchain.compiled(self.source)
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return [[str(java), "-Xmx1g", "-XX:+UseSerialGC", quiet, "-cp", classes, self.source.stem]]


class Quix(Peer):
    """Quix Streams."""

    label = "quix"
    what = "Quix Streams 3.28.1 (Python), exactly-once, RocksDB, no database"
    guarantee = "exactly once inside Kafka"
    share = 0.25
    append_times = False
    settle_seconds = 14.0

    def missing(self) -> str | None:
        """Return why its environment can't be made here, if so."""
        return _reason(toolchain.quix_python)

    async def prepare(self, stand: Stand) -> None:
        """Make the topics; a state of an earlier run would be another candidate."""
        await super().prepare(stand)
        shutil.rmtree(stand.folder / "state", ignore_errors=True)

    def commands(self, stand: Stand) -> Sequence[Sequence[str]]:
        """Return the one process, in its own Python."""
        return [[str(toolchain.quix_python()), "-m", "bench.peers.quix"]]


def _comparable(wanted: dict[str, Any], found: dict[str, Any] | None) -> dict[str, Any]:
    """Return what is wanted without the parts that this peer keeps nowhere: a changelog has no last time."""
    return wanted if found is None else {name: value for name, value in wanted.items() if name in found}


def _reason(build: Callable[[], object]) -> str | None:
    try:
        build()
    except (toolchain.ToolchainMissing, OSError) as error:
        return str(error)
    return None
