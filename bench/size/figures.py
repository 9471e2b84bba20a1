"""The figures of runs, and their medians."""

import statistics
from collections.abc import Sequence

from bench.results import Found


def figures_of(found: Found) -> dict[str, float]:
    """Return the figures of a run by name. Those that it doesn't have are left out."""
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


def medians(runs: Sequence[Found]) -> dict[str, float]:
    """Return the median of each figure over the correct runs."""
    figures = [figures_of(each) for each in runs if each.correct]
    return {
        name: round(statistics.median(each[name] for each in figures), 2) for name in (figures[0] if figures else ())
    }


def costs(found: Found) -> str:
    """Return what a record cost in a run, in one line."""
    told = figures_of(found)
    return "  ".join(f"{name} {told[name]:,.4g}" for name in told if name != "records_per_second")
