"""Charts: lines over time, worked out as paths that a template writes as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

LEFT: Final = 36.0
RIGHT: Final = 516.0
TOP: Final = 12.0
BASE: Final = 120.0
RISES: Final = 3
MARKS: Final = 5
GAP: Final = 3.0
"""Steps without a value after which a line is broken off: nobody knows what was there."""
LABEL: Final = 12.0
_NICE: Final = (1, 2, 3, 4, 5, 10)
Point = tuple[float, float]
Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its word, its path and the area below it, where its label stands, and its values at the marks."""

    word: str
    path: str
    area: str
    label: float
    values: Values
    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its lines, `rises` of the axis as height and value, `marks` of time as place and moment."""

    lines: Sequence[Line]
    rises: Sequence[tuple[float, float]]
    marks: Sequence[tuple[float, datetime]]


def drawn(
    at: Sequence[datetime], step: float, window: float, now: datetime, series: Sequence[tuple[str, Values]]
) -> Chart:
    """Return the chart of some series over a window of seconds that ends `now`; each value stands for a step."""
    begin = now - timedelta(seconds=window)
    across = [LEFT + (RIGHT - LEFT) * max(0.0, (each - begin).total_seconds()) / window for each in at]
    scale = _scale(max((value for _, values in series for value in values if value is not None), default=0.0))
    widest = (RIGHT - LEFT) * max(GAP * step, 5.0) / window
    marks = [begin + timedelta(seconds=window * n / MARKS) for n in range(MARKS + 1)]
    pieces = [_pieces(across, values, scale, widest) for _, values in series]
    labels = _apart([piece[-1][-1][1] if piece else BASE for piece in pieces])
    lines = [
        _line(word, piece, label, values, [_at(at, values, mark, max(GAP * step, 5.0)) for mark in marks])
        for (word, values), piece, label in zip(series, pieces, labels, strict=True)
    ]
    places = [LEFT + (RIGHT - LEFT) * n / MARKS for n in range(MARKS + 1)]
    rises = [(BASE - (BASE - TOP) * n / RISES, scale * n / RISES) for n in range(RISES + 1)]
    return Chart(lines, rises, list(zip(places, marks, strict=True)))


def _scale(most: float) -> float:
    """Return the value at the top of the axis: whole numbers at every rise."""
    unit = 1.0
    while True:
        for nice in _NICE:
            if nice * unit * RISES >= most:
                return nice * unit * RISES
        unit *= 10


def _pieces(across: Sequence[float], values: Values, scale: float, widest: float) -> list[list[Point]]:
    """Return the pieces of a line between which nothing is known."""
    points = [(x, BASE - (BASE - TOP) * y / scale) for x, y in zip(across, values, strict=True) if y is not None]
    found: list[list[Point]] = [points[:1]] if points else []
    for before, after in pairwise(points):
        if after[0] - before[0] > widest:
            found.append([])
        found[-1].append(after)
    return found


def _line(word: str, pieces: Sequence[Sequence[Point]], label: float, values: Values, marked: Values) -> Line:
    known = [value for value in values if value is not None]
    path = "".join(_path(piece) for piece in pieces)
    area = "".join(f"{_path(piece)}L{piece[-1][0]:.1f},{BASE:g}L{piece[0][0]:.1f},{BASE:g}Z" for piece in pieces)
    return Line(word, path, area, label, marked, min(known, default=None), max(known, default=None))


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _apart(heights: Sequence[float]) -> list[float]:
    """Return where labels stand so that none covers another, the lowest of them no lower than the axis."""
    order = sorted(range(len(heights)), key=lambda each: heights[each], reverse=True)
    found, above = list(heights), BASE + LABEL
    for each in order:
        found[each] = above = min(heights[each], above - LABEL)
    return found


def _at(at: Sequence[datetime], values: Values, mark: datetime, most: float) -> float | None:
    """Return the value that is nearest to a moment; None where there is none near it."""
    known = [
        (abs((each - mark).total_seconds()), value) for each, value in zip(at, values, strict=True) if value is not None
    ]
    away, value = min(known, default=(most + 1, None))
    return value if away <= most else None
