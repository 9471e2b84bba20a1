"""A campaign: every candidate in every kind of measurement, in turns, each run on fresh topics and a fresh database."""

import gc
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from adapters.embedded.jars import VERSION
from bench import limits, trade
from bench.candidates.candidate import Candidate
from bench.candidates.hub import Hub
from bench.candidates.peers import Careful, Quix, Streams
from bench.ground.ground import Ground
from bench.lateness import WARM_SECONDS
from bench.limits import Limit
from bench.machine import machine
from bench.recording import Recording
from bench.replay import Replay
from bench.results import Found, Results
from bench.run import Run
from bench.traces import PARTNER_TOPICS
from bench.work import Backlog, Work
from simulators.errors import SimulationError

KINDS: Final = ("throughput", "lifecycle", "latency", "kill", "start", "limits")
FEWEST: Final = 200
"""Orders: with fewer, the time to the first batch is all there is."""
KILL_SHARE: Final = 0.5
"""Of the orders of the throughput runs."""
START_ORDERS: Final = 50
OFTEN: Final = ("throughput", "lifecycle")
"""Kinds that have all repeats."""
USUAL: Final = 300
"""Records a second at which every candidate's latency is measured."""
CURVE: Final = ("hub:2", "streams")
"""Whose latency is measured at every rate."""
PEER_RECORDS_PER_ORDER: Final = 7.0
"""Fewer than any order has on average: enough orders are made for live traffic of some length."""


def all_candidates() -> list[Candidate]:
    """Return every candidate, the hub first."""
    return [Hub(1), Hub(2), Careful(), Streams(), Quix()]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for."""

    orders: int
    repeats: int
    candidates: Sequence[Candidate]
    kinds: Sequence[str]
    rates: Sequence[int]
    seconds: int
    recorded: int = 0
    """Orders of the recording."""
    everyone: bool = False
    """Whether all candidates get every rate; otherwise all get USUAL, and those of CURVE the others."""

    def steps(self) -> Iterator[tuple[str, int, int]]:
        """Yield kind, rate (0 where there is none) and repeat, in the order in which they are measured."""
        for kind in self.kinds:
            # The other kinds are measured once less: they vary less, or take longer.
            for repeat in range(self.repeats if kind in OFTEN else max(1, self.repeats - 1)):
                for rate in self.rates if kind == "latency" else (0,):
                    yield kind, rate, repeat

    def in_turn(self, kind: str, rate: int, repeat: int) -> Sequence[Candidate]:
        """Return the candidates of a step, beginning with another one each time."""
        curve = kind == "latency" and rate != USUAL and not self.everyone
        found = [each for each in self.candidates if not curve or each.label in CURVE]
        if kind == "lifecycle":
            found = [each for each in found if isinstance(each, Hub)]
        first = repeat % max(1, len(found))
        return [*found[first:], *found[:first]]


@dataclass
class Campaign:
    """What was found so far; `say` takes a line for each run, `kept` the run itself: hours may be lost otherwise."""

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
        """Measure everything that was asked for; raises where PostgreSQL runs without its durability."""
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
        work: Work
        if kind == "lifecycle" and isinstance(candidate, Hub) and self.recording is not None:
            candidate = Hub(candidate.processes, self.recording.settings, PARTNER_TOPICS)
            work = Replay(self.recording, candidate)
        else:
            work = self._backlog(candidate, self._orders(candidate, kind, rate))
        name = f"b_{kind}{rate or ''}_{repeat}_{candidate.label.replace(':', '')}"
        async with Run(ground, candidate, work, name, folder) as run:
            match kind:
                case "throughput":
                    found = await run.throughput()
                case "lifecycle":
                    found = await run.lifecycle()
                case "start":
                    found = await run.start()
                case "kill":
                    found = await run.kill()
                case _:
                    found = await run.latency(rate, self.plan.seconds)
        found.repeat = repeat
        self.runs.append(found)
        self._keep(found)
        self.say(line(found))

    async def _recorded(self, ground: Ground, folder: Path) -> bool:
        """Make the recording once, where a hub is measured; one that can't be made is a run that is not correct."""
        if any(each.kind == "lifecycle" and each.candidate == trade.NAME for each in self.runs):
            return False
        if self.recording is None and self.plan.in_turn("lifecycle", 0, 0):
            self.say(f"recording a trade of {self.plan.recorded:,} orders")
            try:
                self.recording = await trade.record(ground, folder, self.plan.recorded, self.say)
            except (RuntimeError, SimulationError) as error:
                found = Found(trade.NAME, "lifecycle", orders=self.plan.recorded, faults=[str(error)])
                self.runs.append(found)
                self._keep(found)
                self.say(line(found))
                return False
            gc.collect()
            gc.freeze()
        return True

    def _keep(self, found: Found) -> None:
        with self.kept.open("a") as file:
            file.write(json.dumps(asdict(found)) + "\n")

    def _orders(self, candidate: Candidate, kind: str, rate: int) -> int:
        if kind == "latency":
            return int(rate * (self.plan.seconds + WARM_SECONDS) / PEER_RECORDS_PER_ORDER) + 1
        if kind == "start":
            return START_ORDERS
        share = candidate.share * (KILL_SHARE if kind == "kill" else 1.0)
        return max(min(FEWEST, self.plan.orders), int(self.plan.orders * share))

    def _backlog(self, candidate: Candidate, orders: int) -> Backlog:
        """Return a workload with its model; one of each dress is kept."""
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
        results = Results(self.runs, self.missing)
        return {
            **results.summary(),
            "asked": {
                "orders": self.plan.orders,
                "repeats": self.plan.repeats,
                "kinds": list(self.plan.kinds),
                "rates": list(self.plan.rates),
                "seconds": self.plan.seconds,
                "candidates": {each.label: f"{each.what}; {each.guarantee}" for each in self.plan.candidates},
            },
            "workload": {
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
            },
            "recording": None if self.recording is None else self.recording.summary(),
            "where": machine() | {"kafka": VERSION, "postgres": self.durability},
            "limits": [asdict(each) for each in self.limits],
            "runs": [asdict(each) for each in self.runs],
        }


def line(found: Found) -> str:
    """Return a run in one line."""
    parts = [f"{time.strftime('%H:%M:%S')} {found.kind:<12} {found.candidate:<8}"]
    if found.records_per_second is not None:
        parts.append(f"{found.records_per_second:,.0f} records/s")
    if found.start_seconds is not None:
        parts.append(f"first effect after {found.start_seconds:.1f} s")
    if found.latency_ms:
        parts.append(", ".join(f"{name} {value:,.0f} ms" for name, value in found.latency_ms.items()))
    if found.kept_up is False:
        parts.append("FELL BEHIND")
    if found.recovery_seconds is not None:
        parts.append(f"goes on after {found.recovery_seconds:.1f} s, done after {found.finished_seconds:.1f} s")
    if orders := found.detail.get("orders"):
        parts.append(f"{orders['another_end']} of {orders['compared']:,} orders took another end")
    if found.others_cores is not None:
        parts.append(f"others {found.others_cores:.1f} cores")
    return "  ".join([*parts, "correct" if found.correct else f"NOT CORRECT: {'; '.join(found.faults)}"])
