"""The results as a picture for the docs: bars, and latency over load, in SVG written by hand."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final, NamedTuple

from bench import curve
from bench.results import Results

WIDTH: Final = 760
LEFT: Final = 110
RIGHT: Final = 200
BAR: Final = 18
GAP: Final = 8
HEAD: Final = 34
OURS: Final = "#2563a8"
THEIRS: Final = "#8a8f98"
SECOND: Final = "#c8ccd2"


class Bar(NamedTuple):
    """One bar: its name, its length, what is written behind it, and where its paler part begins, if it has one."""

    name: str
    value: float
    text: str
    solid: float | None = None


def drawn(results: Results, figures: dict[str, Any]) -> str:
    """Return the picture: throughput, CPU, latency, latency over load and recovery, as far as they were measured."""
    panels = [
        ("Records a second from a backlog (median; more is better)", _throughput(results, "throughput")),
        ("The same of the hub on its own full lifecycle (median; more is better)", _throughput(results, "lifecycle")),
        ("CPU microseconds a record, all together (own part darker; less is better)", _cpu(figures)),
        ("Latency at 300 records/s, ms (p50 darker, p99 paler; less is better)", _latency(figures)),
        ("After kill -9: seconds to the first effect (darker) and to the last (less is better)", _recovery(figures)),
    ]
    parts, top = [], 10
    for title, bars in panels:
        if bars:
            parts.append(_panel(title, bars, top))
            top += HEAD + len(bars) * (BAR + GAP) + 16
    over_load = curve.drawn(curve.points(results, figures), top)
    if over_load:
        parts.append(over_load)
        top += curve.HEIGHT
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" '
        f'font-family="system-ui, sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )


def _panel(title: str, bars: Sequence[Bar], top: int) -> str:
    longest = max(bar.value for bar in bars) or 1.0
    lines = [f'<text x="10" y="{top + 16}" font-weight="600" fill="#1c1f24">{escape(title)}</text>']
    for number, bar in enumerate(bars):
        y = top + HEAD - 8 + number * (BAR + GAP)
        length = (WIDTH - LEFT - RIGHT) * bar.value / longest
        solid = length if bar.solid is None else (WIDTH - LEFT - RIGHT) * bar.solid / longest
        colour = OURS if bar.name.startswith("hub") else THEIRS
        text = y + BAR - 5
        lines += [
            f'<text x="{LEFT - 8}" y="{text}" text-anchor="end" fill="#1c1f24">{escape(bar.name)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" fill="{SECOND}"/>',
            f'<rect x="{LEFT}" y="{y}" width="{solid:.1f}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{LEFT + length + 6:.1f}" y="{text}" fill="#1c1f24">{escape(bar.text)}</text>',
        ]
    return "\n".join(lines)


def _throughput(results: Results, kind: str) -> list[Bar]:
    bars = []
    for name in results.candidates(kind):
        rate = results.median(name, kind, lambda each: each.records_per_second)
        if rate is not None:
            bars.append(Bar(name, rate, f"{rate:,.0f}"))
    return bars


def _cpu(figures: dict[str, Any]) -> list[Bar]:
    told = figures["cpu_us_per_event"] or {}
    return [Bar(name, each["all"], f"{each['all']:,.0f}", each["candidate"]) for name, each in told.items()]


def _latency(figures: dict[str, Any]) -> list[Bar]:
    """Return the bars of those who kept up: a queue that grows has no latency."""
    told = {name: each for name, each in (figures["latency_300"] or {}).items() if each["kept_up"]}
    return [
        Bar(name, each["p99"], f"{each['p50']:,.0f} / {each['p99']:,.0f}", each["p50"]) for name, each in told.items()
    ]


def _recovery(figures: dict[str, Any]) -> list[Bar]:
    bars = []
    for name, each in (figures["recovery_s"] or {}).items():
        if each["first_effect"] is not None and each["finished"] is not None:
            text = (
                f"{each['first_effect']:.1f} / {each['finished']:.1f}; lost {each['lost']}, doubled {each['doubled']}"
            )
            bars.append(Bar(name, each["finished"], text, each["first_effect"]))
    return bars
