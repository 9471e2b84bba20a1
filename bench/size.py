"""Whether a record costs the same in a small and in a large database: the same backlog in both, in turns, in one run.

`python -m bench.size` starts its own servers, fills two databases, and has one process of `hub run` work off backlogs
in each: of new orders, and of scans for orders that are stored. It prints what a record costs there, and the ratios.
"""

import argparse
import asyncio
import json
import math
import random
import shutil
import signal
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg

from bench import dress, filling, model, story, workload
from bench.candidates.candidate import note
from bench.candidates.hub import Hub
from bench.filling import Filled, Filling, Size
from bench.ground.ground import Ground, ground
from bench.lines import line
from bench.machine import machine
from bench.model import Expected
from bench.records import Workload
from bench.results import Found
from bench.run import Run
from bench.work import Backlog

KINDS: Final = ("new", "stored")
MODEL_ORDERS: Final = 200
"""As many are played by the hub, then copied."""
MODEL_SEED: Final = 11
RECORDS_PER_ORDER: Final = 10
MOST_STORED: Final = 10_000
"""Stored orders of a backlog: each has several scans where the small database has fewer."""
SPARE_BYTES: Final = 15_000_000_000
"""What is left free on the disk, for the logs and for others."""
WRITTEN: Final = "write-ahead log"
WORK: Final = f"""
SELECT '{WRITTEN}' AS name, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS number
UNION ALL SELECT regexp_replace(relname, '_p[0-9]+$', ''), (sum(heap_blks_read) + coalesce(sum(toast_blks_read), 0)
  + coalesce(sum(tidx_blks_read), 0))::bigint FROM pg_statio_user_tables GROUP BY 1
UNION ALL SELECT regexp_replace(indexrelname, '_p[0-9]+_', '_'), sum(idx_blks_read)::bigint FROM pg_statio_user_indexes
GROUP BY 1"""  # noqa: S608 - constants
GROWTH: Final = 1.3
"""Pages aren't full; indexes grow with their depth."""


class KeptRun(Run):
    """A run in a database that was there before, and stays."""

    def __init__(self, ground: Ground, backlog: Backlog, name: str, folder: Path, url: str) -> None:
        super().__init__(ground, Hub(1), backlog, name, folder)
        self._here = ground
        self._url = url

    async def throughput(self) -> Found:
        """Let the hub work off a backlog; note what it wrote and read in PostgreSQL, by record."""
        self._before = await _work(self._url)
        return await super().throughput()

    async def open_database(self) -> str:
        """Return its address; all that was written before is on disk."""
        await self._here.databases.checkpoint()
        return self._url

    async def close_database(self) -> None:
        """Leave it as it is."""

    async def check(self) -> None:
        """Compare with the model; nothing may be noted for an operator."""
        after = await _work(self._url)
        spent = {name: (number - self._before.get(name, 0)) / self.found.records for name, number in after.items()}
        self.found.detail["write_ahead_bytes"] = round(spent.pop(WRITTEN))
        self.found.detail["blocks_read"] = round(sum(spent.values()), 3)
        self.found.detail["blocks_read_of"] = {
            name: round(number, 3)
            for name, number in sorted(spent.items(), key=lambda each: -each[1])
            if number >= 0.01
        }
        await super().check()
        connection = await asyncpg.connect(self._url)
        try:
            note(self.found, await connection.fetchval("SELECT count(*) FROM attention"), "notes for an operator")
        finally:
            await connection.close()
        self.found.correct = not self.found.faults


@dataclass
class Place:
    """One of the databases."""

    name: str
    size: Size
    url: str
    filled: Filled
    runs: dict[str, list[Found]] = field(default_factory=lambda: {kind: [] for kind in KINDS})


@dataclass
class Comparison:
    """All that is measured; `orders` are those of a backlog, `folder` is for the processes' own files."""

    ground: Ground
    folder: Path
    sizes: Sequence[Size]
    orders: int
    places: list[Place] = field(default_factory=list)
    where: dict[str, Any] = field(default_factory=machine)

    def __post_init__(self) -> None:
        self._model = _backlog(workload.for_hub(MODEL_ORDERS, MODEL_SEED))

    async def prepare(self) -> None:
        """Let the hub play the model's orders, and fill a database of each size with their copies."""
        async with Run(self.ground, Hub(1), self._model, "model", self.folder) as run:
            _say(line(found := await run.throughput()))
            if not found.correct:
                raise RuntimeError("the run was not correct whose rows were to be copied")
            for number, size in enumerate(self.sizes):
                name = f"sized_{number}"
                url = await self.ground.databases.create(name, like=run.stand.name)
                self.places.append(await self._fill(name, size, url))

    async def _fill(self, name: str, size: Size, url: str) -> Place:
        connection = await asyncpg.connect(url)
        try:
            model = await filling.look(connection, MODEL_ORDERS, 1)
            needed = GROWTH * max(size.rows / model.rows["journal"], size.orders / MODEL_ORDERS) * model.bytes
            if needed > shutil.disk_usage(self.folder).free - SPARE_BYTES:
                raise SystemExit(f"{size.rows:,} rows need about {needed / 1e9:.0f} GB, and that is not free here")
            _say(f"{size.rows:,} rows and {size.orders:,} open orders: about {needed / 1e9:.1f} GB")
            filled = await Filling(connection, self.orders, _say).fill(size)
        finally:
            await connection.close()
        _say(
            f"filled: {filled.rows['journal']:,} rows of the journal of {filled.bytes_per_row():,} bytes each, "
            f"{filled.rows['orders']:,} orders, {filled.rows['timers']:,} deadlines, {filled.bytes / 1e9:.1f} GB"
        )
        return Place(name, size, url, filled)

    async def measure(self, kind: str, repeat: int) -> None:
        """Work off the same backlog in each database, and leave nothing of it there."""
        for place in self.places:
            connection = await asyncpg.connect(place.url)
            try:
                backlog = await self._backlog(connection, place, kind, repeat)
                name = f"s_{place.name}_{kind}_{repeat}"
                async with KeptRun(self.ground, backlog, name, self.folder, place.url) as run:
                    found = await run.throughput()
                found.kind, found.repeat = kind, repeat
                place.runs[kind].append(found)
                _say(f"{place.size.rows:>12,} rows  {line(found)}  {_costs(found)}")
                await filling.clean(connection, list(backlog.workload.facts) if kind == "new" else [])
            finally:
                await connection.close()

    async def _backlog(self, connection: Any, place: Place, kind: str, repeat: int) -> Backlog:
        if kind == "new":
            return _backlog(workload.for_hub(self.orders, story.SEED + repeat))
        return await self._scans(connection, place, repeat)

    async def _scans(self, connection: Any, place: Place, repeat: int) -> Backlog:
        """Return scans of parcels of stored orders, drawn from all that are open; each is news to its order."""
        known = sorted(self._model.workload.facts)
        parcels = {
            number: fact.data["tracking_number"]
            for number, order_id in enumerate(known)
            for fact in self._model.workload.facts[order_id]
            if fact.type == "carrier.collected.v1"
        }
        count = min(MOST_STORED, min(size.orders for size in self.sizes) * 4 // 5)
        total = place.filled.copies * MODEL_ORDERS
        rng = random.Random(repeat)  # noqa: S311 - a workload, no secret
        opened = [g for g in _drawn(rng, total - place.size.orders, total, 2 * count) if g % MODEL_ORDERS in parcels]
        rows = await connection.fetch(
            "SELECT g, model.order_id(g) AS id FROM unnest($1::bigint[]) AS g", opened[:count]
        )
        made, expected = Workload(len(rows)), Expected()
        since = story.START + timedelta(days=1 + repeat)
        for number in range(math.ceil(self.orders * RECORDS_PER_ORDER / len(rows))):
            for row in rows:
                tracking = parcels[row["g"] % MODEL_ORDERS]
                at = since + timedelta(milliseconds=len(made.records))
                fact, written = dress.scan(row["id"], tracking, number, at)
                made.records.append(written)
                made.facts.setdefault(row["id"], []).append(fact)
                expected.applied[fact.id] = 0
        expected.orders = {row["id"]: self._model.expected.orders[known[row["g"] % MODEL_ORDERS]] for row in rows}
        made.unique = len(made.records)
        return Backlog(Hub(1), made, expected)

    def document(self) -> dict[str, Any]:
        """Return the medians, the ratios of each database to the first, and how they came about."""
        medians = {place.name: {kind: _medians(place.runs[kind]) for kind in KINDS} for place in self.places}
        first = medians[self.places[0].name]
        ratios = {
            place.name: {
                kind: {
                    name: round(value / first[kind][name], 3)
                    for name, value in medians[place.name][kind].items()
                    if first[kind].get(name)
                }
                for kind in KINDS
            }
            for place in self.places[1:]
        }
        return {
            "ratios": ratios,
            "medians": medians,
            "databases": {
                place.name: {
                    "asked": asdict(place.size),
                    **asdict(place.filled),
                    "bytes": place.filled.bytes,
                    "journal_bytes_per_row": place.filled.bytes_per_row(),
                }
                for place in self.places
            },
            "where": self.where,
            "runs": {
                place.name: {k: [asdict(each) for each in v] for k, v in place.runs.items()} for place in self.places
            },
        }

    def correct(self) -> bool:
        """Tell whether every run was."""
        return all(each.correct for place in self.places for runs in place.runs.values() for each in runs)


def _drawn(rng: random.Random, start: int, end: int, count: int) -> list[int]:
    return rng.sample(range(max(0, start), end), min(count, end - max(0, start)))


def _backlog(made: Workload) -> Backlog:
    return Backlog(Hub(1), made, model.of_hub(made))


async def _work(url: str) -> dict[str, int]:
    """Return the bytes of write-ahead log so far, and the blocks that were not in PostgreSQL's memory, by relation."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(WORK)
    finally:
        await connection.close()
    return {row["name"]: row["number"] for row in rows}


def _figures(found: Found) -> dict[str, float]:
    cost = found.cpu_us or {}
    named = {
        f"{name}_us": cost.get(each)
        for name, each in (("hub", "candidate"), ("postgres", "postgres"), ("kafka", "kafka"))
    }
    figures = {
        "records_per_second": found.records_per_second,
        **named,
        "peak_megabytes": found.peak_megabytes,
        "start_seconds": found.start_seconds,
        "write_ahead_bytes": found.detail.get("write_ahead_bytes"),
        "blocks_read": found.detail.get("blocks_read"),
    }
    return {name: float(value) for name, value in figures.items() if value is not None}


def _medians(runs: Sequence[Found]) -> dict[str, float]:
    figures = [_figures(each) for each in runs if each.correct]
    return {
        name: round(statistics.median(each[name] for each in figures), 2) for name in (figures[0] if figures else ())
    }


def _costs(found: Found) -> str:
    told = _figures(found)
    return "  ".join(f"{name} {told[name]:,.4g}" for name in told if name != "records_per_second")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def show(document: dict[str, Any]) -> None:
    """Print the medians of each database, and the ratios."""
    for kind in KINDS:
        sys.stdout.write(f"\n{'new orders' if kind == 'new' else 'scans for stored orders'}\n")
        places = list(document["databases"])
        sizes = [f"{document['databases'][name]['rows']['journal']:,} rows" for name in places]
        sys.stdout.write(
            f"{'':<22}" + "".join(f"{each:>20}" for each in [*sizes, *("ratio" for _ in sizes[1:])]) + "\n"
        )
        for figure in document["medians"][places[0]][kind]:
            values = [document["medians"][name][kind].get(figure) for name in places]
            values += [document["ratios"][name][kind].get(figure) for name in places[1:]]
            told = "".join(f"{'-' if value is None else format(value, ',.2f'):>20}" for value in values)
            sys.stdout.write(f"{figure:<22}{told}\n")


async def compare(given: argparse.Namespace, sizes: Sequence[Size]) -> Comparison:
    """Measure all that is asked for."""
    with tempfile.TemporaryDirectory(prefix="hub-size-", ignore_cleanup_errors=True) as name:
        _say("starting Kafka and PostgreSQL")
        async with ground(Path(name) / "servers") as here:
            await here.databases.settings()
            comparison = Comparison(here, Path(name), sizes, given.orders)
            await comparison.prepare()
            for repeat in range(1, given.repeats + 1):
                for kind in KINDS:
                    await comparison.measure(kind, repeat)
    return comparison


def main() -> int:
    """Run; the exit code is 1 where a run was not correct."""
    wishes = argparse.ArgumentParser(prog="python -m bench.size", description=__doc__)
    wishes.add_argument("--rows", type=int, nargs="+", default=[10_000, 10_000_000], help="rows of the journal")
    wishes.add_argument("--open", type=int, nargs="+", default=[1_000, 1_000_000], help="open orders, as many numbers")
    wishes.add_argument("--orders", type=int, default=1_000, help="orders of a backlog (default 1,000)")
    wishes.add_argument("--repeats", type=int, default=3)
    wishes.add_argument("--json", action="store_true", help="print one JSON value instead of a table")
    given = wishes.parse_args()
    if len(given.rows) != len(given.open):
        wishes.error("--rows and --open want as many numbers")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # as Ctrl-C does: nothing that runs is left behind
    sizes = [Size(rows, orders) for rows, orders in zip(given.rows, given.open, strict=True)]
    comparison = asyncio.run(compare(given, sizes))
    document = comparison.document()
    if given.json:
        sys.stdout.write(json.dumps(document, indent=1) + "\n")
    else:
        show(document)
    return 0 if comparison.correct() else 1


if __name__ == "__main__":
    sys.exit(main())
