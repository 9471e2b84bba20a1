"""All shapes in turn, as often as is asked for, and what comes of them."""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.dress import SCAN
from bench.ground.ground import Ground, ground
from bench.hot.run import AFTER_SECONDS, HotRun
from bench.hot.script import script
from bench.hot.table import VIEWS, line
from bench.machine import machine
from bench.results import Found

COMPARED: Final = (("steady", "without"), ("burst", "without"), ("spread", "without"), ("burst", "spread"))
Figures = dict[str, dict[str, float]]
"""By view, the figures by name."""


@dataclass
class Comparison:
    """All runs by shape."""

    given: argparse.Namespace
    runs: dict[str, list[Found]] = field(default_factory=dict)
    where: dict[str, Any] = field(default_factory=machine)

    async def run(self) -> None:
        """Run every shape in turn."""
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
        _say(line(found))

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
            "asked": vars(self.given) | {"fact": SCAN},
            "where": self.where,
            "runs": {shape: [asdict(each) for each in runs] for shape, runs in self.runs.items()},
        }

    def correct(self) -> bool:
        """Tell whether every run was."""
        return all(each.correct for runs in self.runs.values() for each in runs)


def _medians(runs: Sequence[Found]) -> Figures:
    """Return the median of each figure over the correct runs, by view."""
    correct = [each for each in runs if each.correct]
    found: Figures = {}
    for view in VIEWS:
        told = [each.detail[view] for each in correct if each.detail.get(view)]
        names = told[0] if told else ()
        found[view] = {name: round(statistics.median(each[name] for each in told), 1) for name in names}
    times = [each.detail["worked_off_s"] for each in correct if "worked_off_s" in each.detail]
    return found | ({"hot": {"worked_off_s": round(statistics.median(times), 2)}} if times else {})


def _ratios(ours: Figures, base: Figures) -> Figures:
    return {
        view: {name: round(ours[view][name] / base[view][name], 2) for name in ("p50", "p99")}
        for view in VIEWS
        if ours[view] and base[view]
    } | {view: {} for view in VIEWS if not (ours[view] and base[view])}


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
