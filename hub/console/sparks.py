"""Sparks: small lines and bars of what happened hour by hour, drawn as SVG by the server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 72
HEIGHT: Final = 20
EDGE: Final = 2


def spark(counts: Sequence[int]) -> str:
    """Return the path of a small line through some counts, as high as the largest of them."""
    most, step = max([1, *counts]), (WIDTH - 2 * EDGE) / max(1, len(counts) - 1)
    tall = HEIGHT - 2 * EDGE
    points = (f"{EDGE + n * step:.1f},{EDGE + tall * (1 - count / most):.1f}" for n, count in enumerate(counts))
    return "M" + "L".join(points) if counts else ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: where it stands, how wide and high it is, and how much of it from below is bad."""

    x: float
    width: float
    height: float
    bad: float


def bars(rows: Sequence[tuple[int, int]], width: int, height: int) -> Iterator[Bar]:
    """Yield a bar for each pair of how many there were and how many of them were bad, as high as the largest."""
    most, step = max([1, *(whole for whole, _ in rows)]), width / max(1, len(rows))
    for n, (whole, bad) in enumerate(rows):
        yield Bar(round(n * step, 1), round(step * 0.76, 1), height * whole / most, height * min(bad, whole) / most)
