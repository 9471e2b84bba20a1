"""What the runs found, and what they come to: medians of correct runs, ratios, and the reason for what is missing."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

HUBS: Final = "hub:"
STREAMS: Final = "streams"
CAREFUL: Final = "careful"
LATENCY: Final = "latency_"
RATES: Final = (300, 3_000)
"""Records a second whose latencies every result names, if only with the reason why there are none."""


@dataclass
class Found:
    """One run of one candidate; what this kind of run doesn't measure is None."""

    candidate: str
    kind: str
    repeat: int = 0
    orders: int = 0
    records: int = 0
    correct: bool = False
    faults: list[str] = field(default_factory=list)
    """What was wrong, one sentence each."""
    records_per_second: float | None = None
    """Input records by the time from the first to the last visible effect."""
    records_per_second_from_launch: float | None = None
    orders_per_second: float | None = None
    start_seconds: float | None = None
    """From the launch to the first visible effect."""
    cpu_us: dict[str, float] | None = None
    """CPU microseconds per input record: `candidate`, `kafka`, `postgres`."""
    peak_megabytes: float | None = None
    others_cores: float | None = None
    """Cores that were busy with something else meanwhile: a machine at rest has less than 0.1."""
    loop_ms: float | None = None
    """Milliseconds that a fixed piece of work took before the run: the speed of the machine just then."""
    latency_ms: dict[str, float] | None = None
    """`p50`, `p99`, `p99.9`, `max` from the last record that an effect needs to the effect, read committed."""
    samples: int | None = None
    kept_up: bool | None = None
    """Whether all effects of the live traffic were there soon after it: else the latencies are those of a queue."""
    recovery_seconds: float | None = None
    """From the start after the kill to the next visible effect."""
    finished_seconds: float | None = None
    """From the start after the kill to the last visible effect."""
    killed_at: float | None = None
    """The share of all effects that was visible at the kill."""
    lost: int = 0
    doubled: int = 0
    detail: dict[str, Any] = field(default_factory=dict)


class Results:
    """All runs of a benchmark; `missing` says of candidates why they could not run."""

    def __init__(self, runs: Sequence[Found], missing: dict[str, str]) -> None:
        self._runs = runs
        self._missing = missing

    def summary(self) -> dict[str, Any]:
        """Return the figures that matter; null where one was not measured, and then the reason in `not_measured`."""
        reasons: dict[str, str] = {}
        figures: dict[str, Any] = {}
        best = self.best_hub()
        for name, peer in (("throughput_vs_streams", STREAMS), ("throughput_vs_careful", CAREFUL)):
            for figure, value in ((name, _records), (f"{name}_by_orders", _orders)):
                figures[figure] = self._ratio(figure, best, peer, value, reasons)
        figures["fastest_hub"] = best
        figures["cpu_us_per_event"] = self._cpu(reasons)
        figures["lifecycle"] = self._lifecycle(reasons)
        for rate in sorted({*self.rates(), *RATES}):
            figures[f"latency_{rate}"] = self._latency(f"latency_{rate}", reasons)
        figures["recovery_s"] = self._recovery(reasons)
        figures["start_s"] = self._start(reasons)
        return figures | {"not_measured": reasons | self._missing}

    def best_hub(self) -> str | None:
        """Return the hub's number of processes with the highest median throughput."""
        rates = {name: self.median(name, "throughput", _records) for name in self.candidates("throughput")}
        hubs = {name: rate for name, rate in rates.items() if name.startswith(HUBS) and rate is not None}
        return max(hubs, key=lambda name: hubs[name]) if hubs else None

    def candidates(self, kind: str) -> list[str]:
        """Return who ran in this kind of measurement, in the order of their first runs."""
        return list(dict.fromkeys(each.candidate for each in self._runs if each.kind == kind))

    def kinds(self) -> list[str]:
        """Return the kinds of measurement, in the order of their first runs."""
        return list(dict.fromkeys(each.kind for each in self._runs))

    def rates(self) -> list[int]:
        """Return the rates of the live traffic, records a second, the lowest first."""
        return sorted(int(kind.removeprefix(LATENCY)) for kind in self.kinds() if kind.startswith(LATENCY))

    def of(self, candidate: str, kind: str) -> list[Found]:
        """Return a candidate's runs of a kind."""
        return [each for each in self._runs if (each.candidate, each.kind) == (candidate, kind)]

    def median(self, candidate: str, kind: str, value: Callable[[Found], float | None]) -> float | None:
        """Return the median over the correct runs; None where there is none."""
        values = [value(each) for each in self.of(candidate, kind) if each.correct]
        known = [each for each in values if each is not None]
        return statistics.median(known) if known else None

    def _ratio(
        self,
        figure: str,
        hub: str | None,
        peer: str,
        value: Callable[[Found], float | None],
        reasons: dict[str, str],
    ) -> float | None:
        ours = None if hub is None else self.median(hub, "throughput", value)
        theirs = self.median(peer, "throughput", value)
        if ours is None or theirs is None:
            reasons[figure] = self._why("the hub" if ours is None else peer, hub or HUBS if ours is None else peer)
            return None
        return round(ours / theirs, 3)

    def _why(self, name: str, candidate: str) -> str:
        if candidate in self._missing:
            return f"{name}: {self._missing[candidate]}"
        ran = [each for each in self._runs if each.candidate.startswith(candidate) and each.kind == "throughput"]
        return f"no run of {name} was correct" if ran else f"{name} was not run"

    def _cpu(self, reasons: dict[str, str]) -> dict[str, Any] | None:
        spent = {candidate: self._spent(candidate, "throughput") for candidate in self.candidates("throughput")}
        found = {candidate: each for candidate, each in spent.items() if each}
        return self._or_reason("cpu_us_per_event", found, "throughput", reasons)

    def _spent(self, candidate: str, kind: str) -> dict[str, float]:
        """Return the medians of CPU microseconds a record; empty where no run was correct."""

        def part(name: str) -> Callable[[Found], float | None]:
            return lambda each: None if each.cpu_us is None else each.cpu_us.get(name)

        parts = {name: self.median(candidate, kind, part(name)) for name in ("candidate", "kafka", "postgres")}
        known = {name: each for name, each in parts.items() if each is not None}
        return known | {"all": round(sum(known.values()), 2)} if known else {}

    def _lifecycle(self, reasons: dict[str, str]) -> dict[str, Any] | None:
        """Return what the hub does on its own full lifecycle, by the number of its processes."""
        found = {}
        for candidate in self.candidates("lifecycle"):
            rate = self.median(candidate, "lifecycle", _records)
            if rate is not None:
                found[candidate] = {
                    "records_per_second": round(rate, 1),
                    "orders_per_second": round(self.median(candidate, "lifecycle", _orders) or 0.0, 1),
                    "cpu_us_per_record": self._spent(candidate, "lifecycle"),
                    "peak_megabytes": self.median(candidate, "lifecycle", lambda each: each.peak_megabytes),
                    "correct": _share(self.of(candidate, "lifecycle")),
                }
        return self._or_reason("lifecycle", found, "lifecycle", reasons)

    def _latency(self, kind: str, reasons: dict[str, str]) -> dict[str, Any] | None:
        """Return the medians; also of candidates that fell behind, whose latencies are those of a growing queue.

        They are null where no effect came at all before the run was over.
        """
        found = {}
        for candidate in self.candidates(kind):
            runs = [each for each in self.of(candidate, kind) if each.correct]
            if runs:
                told = [each.latency_ms for each in runs if each.latency_ms]
                found[candidate] = {
                    **{name: _median(each[name] for each in told) for name in ("p50", "p99", "p99.9", "max")},
                    "effects": sum(each.samples or 0 for each in runs),
                    "kept_up": all(each.kept_up for each in runs),
                }
        return self._or_reason(kind, found, kind, reasons)

    def _recovery(self, reasons: dict[str, str]) -> dict[str, Any] | None:
        found = {}
        for candidate in self.candidates("kill"):
            runs = self.of(candidate, "kill")
            first = self.median(candidate, "kill", lambda each: each.recovery_seconds)
            last = self.median(candidate, "kill", lambda each: each.finished_seconds)
            found[candidate] = {
                "first_effect": first,
                "finished": last,
                "lost": sum(each.lost for each in runs),
                "doubled": sum(each.doubled for each in runs),
                "correct": _share(runs),
            }
        return self._or_reason("recovery_s", found, "kill", reasons)

    def _start(self, reasons: dict[str, str]) -> dict[str, Any] | None:
        found = {name: self.median(name, "start", lambda each: each.start_seconds) for name in self.candidates("start")}
        return self._or_reason("start_s", found, "start", reasons)

    def _or_reason(
        self, figure: str, found: dict[str, Any], kind: str, reasons: dict[str, str]
    ) -> dict[str, Any] | None:
        if not found:
            ran = any(each.kind == kind for each in self._runs)
            reasons[figure] = f"no run of {kind} was correct" if ran else f"{kind} was not measured"
        return found or None


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return round(statistics.median(known), 2) if known else None


def _share(runs: Sequence[Found]) -> str:
    return f"{sum(each.correct for each in runs)}/{len(runs)}"


def _records(each: Found) -> float | None:
    return each.records_per_second


def _orders(each: Found) -> float | None:
    return each.orders_per_second
