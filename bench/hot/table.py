"""Runs and their medians as text."""

import sys
import time
from typing import Any, Final

from bench.results import Found

VIEWS: Final = ("overall", "same_shard", "other_shards", "same_shard_meanwhile")


def line(found: Found) -> str:
    """Return a run in one line."""
    told = [f"{time.strftime('%H:%M:%S')} {found.kind:<8}"]
    for view in VIEWS:
        each = found.detail.get(view) or {}
        told.append(f"{view} p50 {each.get('p50', 0):,.0f} p99 {each.get('p99', 0):,.0f} ms")
    if "worked_off_s" in found.detail:
        told.append(f"written in {found.detail['written_s']} s, worked off in {found.detail['worked_off_s']} s")
    told.append(f"others {found.others_cores} cores")
    return "  ".join([*told, "correct" if found.correct else f"NOT CORRECT: {'; '.join(found.faults)}"])


def show(document: dict[str, Any]) -> None:
    """Print medians and ratios."""
    write = sys.stdout.write
    write(f"\n{'':<16}" + "".join(f"{view:>32}" for view in VIEWS) + f"{'worked off':>14}\n")
    for shape, views in document["medians"].items():
        cells = "".join(f"{_cell(views[view], ' ms'):>32}" for view in VIEWS)
        took = f"{views['hot']['worked_off_s']} s" if "hot" in views else ""
        write(f"{shape:<16}{cells}{took:>14}\n")
    for name, views in document["ratios"].items():
        write(f"{name:<16}" + "".join(f"{_cell(views[view], ''):>32}" for view in VIEWS) + "\n")


def _cell(told: dict[str, float], unit: str) -> str:
    return f"p50 {told['p50']:,g} p99 {told['p99']:,g}{unit}" if "p99" in told else "-"
