"""The results as tables on a terminal."""

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.limits import Limit
from bench.results import LATENCY, Found, Results


def show(console: Console, results: Results, limits: Sequence[Limit], figures: dict[str, Any]) -> None:
    """Print a table for each kind of measurement, and the figures that matter."""
    for kind in results.kinds():
        runs = [(name, results.of(name, kind)) for name in results.candidates(kind)]
        if kind == "throughput":
            console.print(_throughput("Throughput: a backlog, min / median / max", runs))
        elif kind == "lifecycle":
            console.print(_throughput("The hub on its own full lifecycle: a backlog, min / median / max", runs))
        elif kind == "kill":
            console.print(_kill(runs))
        elif kind == "start":
            console.print(_start(runs))
    if results.rates():
        console.print(_latency(results))
    if limits:
        console.print(_limits(limits))
    ratios = [name for name in figures if name.startswith("throughput_vs_")]
    for name in ratios:
        console.print(f"{name}: {figures[name] if figures[name] is not None else 'not measured'}")
    for name, reason in figures["not_measured"].items():
        console.print(f"not measured: {name} ({reason})")


Rows = Iterable[tuple[str, list[Found]]]


def _table(title: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    return table


def _throughput(title: str, rows: Rows) -> Table:
    heads = ("candidate", "records", "records/s", "from launch", "orders/s")
    table = _table(title, *heads, "CPU us a record: own + Kafka + PostgreSQL", "peak MB", "others' cores", "correct")
    for name, runs in rows:
        table.add_row(
            name,
            f"{runs[0].records:,}",
            _spread(each.records_per_second for each in runs),
            _spread(each.records_per_second_from_launch for each in runs),
            _spread(each.orders_per_second for each in runs),
            _cpu(runs),
            _spread(each.peak_megabytes for each in runs),
            _spread((each.others_cores for each in runs), 1),
            _correct(runs),
        )
    return table


def _cpu(runs: Sequence[Found]) -> str:
    told = [each.cpu_us for each in runs if each.cpu_us]
    parts = [statistics.median(each[part] for each in told) for part in told[0]] if told else []
    return f"{' + '.join(f'{each:,.0f}' for each in parts)} = {sum(parts):,.0f}" if parts else "-"


def _latency(results: Results) -> Table:
    title = "Latency of live traffic, ms, written to read committed: min / median / max"
    heads = ("candidate", "records/s", "effects", "p50", "p99", "p99.9", "kept up", "others' cores", "correct")
    table = _table(title, *heads)
    for rate in results.rates():
        kind = f"{LATENCY}{rate}"
        for name in results.candidates(kind):
            runs = results.of(name, kind)
            told = [each.latency_ms or {} for each in runs]
            kept = sum(bool(each.kept_up) for each in runs)
            table.add_row(
                name,
                f"{rate:,}",
                f"{runs[0].samples or 0:,}",
                *(_spread((each.get(part) for each in told), 1) for part in ("p50", "p99", "p99.9")),
                f"{kept}/{len(runs)}" + ("" if kept == len(runs) else " FELL BEHIND"),
                _spread((each.others_cores for each in runs), 1),
                _correct(runs),
            )
        table.add_section()
    return table


def _kill(rows: Rows) -> Table:
    table = _table(
        "Kill -9 of everything, then a start",
        "candidate",
        "records",
        "killed at",
        "lost",
        "doubled",
        "first effect, s",
        "finished, s",
        "correct",
    )
    for name, runs in rows:
        table.add_row(
            name,
            f"{runs[0].records:,}",
            " ".join("-" if each.killed_at is None else f"{each.killed_at:.0%}" for each in runs),
            " ".join(str(each.lost) for each in runs),
            " ".join(str(each.doubled) for each in runs),
            _spread((each.recovery_seconds for each in runs), 1),
            _spread((each.finished_seconds for each in runs), 1),
            _correct(runs),
        )
    return table


def _start(rows: Rows) -> Table:
    table = _table("Start: launch to the first effect, s", "candidate", "records", "min / median / max", "correct")
    for name, runs in rows:
        seconds = _spread((each.start_seconds for each in runs), 1)
        table.add_row(name, f"{runs[0].records:,}", seconds, _correct(runs))
    return table


def _limits(limits: Sequence[Limit]) -> Table:
    table = _table(
        "Raw limits, each by itself", "what", "a second: min / median / max", "CPU us each: Python + Kafka + PostgreSQL"
    )
    for what in dict.fromkeys(each.what for each in limits):
        runs = [each for each in limits if each.what == what]
        parts = [statistics.median(each.cpu_us[part] for each in runs) for part in runs[0].cpu_us]
        cpu = " + ".join(f"{each:.1f}" for each in parts)
        table.add_row(what, _spread(each.per_second for each in runs), cpu)
    return table


def _spread(values: Iterable[float | None], digits: int = 0) -> str:
    known = sorted(each for each in values if each is not None)
    if not known:
        return "-"
    told = (known[0], statistics.median(known), known[-1]) if len(known) > 1 else (known[0],)
    return " / ".join(f"{each:,.{digits}f}" for each in told)


def _correct(runs: Sequence[Found]) -> str:
    faults = dict.fromkeys(fault for each in runs for fault in each.faults)
    return "; ".join([f"{sum(each.correct for each in runs)}/{len(runs)}", *faults])
