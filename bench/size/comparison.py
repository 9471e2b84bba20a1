"""The same backlogs in databases of several sizes, in turns, and what comes of them."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench.candidates.hub import Hub
from bench.ground.ground import Ground
from bench.lines import line
from bench.machine import machine
from bench.results import Found
from bench.run import Run
from bench.size import filling
from bench.size.backlogs import KINDS, MODEL_ORDERS, Backlogs
from bench.size.figures import costs, medians
from bench.size.filling import Filled, Filling, Size
from bench.size.run import KeptRun

SPARE_BYTES: Final = 15_000_000_000
"""What is left free on the disk, for the logs and for others."""
GROWTH: Final = 1.3
"""Pages aren't full; indexes grow with their depth."""


@dataclass
class Place:
    """One of the databases."""

    name: str
    size: Size
    url: str
    filled: Filled
    runs: dict[str, list[Found]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def document(self) -> dict[str, Any]:
        """Return what was asked for and what is there, as plain values."""
        return {
            "asked": asdict(self.size),
            **asdict(self.filled),
            "bytes": self.filled.bytes,
            "journal_bytes_per_row": self.filled.bytes_per_row(),
        }


@dataclass
class Comparison:
    """All that is measured. `orders` are those of a backlog, `folder` is for the processes' own files."""

    ground: Ground
    folder: Path
    sizes: Sequence[Size]
    orders: int
    places: list[Place] = field(default_factory=list)
    where: dict[str, Any] = field(default_factory=machine)

    def __post_init__(self) -> None:
        self._backlogs = Backlogs(self.orders, self.sizes)

    async def prepare(self) -> None:
        """Let the hub play the model's orders, and fill a database of each size with their copies."""
        async with Run(self.ground, Hub(1), self._backlogs.model, "model", self.folder) as run:
            say(line(found := await run.throughput()))
            if not found.correct:
                raise RuntimeError("the run was not correct whose rows were to be copied")
            for number, size in enumerate(self.sizes):
                name = f"sized_{number}"
                url = await self.ground.databases.create(name, like=run.stand.name)
                self.places.append(Place(name, size, url, await self._fill(size, url)))

    async def _fill(self, size: Size, url: str) -> Filled:
        connection = await asyncpg.connect(url)
        try:
            await self._check_space(connection, size)
            filled = await Filling(connection, self.orders, say).fill(size)
        finally:
            await connection.close()
        say(
            f"filled: {filled.rows['journal']:,} rows of the journal of {filled.bytes_per_row():,} bytes each, "
            f"{filled.rows['orders']:,} orders, {filled.rows['timers']:,} deadlines, {filled.bytes / 1e9:.1f} GB"
        )
        return filled

    async def _check_space(self, connection: Any, size: Size) -> None:
        """Say how much will be written. Raises SystemExit where that is not free on the disk."""
        model = await filling.look(connection, MODEL_ORDERS, 1)
        needed = GROWTH * max(size.rows / model.rows["journal"], size.orders / MODEL_ORDERS) * model.bytes
        if needed > shutil.disk_usage(self.folder).free - SPARE_BYTES:
            raise SystemExit(f"{size.rows:,} rows need about {needed / 1e9:.0f} GB, and that is not free here")
        say(f"{size.rows:,} rows and {size.orders:,} open orders: about {needed / 1e9:.1f} GB")

    async def measure(self, kind: str, repeat: int) -> None:
        """Work off the same backlog in each database, and leave nothing of it there."""
        for place in self.places:
            connection = await asyncpg.connect(place.url)
            try:
                backlog = await self._backlogs.make(connection, kind, repeat, place.size, place.filled)
                name = f"s_{place.name}_{kind}_{repeat}"
                async with KeptRun(self.ground, backlog, name, self.folder, place.url) as run:
                    found = await run.throughput()
                found.kind, found.repeat = kind, repeat
                place.runs[kind].append(found)
                say(f"{place.size.rows:>12,} rows  {line(found)}  {costs(found)}")
                await filling.clean(connection, list(backlog.workload.facts) if kind == "new" else [])
            finally:
                await connection.close()

    def document(self) -> dict[str, Any]:
        """Return the medians, the ratios of each database to the first, and how they came about."""
        middle = {place.name: {kind: medians(place.runs[kind]) for kind in KINDS} for place in self.places}
        first = middle[self.places[0].name]
        return {
            "ratios": {
                place.name: {kind: _ratios(middle[place.name][kind], first[kind]) for kind in KINDS}
                for place in self.places[1:]
            },
            "medians": middle,
            "databases": {place.name: place.document() for place in self.places},
            "where": self.where,
            "runs": {
                place.name: {k: [asdict(each) for each in v] for k, v in place.runs.items()} for place in self.places
            },
        }

    def correct(self) -> bool:
        """Tell whether every run was."""
        return all(each.correct for place in self.places for runs in place.runs.values() for each in runs)


def _ratios(ours: dict[str, float], first: dict[str, float]) -> dict[str, float]:
    return {name: round(value / first[name], 3) for name, value in ours.items() if first.get(name)}


def say(text: str) -> None:
    """Tell whoever waits."""
    sys.stderr.write(text + "\n")
