"""One run of one candidate: prepared, started as processes, measured from outside, stopped, checked."""

import asyncio
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from aiokafka import TopicPartition

from bench.candidates.candidate import Candidate, Stand
from bench.ground.ground import Ground
from bench.lateness import WARM_SECONDS, note_latency
from bench.meter import Cost, Meter, loop_milliseconds
from bench.processes import Processes
from bench.results import Found
from bench.traffic import Listener, Sent, Successor
from bench.work import Backlog, Work
from bench.workload import HUB_TOPICS

LOOK_SECONDS: Final = 0.1
ASK_SECONDS: Final = 2.0
"""When output stands still for so long, it is asked whether all is done."""
IDLE_SECONDS: Final = 45.0
"""Output that stands still for so long before all is done won't go on. The dead keep partitions for less."""
FIRST_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 900.0
KILL_AT: Final = 0.4


@dataclass(slots=True)
class Seen:
    """What was seen of a run: the monotonic times of its first and last effect, and the output's length.

    `cost` is what was spent up to the last effect.
    """

    length: int
    cost: Cost
    first: float | None = None
    last: float | None = None

    def note(self, now: float, length: int, cost: Cost) -> None:
        """Note a look at the output; one that shows no more of it changes nothing."""
        if length != self.length:
            self.length, self.cost, self.last = length, cost, now
            self.first = now if self.first is None else self.first


class Run:
    """One run. Use it as an async context manager: then nothing of it is left."""

    def __init__(self, ground: Ground, candidate: Candidate, work: Work, name: str, folder: Path) -> None:
        self._ground = ground
        self._candidate = candidate
        self._work = work
        self._name = name
        self._folder = folder / name
        self._processes = Processes(self._folder, folder / f"{name}.log")
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
        self._processes.kill()
        await self._ground.topics.delete(self._name)
        await self.close_database()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def open_database(self) -> str:
        """Return the address of this run's database: a new one."""
        return await self._ground.databases.create(self._name)

    async def close_database(self) -> None:
        """Leave nothing of it."""
        await self._ground.databases.drop(self._name)

    def launch(self) -> Meter:
        """Start the candidate's processes."""
        environment, commands = self._candidate.environment(self.stand), self._candidate.commands(self.stand)
        self._processes.start(commands, environment)
        return Meter(self._ground, self._processes.pids)

    async def stop(self) -> None:
        """Ask every process to end, and note where one didn't."""
        if not await self._processes.end():
            self.found.detail["stopped"] = "by force"

    async def check(self) -> None:
        """Look at what is left. A run without a fault is correct."""
        await self._work.check(self.stand, self.found)
        self.found.correct = not self.found.faults

    # -- a backlog -------------------------------------------------------------------------------------------------

    async def throughput(self) -> Found:
        """Let the candidate work off a backlog that is there when it starts."""
        found = self.found
        found.kind = "throughput"
        await self._work.write(self.stand)
        meter = self.launch()
        seen = await self._watch(meter)
        await self.stop()
        if seen.first is not None and seen.last is not None:
            self._note_rates(seen.cost, seen.first, seen.last)
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
        self.found.kind = "kill"
        await self._work.write(self.stand)
        goal = KILL_AT * self._candidate.effects_per_status * len(self._backlog.expected.statuses)
        killed = await self._watch(self.launch(), until=lambda length: length >= goal)
        self._processes.kill()
        before = await self._ground.topics.visible(self._places)
        successor = Successor(self._ground, self._places)
        async with successor.listening(time.time()):
            seen = await self._watch(self.launch())
        await self.stop()
        if killed.last is None or successor.first is None or seen.last is None:
            self.found.faults.append("it did not go on after the kill")
        else:
            self.found.recovery_seconds = round(successor.first - self._processes.launched, 2)
            self.found.finished_seconds = round(seen.last - self._processes.launched, 2)
            self.found.killed_at = round(before / seen.length, 2)
        await self.check()
        return self.found

    @property
    def _backlog(self) -> Backlog:
        """Return the work, for measurements that need to know what is in it."""
        assert isinstance(self._work, Backlog)
        return self._work

    def _note_rates(self, cost: Cost, first: float, last: float) -> None:
        found, records = self.found, self.found.records
        seconds, from_launch = max(last - first, LOOK_SECONDS), last - self._processes.launched
        found.records_per_second = records / seconds
        found.records_per_second_from_launch = records / from_launch
        found.orders_per_second = found.orders / seconds
        found.start_seconds = round(first - self._processes.launched, 2)
        found.cpu_us = cost.microseconds(records)
        found.others_cores = round(cost.others / from_launch, 2)

    async def _watch(self, meter: Meter, until: Callable[[int], bool] | None = None) -> Seen:
        """Look at the visible output until all is done, or until it is so long."""
        started = time.monotonic()
        seen = Seen(await self._ground.topics.visible(self._places), meter.look())
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now, length = time.monotonic(), await self._ground.topics.visible(self._places)
            seen.note(now, length, meter.look())
            if until is not None and until(seen.length):
                break
            if self._processes.one_ended:
                self.found.faults.append(f"a process ended by itself; see {self._processes.log}")
                break
            if seen.last is not None and now - seen.last > ASK_SECONDS and await self._is_finished(seen.length):
                break
            quiet = now - (started if seen.last is None else seen.last)
            if now - started > LONGEST_SECONDS or quiet > (FIRST_SECONDS if seen.last is None else IDLE_SECONDS):
                self.found.faults.append(f"gave up after {now - started:.0f} s, {quiet:.0f} s without any effect")
                break
        return seen

    async def _is_finished(self, visible: int) -> bool:
        return await self._work.finished(self.stand, visible)

    # -- live traffic ----------------------------------------------------------------------------------------------

    async def latency(self, rate: int, seconds: int) -> Found:
        """Write live traffic at a steady rate; take the time from the last record an effect needs to the effect."""
        found = self.found
        found.kind = f"latency_{rate}"
        records = self._backlog.workload.records[: rate * (WARM_SECONDS + seconds)]
        found.records = len(records)
        if self._candidate.append_times:
            await self._ground.topics.count_append_times({self.stand.prefix + name for name in HUB_TOPICS})
        meter = self.launch()
        listener = Listener(self._ground, self._candidate, self._places)
        async with listener.listening():
            await asyncio.sleep(self._candidate.settle_seconds)
            sent, before = Sent(rate), meter.look()
            await sent.write(self._ground, self._candidate, self.stand.prefix, records)
            await listener.until_there(sent.due(self._backlog.expected))
        cost = meter.look()
        if self._processes.one_ended:
            found.faults.append(f"a process ended by itself: see {self._processes.log}")
            found.correct = False
        await self.stop()
        found.cpu_us = cost.since(before).microseconds(len(records))
        found.peak_megabytes = round(meter.peak_megabytes, 1)
        found.others_cores = round(cost.others / (time.monotonic() - self._processes.launched), 2)
        note_latency(found, sent, listener, self._backlog.expected)
        return found
