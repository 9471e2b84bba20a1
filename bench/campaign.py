"""A campaign: every candidate in every kind of measurement, in turns, each run on fresh topics and a fresh database."""

import gc
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from adapters.embedded.jars import VERSION
from bench import limits, trade
from bench.candidates.candidate import Candidate
from bench.candidates.hub import Hub
from bench.ground.ground import Ground
from bench.limits import Limit
from bench.lines import line
from bench.machine import machine
from bench.plan import Plan
from bench.recording import Recording
from bench.replay import Replay
from bench.results import Found, Results
from bench.run import Run
from bench.traces import PARTNER_TOPICS
from bench.work import Backlog, Work
from simulators.errors import SimulationError


@dataclass
class Campaign:
    """What was found so far.

    `say` takes a line for each run. `kept` is a file that gets each run at once: hours would be lost otherwise.
    """

    plan: Plan
    say: Callable[[str], None]
    kept: Path
    runs: list[Found] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    durability: dict[str, str] = field(default_factory=dict)
    """PostgreSQL's settings that make it fast or safe."""
    recording: Recording | None = None
    _backlogs: dict[tuple[type[Candidate], int], Backlog] = field(default_factory=dict)

    async def run(self, ground: Ground, folder: Path) -> None:
        """Measure everything that was asked for. Raises RuntimeError where PostgreSQL runs without its durability."""
        self.durability = await ground.databases.settings()
        for candidate in self.plan.candidates:
            reason = candidate.missing()
            if reason is not None:
                self.missing[candidate.label] = reason
                self.say(f"{candidate.label} is left out: {reason}")
        for kind, rate, repeat in self.plan.steps():
            if kind == "limits":
                self.limits += await limits.measure(ground, self.plan.orders)
                self.say("limits measured")
                continue
            if kind == "lifecycle" and not await self._recorded(ground, folder):
                continue
            for candidate in self.plan.in_turn(kind, rate, repeat):
                if candidate.label not in self.missing:
                    await self._measure(ground, folder, candidate, kind, rate, repeat)

    async def _measure(
        self, ground: Ground, folder: Path, candidate: Candidate, kind: str, rate: int, repeat: int
    ) -> None:
        candidate, work = self._work(candidate, kind, rate)
        name = f"b_{kind}{rate or ''}_{repeat}_{candidate.label.replace(':', '')}"
        async with Run(ground, candidate, work, name, folder) as run:
            if kind == "latency":
                found = await run.latency(rate, self.plan.seconds)
            else:
                measure = {
                    "throughput": run.throughput,
                    "lifecycle": run.lifecycle,
                    "start": run.start,
                    "kill": run.kill,
                }
                found = await measure[kind]()
        found.repeat = repeat
        self._note(found)

    def _work(self, candidate: Candidate, kind: str, rate: int) -> tuple[Candidate, Work]:
        """Return what a candidate works off, and the candidate as it is set up for that."""
        if kind == "lifecycle" and isinstance(candidate, Hub) and self.recording is not None:
            hub = Hub(candidate.processes, self.recording.settings, PARTNER_TOPICS)
            return hub, Replay(self.recording, hub)
        return candidate, self._backlog(candidate, self.plan.orders_of(candidate, kind, rate))

    def _note(self, found: Found) -> None:
        self.runs.append(found)
        with self.kept.open("a") as file:
            file.write(json.dumps(asdict(found)) + "\n")
        self.say(line(found))

    async def _recorded(self, ground: Ground, folder: Path) -> bool:
        """Make the recording once, where a hub is measured. One that can't be made is a run that is not correct."""
        if any(each.kind == "lifecycle" and each.candidate == trade.NAME for each in self.runs):
            return False
        if self.recording is None and self.plan.in_turn("lifecycle", 0, 0):
            self.say(f"recording a trade of {self.plan.recorded:,} orders")
            try:
                self.recording = await trade.record(ground, folder, self.plan.recorded, self.say)
            except (RuntimeError, SimulationError) as error:
                self._note(Found(trade.NAME, "lifecycle", orders=self.plan.recorded, faults=[str(error)]))
                return False
            gc.collect()
            gc.freeze()
        return True

    def _backlog(self, candidate: Candidate, orders: int) -> Backlog:
        """Return a workload with its model. One of each dress is kept."""
        dress = Hub if isinstance(candidate, Hub) else Candidate
        backlog = self._backlogs.get((dress, orders))
        if backlog is None:
            workload = candidate.workload(orders)
            backlog = Backlog(candidate, workload, candidate.expected(workload))
            self._backlogs[dress, orders] = backlog
            gc.collect()
            gc.freeze()  # a collection over a million records would show up in the latencies
        return replace(backlog, candidate=candidate)

    def document(self) -> dict[str, Any]:
        """Return everything as plain values: the figures first, then how they came about."""
        return {
            **Results(self.runs, self.missing).summary(),
            "asked": self.plan.asked(),
            "workload": self._workloads(),
            "recording": None if self.recording is None else self.recording.summary(),
            "where": machine() | {"kafka": VERSION, "postgres": self.durability},
            "limits": [asdict(each) for each in self.limits],
            "runs": [asdict(each) for each in self.runs],
        }

    def _workloads(self) -> dict[str, Any]:
        """Return what is in the largest workload of each dress."""
        return {
            "hub" if dress is Hub else "peers": {
                "orders": orders,
                "records": len(each.workload.records),
                "bytes_per_record": round(each.workload.bytes_per_record),
                "duplicates": each.workload.duplicates,
                "poison": each.workload.poison,
                "early": each.workload.early,
                "added": each.workload.added,
            }
            for (dress, orders), each in sorted(self._backlogs.items(), key=lambda item: item[0][1])
        }
