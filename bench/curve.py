"""Latency over load as a panel of the picture: p50 and p99 of each candidate at each rate, both axes logarithmic."""

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Final, NamedTuple

from bench.results import Results

WIDTH: Final = 760
LEFT: Final = 110
RIGHT: Final = 200
HEAD: Final = 38
PLOT: Final = 220
HEIGHT: Final = HEAD + PLOT + 62
INK: Final = "#1c1f24"
GRID: Final = "#dfe2e6"
COLOURS: Final = ("#2563a8", "#b8601a", "#3f7d4e", "#8a8f98", "#7a4f9a")
"""The hub's first, then the peers', as they come."""
STEPS: Final = (1, 2, 5)
FEWEST: Final = 2
"""Rates: one alone is no curve."""


class Point(NamedTuple):
    """One candidate at one rate (records a second), in milliseconds; without end where no effect came."""

    candidate: str
    rate: int
    p50: float
    p99: float
    kept_up: bool


def points(results: Results, figures: dict[str, Any]) -> list[Point]:
    """Return the points of all candidates that were measured at several rates, each by rate."""
    found: dict[str, list[Point]] = {}
    for rate in results.rates():
        for name, each in (figures[f"latency_{rate}"] or {}).items():
            p50, p99 = (math.inf if each[share] is None else each[share] for share in ("p50", "p99"))
            found.setdefault(name, []).append(Point(name, rate, p50, p99, each["kept_up"]))
    return [point for each in found.values() if len(each) >= FEWEST for point in each]


def drawn(all_points: Sequence[Point], top: int) -> str:
    """Return the panel, empty where there is nothing to draw; a point that fell behind is a cross, and off the lines.

    Its latency is that of a queue which grew as long as the traffic lasted, so it says no more than that.
    """
    kept = [each for each in all_points if each.kept_up]
    if not kept:
        return ""
    x = _axis([each.rate for each in all_points], LEFT, WIDTH - RIGHT)
    values = [value for each in kept for value in (each.p50, each.p99)]
    low, high = _below(min(values)), _above(max(values))
    bottom = top + HEAD + PLOT
    y = _axis([low, high], bottom, top + HEAD)
    title = "Latency over load, ms (p50 solid, p99 dashed; both axes logarithmic; less is better)"
    lines = [f'<text x="10" y="{top + 16}" font-weight="600" fill="{INK}">{escape(title)}</text>']
    lines += _grid(all_points, (low, high), x, y)
    names = list(dict.fromkeys(each.candidate for each in all_points))
    for number, name in enumerate(names):
        mine = [each for each in all_points if each.candidate == name]
        lines += _candidate(mine, COLOURS[number % len(COLOURS)], x, lambda ms: y(max(low, min(ms, high))))
    lines += _legend(all_points, names, top + HEAD)
    return "\n".join(lines)


def _axis(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    low, high = math.log10(min(values)), math.log10(max(values))
    span = (high - low) or 1.0
    return lambda value: start + (end - start) * (math.log10(value) - low) / span


def _below(value: float) -> float:
    """Return the next lower round number."""
    ten = 10.0 ** math.floor(math.log10(max(value, 0.1)))
    return max(ten * step for step in STEPS if ten * step <= max(value, 0.1) * 1.0001)


def _above(value: float) -> float:
    """Return the next higher round number."""
    ten = 10.0 ** math.floor(math.log10(max(value, 0.1)))
    return min(ten * step for step in (*STEPS, 10) if ten * step >= value)


def _grid(
    all_points: Sequence[Point], ends: tuple[float, float], x: Callable[[float], float], y: Callable[[float], float]
) -> list[str]:
    lines = []
    exponents = range(math.floor(math.log10(ends[0])), math.ceil(math.log10(ends[1])) + 1)
    for value in (step * 10.0**exponent for exponent in exponents for step in STEPS):
        if ends[0] * 0.999 <= value <= ends[1] * 1.001:
            height = y(value)
            lines += [
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{height:.1f}" y2="{height:.1f}" stroke="{GRID}"/>',
                f'<text x="{LEFT - 8}" y="{height + 4:.1f}" text-anchor="end" fill="{INK}">{value:,g}</text>',
            ]
    foot = y(ends[0]) + 18
    lines += [
        f'<text x="{x(rate):.1f}" y="{foot:.1f}" text-anchor="middle" fill="{INK}">{rate:,}</text>'
        for rate in sorted({each.rate for each in all_points})
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(f'<text x="{middle}" y="{foot + 17:.1f}" text-anchor="middle" fill="{INK}">records a second</text>')
    return lines


def _candidate(
    mine: Sequence[Point], colour: str, x: Callable[[float], float], y: Callable[[float], float]
) -> list[str]:
    lines = []
    kept = [each for each in mine if each.kept_up]
    for value, dashes in ((_p50, ""), (_p99, ' stroke-dasharray="6 4"')):
        path = " ".join(f"{x(each.rate):.1f},{y(value(each)):.1f}" for each in kept)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        lines += [
            f'<circle cx="{x(each.rate):.1f}" cy="{y(value(each)):.1f}" r="3.5" fill="{colour}"/>' for each in kept
        ]
    for each in mine:
        if not each.kept_up:
            across, up = x(each.rate), y(each.p50)
            cross = f"M{across - 5:.1f},{up - 5:.1f}l10,10M{across - 5:.1f},{up + 5:.1f}l10,-10"
            lines.append(f'<path d="{cross}" stroke="{colour}" stroke-width="2.5" class="behind"/>')
    return lines


def _p50(point: Point) -> float:
    return point.p50


def _p99(point: Point) -> float:
    return point.p99


def _legend(all_points: Sequence[Point], names: Sequence[str], top: float) -> list[str]:
    lines, left, height = [], WIDTH - RIGHT + 16, top + 10
    for number, name in enumerate(names):
        colour = COLOURS[number % len(COLOURS)]
        behind = [f"{each.rate:,}" for each in all_points if each.candidate == name and not each.kept_up]
        lines += [
            f'<rect x="{left}" y="{height - 9}" width="10" height="10" fill="{colour}"/>',
            f'<text x="{left + 16}" y="{height}" fill="{INK}">{escape(name)}</text>',
        ]
        if behind:
            height += 16
            text = f"\u00d7 fell behind at {', '.join(behind)}"
            lines.append(f'<text x="{left + 16}" y="{height}" fill="{INK}">{escape(text)}</text>')
        height += 24
    return lines
