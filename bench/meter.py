"""The meter: what a candidate's processes, the servers and everybody else cost while it runs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil

from bench.ground.ground import Ground


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds since the meter was started; `others` is what nobody here has used."""

    candidate: float
    kafka: float
    postgres: float
    others: float

    def since(self, before: "Cost") -> "Cost":
        """Return what was spent after another look."""
        return Cost(
            self.candidate - before.candidate,
            self.kafka - before.kafka,
            self.postgres - before.postgres,
            self.others - before.others,
        )

    def microseconds(self, records: int) -> dict[str, float]:
        """Return the CPU microseconds for each of so many records."""
        spent = {"candidate": self.candidate, "kafka": self.kafka, "postgres": self.postgres}
        return {name: round(1e6 * seconds / records, 2) for name, seconds in spent.items()}


@dataclass
class Trees:
    """Some processes with all their descendants: CPU seconds of the living and the dead, and the peak of memory."""

    roots: Sequence[int]
    cpu: float = 0.0
    peak_bytes: int = 0
    _dead: float = 0.0
    _living: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        """Take the numbers of now."""
        living, resident = {}, 0
        for process in self._processes():
            try:
                spent = process.cpu_times()
                resident += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            living[process.pid] = spent.user + spent.system
        self._dead += sum(cpu for pid, cpu in self._living.items() if pid not in living)
        self._living = living
        self.cpu = self._dead + sum(living.values())
        self.peak_bytes = max(self.peak_bytes, resident)

    def _processes(self) -> list[psutil.Process]:
        found = []
        for root in self.roots:
            try:
                process = psutil.Process(root)
                found += [process, *process.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
        return found


class Meter:
    """Counts from its making; `cost` is what was spent up to the last `look`."""

    def __init__(self, ground: Ground, roots: Sequence[int]) -> None:
        self._ground = ground
        self._trees = Trees(roots)
        self._since = time.monotonic()
        self._servers = ground.cpu()
        self._busy = busy()
        self._own = _own()

    def look(self) -> Cost:
        """Return the costs so far."""
        self._trees.look()
        kafka, postgres = (now - then for now, then in zip(self._ground.cpu(), self._servers, strict=True))
        ours = self._trees.cpu + kafka + postgres + _own() - self._own
        return Cost(self._trees.cpu, kafka, postgres, max(0.0, busy() - self._busy - ours))

    @property
    def peak_megabytes(self) -> float:
        """Return the most memory that the candidate had, all its processes together."""
        return self._trees.peak_bytes / 1e6


def loop_milliseconds() -> float:
    """Return how long a fixed piece of work takes now: the speed of a machine drifts within an hour."""
    started = time.perf_counter()
    total = 0
    for number in range(1_000_000):
        total += number
    return 1000 * (time.perf_counter() - started)


def busy() -> float:
    """Return the CPU seconds that the whole machine has spent on anything."""
    spent = psutil.cpu_times()
    parts = ("user", "nice", "system", "irq", "softirq", "steal")
    return float(sum(getattr(spent, part, 0.0) for part in parts))


def _own() -> float:
    spent = psutil.Process().cpu_times()
    return spent.user + spent.system
