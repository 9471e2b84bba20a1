"""One run of one candidate: prepared, started as processes, measured from outside, stopped, checked."""

import asyncio
import contextlib
import os
import shutil
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

from aiokafka import TopicPartition

from bench.candidates.candidate import Candidate, Stand
from bench.ground.ground import Ground
from bench.meter import Cost, Meter, loop_milliseconds
from bench.model import Expected
from bench.records import Workload
from bench.results import Found
from bench.traffic import Listener, Sent, Successor

LOOK_SECONDS: Final = 0.1
ASK_SECONDS: Final = 2.0
"""When output stands still for so long, it is asked whether all is done."""
IDLE_SECONDS: Final = 45.0
"""Output that stands still for so long before all is done won't go on; the dead keep partitions for less."""
FIRST_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 900.0
STOP_SECONDS: Final = 25.0
KILL_AT: Final = 0.4
WARM_SECONDS: Final = 6
"""Traffic before the latencies count."""
DRAIN_SECONDS: Final = 5.0
"""Whoever needs longer for what is left when the traffic ends has a queue that was growing."""
GROWTH: Final = 0.1
"""Seconds by which effects may come later with each second of traffic: more is a queue, less may be rare commits."""
LATE_SECONDS: Final = 1.0
"""Traffic whose last record is written later than that had another rate."""


class Work(Protocol):
    """What a candidate works off, and how it is seen that all of it is done, and done right."""

    @property
    def orders(self) -> int:
        """Return how many orders there are."""

    @property
    def count(self) -> int:
        """Return how many records there are."""

    async def write(self, stand: Stand) -> None:
        """Write all records."""

    async def finished(self, stand: Stand, visible: int) -> bool:
        """Tell whether all is read and published; asked only while the output stands still."""

    async def check(self, stand: Stand, found: Found) -> None:
        """Look at all that was left behind; note every fault in `found`."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """A workload, what must come of it, and the candidate that knows how to tell."""

    candidate: Candidate
    workload: Workload
    expected: Expected

    @property
    def orders(self) -> int:
        """Return how many orders there are."""
        return self.workload.orders

    @property
    def count(self) -> int:
        """Return how many records there are."""
        return len(self.workload.records)

    async def write(self, stand: Stand) -> None:
        """Write all records, with the times of a real backlog where the candidate reads by them."""
        write = stand.ground.log.write_backlog if self.candidate.append_times else stand.ground.log.write
        await write(stand.prefix, self.workload.records)

    async def finished(self, stand: Stand, visible: int) -> bool:
        """Tell whether all is read and published."""
        return await self.candidate.finished(stand, self.workload, self.expected, visible)

    async def check(self, stand: Stand, found: Found) -> None:
        """Compare all that was left behind with the model."""
        await self.candidate.check(stand, self.workload, self.expected, found)


@dataclass(frozen=True, slots=True)
class Seen:
    """The ends of what was seen of a run: monotonic times, the output's length, and the costs up to the last effect."""

    first: float | None
    last: float | None
    length: int
    cost: Cost


class Run:
    """One run; use it as an async context manager, so that nothing of it is left."""

    def __init__(self, ground: Ground, candidate: Candidate, work: Work, name: str, folder: Path) -> None:
        self._ground = ground
        self._candidate = candidate
        self._work = work
        self._name = name
        self._folder = folder / name
        self._log = folder / f"{name}.log"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._launched = 0.0
        self._places: list[TopicPartition] = []
        self.found = Found(candidate.label, "", orders=work.orders, records=work.count)

    async def __aenter__(self) -> Self:
        self.found.loop_ms = round(loop_milliseconds(), 1)
        self._folder.mkdir(parents=True, exist_ok=True)
        url = await self.open_database()
        self.stand = Stand(self._ground, self._name, url, self._folder)
        await self._candidate.prepare(self.stand)
        self._places = await self._ground.topics.partitions(self.stand.prefix + self._candidate.effects)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._signal(signal.SIGKILL)
        for process in self._processes:
            process.wait()
        await self._ground.topics.delete(self._name)
        await self.close_database()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def open_database(self) -> str:
        """Return the address of this run's database: a new one."""
        return await self._ground.databases.create(self._name)

    async def close_database(self) -> None:
        """Leave nothing of it."""
        await self._ground.databases.drop(self._name)

    # -- kinds of measurement ----------------------------------------------------------------------------------------

    async def throughput(self) -> Found:
        """Let the candidate work off a backlog that is there when it starts."""
        found = self.found
        found.kind = "throughput"
        await self._work.write(self.stand)
        meter = self.launch()
        seen = await self._watch(meter)
        await self.stop()
        if seen.first is not None and seen.last is not None:
            self._note_rates(seen, seen.first, seen.last)
        found.peak_megabytes = round(meter.peak_megabytes, 1)
        await self.check()
        return found

    async def start(self) -> Found:
        """Measure how long the candidate takes from its launch to its first effect on a small backlog."""
        found = await self.throughput()
        found.kind = "start"
        return found

    async def lifecycle(self) -> Found:
        """Let the candidate work off what was recorded of a whole trade."""
        found = await self.throughput()
        found.kind = "lifecycle"
        return found

    async def kill(self) -> Found:
        """Kill every process of the candidate in the middle of its backlog, start them again, let them finish."""
        found, candidate = self.found, self._candidate
        found.kind = "kill"
        await self._work.write(self.stand)
        goal = KILL_AT * candidate.effects_per_status * len(self._backlog.expected.statuses)
        killed = await self._watch(self.launch(), until=lambda length: length >= goal)
        self._signal(signal.SIGKILL)
        for process in self._processes:
            process.wait()
        before = await self._ground.topics.visible(self._places)
        successor = Successor(self._ground, self._places)
        async with successor.listening(time.time()):
            seen = await self._watch(self.launch())
        await self.stop()
        if killed.last is None or successor.first is None or seen.last is None:
            found.faults.append("it did not go on after the kill")
        else:
            found.recovery_seconds = round(successor.first - self._launched, 2)
            found.finished_seconds = round(seen.last - self._launched, 2)
            found.killed_at = round(before / seen.length, 2)
        await self.check()
        return found

    async def latency(self, rate: int, seconds: int) -> Found:
        """Write live traffic at a steady rate; take the time from the last record an effect needs to the effect."""
        found = self.found
        found.kind = f"latency_{rate}"
        records = self._backlog.workload.records[: rate * (WARM_SECONDS + seconds)]
        found.records = len(records)
        if self._candidate.append_times:
            await self._ground.topics.count_append_times({self.stand.prefix + each.topic for each in records})
        meter = self.launch()
        listener = Listener(self._ground, self._candidate, self._places)
        async with listener.listening():
            await asyncio.sleep(self._candidate.settle_seconds)
            sent, before = Sent(rate), meter.look()
            await sent.write(self._ground, self._candidate, self.stand.prefix, records)
            await listener.until_there(sent.due(self._backlog.expected))
        cost = meter.look()
        await self.stop()
        found.cpu_us = cost.since(before).microseconds(len(records))
        found.peak_megabytes = round(meter.peak_megabytes, 1)
        found.others_cores = round(cost.others / (time.monotonic() - self._launched), 2)
        self._note_latency(sent, listener)
        return found

    def _note_latency(self, sent: Sent, listener: Listener) -> None:
        found = self.found
        due = {key: at for key, at in sent.due(self._backlog.expected).items() if at >= sent.started + WARM_SECONDS}
        there = sorted((at, listener.arrived[key] - at) for key, at in due.items() if key in listener.arrived)
        missing = len(due) - len(there)
        found.samples, found.doubled = len(there), listener.repeated
        if there:
            found.latency_ms = quantiles([took for _, took in there])
        drained = max((at + took for at, took in there), default=0.0) - sent.ended
        grown = growth(there)
        found.detail |= {
            "missing": missing,
            "drained_s": round(drained, 2),
            "growth": round(grown, 3),
            "written_late_ms": round(1000 * sent.late, 1),
        }
        found.kept_up = missing == 0 and drained <= DRAIN_SECONDS and grown <= GROWTH
        if found.doubled:
            found.faults.append(f"{found.doubled:,} effects came more than once")
        # Where a candidate has all cores and still falls behind, the writer can't keep its turns either.
        if sent.late > LATE_SECONDS and found.kept_up:
            found.faults.append(f"the records were not written at {sent.rate}/s: {sent.late:.1f} s late at the end")
        found.correct = not found.faults

    @property
    def _backlog(self) -> Backlog:
        """Return the work of those kinds that need to know what is in it."""
        assert isinstance(self._work, Backlog)
        return self._work

    def _note_rates(self, seen: Seen, first: float, last: float) -> None:
        found, records = self.found, self.found.records
        seconds, from_launch = max(last - first, LOOK_SECONDS), last - self._launched
        found.records_per_second = records / seconds
        found.records_per_second_from_launch = records / from_launch
        found.orders_per_second = found.orders / seconds
        found.start_seconds = round(first - self._launched, 2)
        found.cpu_us = seen.cost.microseconds(records)
        found.others_cores = round(seen.cost.others / from_launch, 2)

    # -- the life of the processes -----------------------------------------------------------------------------------

    def launch(self) -> Meter:
        """Start the candidate's processes, each in a session of its own."""
        environment, commands = self._candidate.environment(self.stand), self._candidate.commands(self.stand)
        self._launched = time.monotonic()
        with self._log.open("ab") as log:
            self._processes = [
                subprocess.Popen(
                    command, env=environment, cwd=self._folder, stdout=log, stderr=log, start_new_session=True
                )
                for command in commands
            ]
        return Meter(self._ground, [process.pid for process in self._processes])

    async def stop(self) -> None:
        """Ask every process to end, and note which one didn't."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(process.poll() is None for process in self._processes) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        if any(process.poll() is None for process in self._processes):
            self.found.detail["stopped"] = "by force"
        self._signal(signal.SIGKILL)
        for process in self._processes:
            process.wait()

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)

    async def _watch(self, meter: Meter, until: Callable[[int], bool] | None = None) -> Seen:
        """Look at the visible output until all is done, or until it is so long."""
        started = time.monotonic()
        length = await self._ground.topics.visible(self._places)
        first, last, cost = None, None, meter.look()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now, length_now = time.monotonic(), await self._ground.topics.visible(self._places)
            spent = meter.look()
            if length_now != length:
                length, last, cost = length_now, now, spent
                first = now if first is None else first
            if until is not None and until(length):
                break
            if any(process.poll() is not None for process in self._processes):
                self.found.faults.append(f"a process ended by itself; see {self._log}")
                break
            if last is not None and now - last > ASK_SECONDS and await self._work.finished(self.stand, length):
                break
            quiet = now - (started if last is None else last)
            if now - started > LONGEST_SECONDS or quiet > (FIRST_SECONDS if last is None else IDLE_SECONDS):
                self.found.faults.append(f"gave up after {now - started:.0f} s, {quiet:.0f} s without any effect")
                break
        return Seen(first, last, length, cost)

    async def check(self) -> None:
        """Look at what is left; a run without a fault is correct."""
        await self._work.check(self.stand, self.found)
        self.found.correct = not self.found.faults


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return milliseconds by the names of the shares, and the longest."""
    ordered = sorted(1000 * each for each in seconds)
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    return {name: round(ordered[int(len(ordered) * share)], 1) for name, share in shares.items()} | {
        "max": round(ordered[-1], 1)
    }


def growth(effects: Sequence[tuple[float, float]]) -> float:
    """Return by how many seconds effects come later with each second: the medians of the first and last third.

    `effects` are (when it was due, how long it took) in seconds, by the first.
    """
    third = len(effects) // 3
    if not third:
        return 0.0
    (began, before), (ended, after) = (
        (statistics.median(at for at, _ in part), statistics.median(took for _, took in part))
        for part in (effects[:third], effects[-third:])
    )
    return (after - before) / (ended - began) if ended > began else 0.0
