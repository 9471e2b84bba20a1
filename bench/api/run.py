"""The parts that are asked for, one after the other on the same servers, and what comes of them."""

import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import psutil

from bench.api import acts, console, projector, search, streams
from bench.api.asked import Asked
from bench.ground.ground import Ground
from bench.machine import machine
from bench.meter import busy
from bench.results import Found

PARTS: Final = MappingProxyType(
    {
        "acts": acts.measure,
        "search": search.measure,
        "projector": projector.measure,
        "streams": streams.measure,
        "console": console.measure,
    }
)


@dataclass
class Measuring:
    """All parts of a run by their names."""

    asked: Asked
    found: dict[str, Found] = field(default_factory=dict)
    where: dict[str, Any] = field(default_factory=machine)

    async def run(self, here: Ground, folder: Path) -> None:
        """Measure every part that is asked for."""
        self.where["postgres"] = await here.databases.settings()
        for name in self.asked.only:
            say(f"part {name}")
            others = Others(here)
            found = await PARTS[name](here, folder, self.asked, say)
            found.others_cores = others.cores()
            found.correct = not found.faults
            self.found[name] = found
            say(f"part {name}: {'correct' if found.correct else 'NOT CORRECT: ' + '; '.join(found.faults[:5])}")

    def document(self) -> dict[str, Any]:
        """Return the figures of each part, and how they came about."""
        return {
            "parts": {name: _told(found) for name, found in self.found.items()},
            "asked": asdict(self.asked),
            "where": self.where,
        }

    def correct(self) -> bool:
        """Tell whether every part was."""
        return all(each.correct for each in self.found.values())


class Others:
    """What nobody of ours has used since its making; ask when every process that was started since has ended."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._since = time.monotonic()
        self._before = self._theirs()

    def cores(self) -> float:
        """Return how many cores on average."""
        return round(max(0.0, self._theirs() - self._before) / (time.monotonic() - self._since), 2)

    def _theirs(self) -> float:
        own = psutil.Process().cpu_times()
        return busy() - sum(self._ground.cpu()) - sum(own[:4])  # with the children that have ended


def _told(found: Found) -> Mapping[str, Any]:
    return {
        "correct": found.correct,
        "faults": found.faults,
        "records": found.records,
        "loop_ms": found.loop_ms,
        "others_cores": found.others_cores,
        **found.detail,
    }


def say(text: str) -> None:
    """Tell whoever waits."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
