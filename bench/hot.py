"""How much one order with ten thousand facts delays all others: live traffic with and without it, in turns, in one run.

`python -m bench.hot` starts its own servers and prints the latencies of the other orders, and how long the hot one
took. Its facts are scans of a parcel on its way, each newer than the one before: all of them are applied.
"""

import argparse
import asyncio
import json
import multiprocessing
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaProducer

from bench import dress, model, story, workload
from bench.campaign import machine
from bench.candidates.candidate import note
from bench.candidates.hub import SHARDS, Hub
from bench.ground.ground import Ground, ground
from bench.ground.log import silence
from bench.lateness import WARM_SECONDS
from bench.records import Fact, Workload, Written
from bench.results import Found
from bench.run import Run
from bench.traffic import Listener, Sent
from bench.work import Backlog
from contracts.partitioning import home

SHAPES: Final = ("without", "steady", "burst", "spread")
"""No hot order; its facts over the whole time; all at once; and the same burst over many orders: load, but no heat."""
COMPARED: Final = (("steady", "without"), ("burst", "without"), ("spread", "without"), ("burst", "spread"))
PARCELS: Final = 200
"""Orders that are on their way before the traffic begins, in every run; one of them gets hot."""
RECORDS_PER_ORDER: Final = 10.66
AFTER_SECONDS: Final = 2
"""From the end of warming up to the first fact of the hot order."""
PATIENCE_SECONDS: Final = 120.0
FLOOD_SECONDS: Final = 300.0
ON_THE_WAY: Final = ("carrier.delivered.v1", "return.requested.v1", "return.received.v1")
"""What has not happened yet to a parcel on its way."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is written in a run: before the hub starts, as steady traffic, and besides that."""

    before: Sequence[Written]
    live: Sequence[Written]
    besides: Sequence[Written]
    hot: str
    backlog: Backlog


def script(shape: str, rate: int, seconds: int, facts: int) -> Script:
    """Return a run's records with their model; the traffic is the same in every shape."""
    orders = round(rate * (WARM_SECONDS + seconds) / RECORDS_PER_ORDER)
    whole = workload.for_hub(PARCELS + orders)
    parcels = set(list(whole.facts)[:PARCELS])
    told = {
        order_id: [fact for fact in all_facts if order_id not in parcels or fact.type not in ON_THE_WAY]
        for order_id, all_facts in whole.facts.items()
    }
    later = {fact.id for name in parcels for fact in whole.facts[name] if fact.type in ON_THE_WAY}
    kept = [each for each in whole.records if dict(each.headers)["ce_id"].decode() not in later]
    before = [each for each in kept if each.key in parcels]
    live = [each for each in kept if each.key not in parcels]
    sent = {
        name: fact.data["tracking_number"] for name in sorted(parcels) for fact in told[name] if fact.type == dress.SCAN
    }
    hot = next(iter(sent))
    besides: list[Written] = []
    if shape != "without":
        names = list(sent) if shape == "spread" else [hot]
        for fact, written in _scans([(name, sent[name]) for name in names], facts):
            told[written.key].append(fact)
            besides.append(written)
    made = Workload(whole.orders, [*before, *live, *besides], told, poison=whole.poison)
    return Script(before, live, besides, hot, Backlog(Hub(1), made, model.of_hub(made)))


def _scans(parcels: Sequence[tuple[str, str]], count: int) -> Iterable[tuple[Fact, Written]]:
    since = story.START + timedelta(days=1)
    for number in range(count):
        order_id, tracking = parcels[number % len(parcels)]
        yield dress.scan(order_id, tracking, number, since + timedelta(milliseconds=number))


def flood(bootstrap: str, prefix: str, records: Sequence[Written], rate: float, line: Connection) -> None:
    """Write records in a process of its own, once told to, and say when it began; a rate of 0 is as fast as it goes.

    In the process that measures, a burst would keep the listener from its clock.
    """
    silence()
    asyncio.run(_flood(bootstrap, prefix, records, rate, line))


async def _flood(bootstrap: str, prefix: str, records: Sequence[Written], rate: float, line: Connection) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, acks="all", linger_ms=5)
    await producer.start()
    try:
        line.send(0.0)
        await asyncio.to_thread(line.recv)
        started = time.time()
        line.send(started)
        for number, each in enumerate(records):
            if rate:
                await asyncio.sleep(max(0.0, started + number / rate - time.time()))
            await producer.send(prefix + each.topic, each.value, each.key.encode(), headers=list(each.headers))
        await producer.flush()
        line.send(time.time())
    finally:
        await producer.stop()


class HotRun(Run):
    """One run of live traffic, with what is written besides."""

    def __init__(self, ground: Ground, script: Script, name: str, folder: Path) -> None:
        super().__init__(ground, Hub(1), script.backlog, name, folder)
        self._script = script

    async def live(self, rate: int, besides_rate: float) -> Found:
        """Return how late the effects of the steady traffic came, by shard, and when the hot order's last one came."""
        script, found, here = self._script, self.found, self._ground
        await here.log.write_backlog(self.stand.prefix, script.before)
        await here.topics.count_append_times(self.stand.prefix + name for name in workload.HUB_TOPICS)
        meter = self.launch()
        listener = Listener(here, self._candidate, self._places)
        async with listener.listening():
            await asyncio.sleep(self._candidate.settle_seconds)
            await self._until_read(len(script.before))
            sent, before, began = Sent(rate), meter.look(), time.monotonic()
            writing = asyncio.create_task(sent.write(here, self._candidate, self.stand.prefix, script.live))
            times = await self._flooded(besides_rate) if script.besides else (0.0, 0.0)
            await writing
            await listener.until_there(sent.due(self._backlog.expected))
            await self._until_read(len(self._backlog.workload.records))
            await asyncio.sleep(1)
        cost = meter.look()
        await self.stop()
        found.cpu_us = cost.since(before).microseconds(len(script.live) + len(script.besides))
        found.peak_megabytes = round(meter.peak_megabytes, 1)
        found.others_cores = round(cost.since(before).others / (time.monotonic() - began), 2)
        if sent.late > 1.0:
            found.faults.append(f"the records were not written at {rate}/s: {sent.late:.1f} s late at the end")
        self._note(sent, listener, *times)
        await self.check()
        return found

    async def _flooded(self, rate: float) -> tuple[float, float]:
        """Write what comes besides, some time after warming up; return when it began and when it was written."""
        mine, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        arguments = (self._ground.bootstrap, self.stand.prefix, self._script.besides, rate, theirs)
        process = context.Process(target=flood, args=arguments, daemon=True)
        started = time.monotonic()
        process.start()
        theirs.close()
        try:
            await asyncio.to_thread(mine.recv)
            await asyncio.sleep(max(0.0, WARM_SECONDS + AFTER_SECONDS - (time.monotonic() - started)))
            mine.send(True)
            began = await asyncio.to_thread(mine.recv)
            ended = await asyncio.wait_for(asyncio.to_thread(mine.recv), FLOOD_SECONDS)
        finally:
            process.kill()
            process.join()
        return float(began), float(ended)

    async def _until_read(self, records: int) -> None:
        """Wait until so many records are read and all that came of them is published, or for so long."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        connection = await asyncpg.connect(self.stand.database_url)
        question = """SELECT (SELECT coalesce(sum(next_offset), 0) FROM position WHERE topic <> 'hub.internal') >= $1
          AND NOT EXISTS (SELECT 1 FROM shard WHERE batch <> emitted)"""
        try:
            while not await connection.fetchval(question, records) and time.monotonic() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        finally:
            await connection.close()

    def _note(self, sent: Sent, listener: Listener, began: float, written: float) -> None:
        due = {k: at for k, at in sent.due(self._backlog.expected).items() if at >= sent.started + WARM_SECONDS}
        note(self.found, len(due.keys() - listener.arrived.keys()), "effects of the traffic never came")
        shard = home(self._script.hot, SHARDS)
        done = max((listener.last.get(each.key, 0.0) for each in self._script.besides), default=0.0)
        # Without a hot order, the window is that of a steady one.
        first = began or sent.started + WARM_SECONDS + AFTER_SECONDS
        last = done or sent.ended

        def late(wanted: Callable[[str, float], bool]) -> dict[str, float]:
            taken = [(k, at) for k, at in due.items() if k in listener.arrived and wanted(k[0], at)]
            return _percentiles([1000 * (listener.arrived[k] - at) for k, at in taken])

        self.found.samples = len(due)
        self.found.detail |= {
            "overall": late(lambda _, at: True),
            "same_shard": late(lambda order_id, at: home(order_id, SHARDS) == shard),
            "other_shards": late(lambda order_id, at: home(order_id, SHARDS) != shard),
            "same_shard_meanwhile": late(lambda order_id, at: home(order_id, SHARDS) == shard and first <= at <= last),
        }
        if began:
            self.found.detail |= {"written_s": round(written - began, 2), "worked_off_s": round(done - began, 2)}

    async def check(self) -> None:
        """Compare with the model; nothing may be noted for an operator, and no fact of the hot order kept for later."""
        await super().check()
        connection = await asyncpg.connect(self.stand.database_url)
        try:
            note(self.found, await connection.fetchval("SELECT count(*) FROM attention"), "notes for an operator")
        finally:
            await connection.close()
        self.found.correct = not self.found.faults


VIEWS: Final = ("overall", "same_shard", "other_shards", "same_shard_meanwhile")


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    found = {name: ordered[int(len(ordered) * share)] for name, share in (("p50", 0.5), ("p99", 0.99))}
    return {name: round(value, 1) for name, value in (*found.items(), ("max", ordered[-1]), ("samples", len(ordered)))}


@dataclass
class Comparison:
    """All runs by shape."""

    given: argparse.Namespace
    runs: dict[str, list[Found]] = field(default_factory=dict)
    where: dict[str, Any] = field(default_factory=machine)

    async def run(self) -> None:
        """Run every shape in turn, as often as is asked for."""
        given = self.given
        with tempfile.TemporaryDirectory(prefix="hub-hot-", ignore_cleanup_errors=True) as name:
            _say("starting Kafka and PostgreSQL")
            async with ground(Path(name) / "servers") as here:
                await here.databases.settings()
                for repeat in range(given.repeats):
                    for shape in given.shapes:
                        await self._measure(here, Path(name), shape, repeat)

    async def _measure(self, here: Ground, folder: Path, shape: str, repeat: int) -> None:
        given = self.given
        written = script(shape, given.rate, given.seconds, given.facts)
        besides_rate = given.facts / max(1, given.seconds - 2 * AFTER_SECONDS) if shape == "steady" else 0.0
        async with HotRun(here, written, f"h_{shape}_{repeat}", folder) as run:
            found = await run.live(given.rate, besides_rate)
        found.kind, found.repeat = shape, repeat
        self.runs.setdefault(shape, []).append(found)
        _say(_line(found))

    def document(self) -> dict[str, Any]:
        """Return the medians, the ratios to the traffic without a hot order, and how they came about."""
        medians = {shape: _medians(runs) for shape, runs in self.runs.items()}
        return {
            "ratios": {
                f"{shape}/{base}": _ratios(medians[shape], medians[base])
                for shape, base in COMPARED
                if shape in medians and base in medians
            },
            "medians": medians,
            "asked": vars(self.given) | {"fact": dress.SCAN},
            "where": self.where,
            "runs": {shape: [asdict(each) for each in runs] for shape, runs in self.runs.items()},
        }

    def correct(self) -> bool:
        """Tell whether every run was."""
        return all(each.correct for runs in self.runs.values() for each in runs)


def _medians(runs: Sequence[Found]) -> dict[str, dict[str, float]]:
    """Return the median of each figure over the correct runs, by view."""
    correct = [each for each in runs if each.correct]
    found: dict[str, dict[str, float]] = {}
    for view in VIEWS:
        told = [each.detail[view] for each in correct if each.detail.get(view)]
        names = told[0] if told else ()
        found[view] = {name: round(statistics.median(each[name] for each in told), 1) for name in names}
    times = [each.detail["worked_off_s"] for each in correct if "worked_off_s" in each.detail]
    return found | ({"hot": {"worked_off_s": round(statistics.median(times), 2)}} if times else {})


def _ratios(ours: dict[str, dict[str, float]], base: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {
        view: {name: round(ours[view][name] / base[view][name], 2) for name in ("p50", "p99")}
        for view in VIEWS
        if ours[view] and base[view]
    } | {view: {} for view in VIEWS if not (ours[view] and base[view])}


def _line(found: Found) -> str:
    told = [f"{time.strftime('%H:%M:%S')} {found.kind:<8}"]
    for view in VIEWS:
        each = found.detail.get(view) or {}
        told.append(f"{view} p50 {each.get('p50', 0):,.0f} p99 {each.get('p99', 0):,.0f} ms")
    if "worked_off_s" in found.detail:
        told.append(f"written in {found.detail['written_s']} s, worked off in {found.detail['worked_off_s']} s")
    told.append(f"others {found.others_cores} cores")
    return "  ".join([*told, "correct" if found.correct else f"NOT CORRECT: {'; '.join(found.faults)}"])


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def show(document: dict[str, Any]) -> None:
    """Print medians and ratios."""
    write = sys.stdout.write
    write(f"\n{'':<16}" + "".join(f"{view:>32}" for view in VIEWS) + f"{'worked off':>14}\n")
    for shape, views in document["medians"].items():
        cells = "".join(f"{_cell(views[view], ' ms'):>32}" for view in VIEWS)
        took = f"{views['hot']['worked_off_s']} s" if "hot" in views else ""
        write(f"{shape:<16}{cells}{took:>14}\n")
    for name, views in document["ratios"].items():
        write(f"{name:<16}" + "".join(f"{_cell(views[view], ''):>32}" for view in VIEWS) + "\n")


def _cell(told: dict[str, float], unit: str) -> str:
    return f"p50 {told['p50']:,g} p99 {told['p99']:,g}{unit}" if "p99" in told else "-"


def main() -> int:
    """Run; the exit code is 1 where a run was not correct."""
    wishes = argparse.ArgumentParser(prog="python -m bench.hot", description=__doc__)
    wishes.add_argument("--rate", type=int, default=300, help="records a second of the traffic (default 300)")
    wishes.add_argument("--seconds", type=int, default=30, help="of traffic after warming up (default 30)")
    wishes.add_argument("--facts", type=int, default=10_000, help="of the hot order (default 10,000)")
    wishes.add_argument("--repeats", type=int, default=3)
    wishes.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    wishes.add_argument("--json", action="store_true", help="print one JSON value instead of a table")
    comparison = Comparison(wishes.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does: nothing that runs is left behind
    asyncio.run(comparison.run())
    document = comparison.document()
    if comparison.given.json:
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        show(document)
    return 0 if comparison.correct() else 1


if __name__ == "__main__":
    sys.exit(main())
