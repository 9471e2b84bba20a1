"""The hub as its users run it: `hub db upgrade`, `hub topics apply`, and one or more processes of `hub run`."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import asyncpg

from bench import model, workload
from bench.candidates.candidate import ROOT, Stand, bare_environment, note, python_module
from bench.model import Expected, Key
from bench.records import Read, Workload, Written
from bench.results import Found

SHARDS: Final = int(os.environ.get("HUB_SHARDS", "2"))
"""As many as the most processes: each shard has transactions of its own, and at a low load they are all its cost."""
EVENTS: Final = "order.events"
STATUS: Final = "order.status"
TIMERS: Final = "hub.internal"
"""The hub writes and reads it itself: what is on it is no record of the workload."""
OF_THE_RUN: Final = "shard >= 0 AND batch > 0"
"""Batches count from 1; rows that were there before a run (size/filling.py) have lower ones."""
APPLIED: Final = f"SELECT event_id FROM journal WHERE {OF_THE_RUN} AND outcome = 'applied' AND topic <> $1"  # noqa: S608
LEFT: Final = f"""
SELECT (SELECT count(*) FROM journal WHERE {OF_THE_RUN} AND refers_to IS NULL AND topic <> $1) AS received,
  (SELECT count(*) FROM journal WHERE {OF_THE_RUN} AND outcome = 'parked') AS parked,
  (SELECT sum(next_offset) FROM position WHERE topic <> $1) AS read,
  (SELECT count(*) FROM quarantine) AS quarantined"""  # noqa: S608 - constants
OURS: Final = ("HUB_KAFKA__", "HUB_DATABASE__", "HUB_DATA", "HUB_PARENT")
"""Settings that the benchmark names itself; others are passed on, so that they can be tried."""


class Hub:
    """The hub with a number of processes."""

    guarantee = "exactly once in PostgreSQL and in Kafka"
    share = 1.0
    append_times = True
    settle_seconds = 8.0
    effects = EVENTS
    partitions = SHARDS
    effects_per_status = 2.7

    def __init__(
        self,
        processes: int,
        settings: Mapping[str, str] = MappingProxyType({}),
        topics: Sequence[str] = workload.HUB_TOPICS,
    ) -> None:
        self.label = f"hub:{processes}"
        self.processes = processes
        self._settings = settings
        self._topics = topics
        self.what = f"this project, {processes} process{'es' if processes > 1 else ''}"

    def missing(self) -> str | None:
        """Return None: what it needs is what the benchmark itself needs."""
        return None

    def workload(self, orders: int) -> Workload:
        """Return the workload by the hub's contracts."""
        return workload.for_hub(orders)

    def expected(self, workload: Workload) -> Expected:
        """Return what the model of the hub ends in."""
        return model.of_hub(workload)

    async def prepare(self, stand: Stand) -> None:
        """Bring the database up to date and create the topics, as the documentation says.

        Those of the workload are there before, with the times that their writer gives, so that a backlog of hours can
        be written in seconds.
        """
        if self._topics:
            await stand.ground.topics.create([stand.prefix + name for name in self._topics], SHARDS)
        for arguments in (("db", "upgrade"), ("topics", "apply")):
            code, said = await self.command(stand, *arguments)
            if code:
                raise RuntimeError(f"hub {' '.join(arguments)} failed: {said[-2000:]}")

    async def command(self, stand: Stand, *arguments: str) -> tuple[int, str]:
        """Run a command of the hub as its users do; return its exit code, and what it said."""
        process = await asyncio.create_subprocess_exec(
            *python_module("hub", *arguments),
            env=self.environment(stand),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complained = await process.communicate()
        return process.returncode or 0, (said or complained).decode(errors="replace")

    def commands(self, stand: Stand) -> Sequence[Sequence[str]]:
        """Return `hub run` as often as there are processes."""
        return [python_module("hub", "run")] * self.processes

    def environment(self, stand: Stand) -> Mapping[str, str]:
        """Return the settings that name the servers; all others are the hub's own, or the caller's."""
        kept = {name: text for name, text in bare_environment().items() if not name.startswith(OURS)}
        return {
            **kept,
            "HUB_SHARDS": str(SHARDS),
            "HUB_KAFKA__BOOTSTRAP_SERVERS": stand.ground.bootstrap,
            "HUB_KAFKA__PREFIX": stand.prefix,
            "HUB_KAFKA__GROUP": stand.name,
            "HUB_DATABASE__URL": stand.database_url,
            "HUB_DATA": str(stand.folder),
            "HUB_PARENT": str(os.getpid()),
            **self._settings,
        }

    def status_key(self, record: Read) -> Key:
        """Return the order and the event's type without its version."""
        return record.key.decode(), record.headers["ce_type"].decode().rsplit(".", 1)[0]

    def event_id(self, record: Written) -> str:
        """Return the header `ce_id`."""
        return dict(record.headers)["ce_id"].decode()

    def once(self, key: Key) -> bool:
        """Tell whether it is a step of the order; scans and shipments have many events of one type."""
        return key[1].startswith("order.")

    async def finished(self, stand: Stand, workload: Workload, expected: Expected, visible: int) -> bool:
        """Tell whether the positions are behind the last records, and the last batches are out."""
        connection = await asyncpg.connect(stand.database_url)
        try:
            read = await connection.fetchval("SELECT sum(next_offset) FROM position WHERE topic <> $1", TIMERS)
            left = await connection.fetchval("SELECT count(*) FROM shard WHERE batch <> emitted")
        finally:
            await connection.close()
        return left == 0 and (read or 0) >= len(workload.records)

    async def check(self, stand: Stand, workload: Workload, expected: Expected, found: Found) -> None:
        """Look at the events, at each order's last status, at the dead letters, and at the journal."""
        await self._check_events(stand, expected, found)
        await self._check_orders(stand, expected, found)
        await self._check_dead_letters(stand, expected, found)
        await self._check_journal(stand, workload, expected, found)

    async def _check_events(self, stand: Stand, expected: Expected, found: Found) -> None:
        seen: Counter[Key] = Counter()
        ids: Counter[bytes] = Counter()
        surprising, wrong = 0, 0
        async for record in stand.ground.log.read(stand.prefix + EVENTS):
            ids[record.headers["ce_id"]] += 1
            key = self.status_key(record)
            if key in expected.statuses:
                seen[key] += 1
                wrong += json.loads(record.value)["status"] not in expected.statuses[key]
            elif key in expected.perhaps:
                seen[key] += 1
            elif key[1].startswith("order.") or key[0] not in expected.orders:
                surprising += 1
        found.lost = sum(key not in seen for key in expected.statuses)
        found.doubled = sum(number - 1 for number in (*seen.values(), *ids.values()))
        found.detail["events"] = ids.total()
        note(found, found.lost, "status events never came")
        note(found, found.doubled, "events came more than once")
        note(found, wrong, "events tell another status than the model")
        note(found, surprising, "events that the model doesn't know")

    async def _check_orders(self, stand: Stand, expected: Expected, found: Found) -> None:
        last: dict[str, dict[str, Any]] = {}
        async for record in stand.ground.log.read(stand.prefix + STATUS):
            told = json.loads(record.value)
            last[record.key.decode()] = {
                "status": told["status"],
                "payment": told["payment"],
                "lines": sorted((each["line"], each["state"]) for each in told["lines"]),
                "returns": [each["state"] for each in told.get("returns", ())],
            }
        wrong = [order for order, end in expected.orders.items() if last.get(order) != end]
        note(found, len(wrong), "orders end otherwise than in the model")
        note(found, len(last.keys() - expected.orders.keys()), "orders that nobody placed")
        if wrong:
            found.detail["wrong"] = {each: [last.get(each), expected.orders[each]] for each in wrong[:3]}

    async def _check_dead_letters(self, stand: Stand, expected: Expected, found: Found) -> None:
        places: Counter[tuple[bytes | None, ...]] = Counter()
        for topic in await stand.ground.topics.names(stand.prefix):
            if topic.endswith(".dlt"):
                async for record in stand.ground.log.read(topic):
                    origin = (
                        record.headers.get(f"kafka_dlt-original-{part}") for part in ("topic", "partition", "offset")
                    )
                    places[tuple(origin)] += 1
        found.detail["dead_letters"] = places.total()
        note(found, abs(len(places) - expected.poison), "poison records are no dead letters, or others are")
        note(found, places.total() - len(places), "dead letters came more than once")

    async def _check_journal(self, stand: Stand, workload: Workload, expected: Expected, found: Found) -> None:
        """Every fact is applied once, every copy of it left no trace, and every record was read."""
        connection = await asyncpg.connect(stand.database_url)
        try:
            applied = Counter(row["event_id"] for row in await connection.fetch(APPLIED, TIMERS))
            left = (await connection.fetch(LEFT, TIMERS))[0]
        finally:
            await connection.close()
        read = int(left["read"] or 0)
        found.detail["parked"] = left["parked"]
        found.detail["duplicates_ignored"] = read - expected.poison - left["received"]
        note(found, len(expected.applied.keys() - applied.keys()), "facts were never applied")
        note(found, len(applied.keys() - expected.applied.keys()), "facts were applied that nobody told")
        note(found, applied.total() - len(applied), "facts were applied more than once")
        note(found, abs(read - len(workload.records)), "records were not read")
        traces = abs(left["received"] - len(expected.applied))
        note(found, traces, "copies of facts, or poison, left a trace in the journal")
        note(found, left["quarantined"], "orders are quarantined")
