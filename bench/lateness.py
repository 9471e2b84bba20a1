"""How late the effects of live traffic came, and whether the candidate kept up with it."""

import statistics
from collections.abc import Sequence
from typing import Final

from bench.model import Expected
from bench.results import Found
from bench.traffic import Listener, Sent

WARM_SECONDS: Final = 6
"""Traffic before the latencies count."""
DRAIN_SECONDS: Final = 5.0
"""Whoever needs longer for what is left when the traffic ends has a queue that was growing."""
GROWTH: Final = 0.1
"""Seconds by which effects may come later with each second of traffic. More is a queue, less may be rare commits."""
LATE_SECONDS: Final = 1.0
"""Traffic whose last record is written later than that had another rate."""


def note_latency(found: Found, sent: Sent, listener: Listener, expected: Expected) -> None:
    """Note the latencies after warming up, and whether the candidate kept up."""
    due = {key: at for key, at in sent.due(expected).items() if at >= sent.started + WARM_SECONDS}
    there = sorted((at, listener.arrived[key] - at) for key, at in due.items() if key in listener.arrived)
    missing = len(due) - len(there)
    found.samples, found.doubled = len(there), listener.repeated
    if there:
        found.latency_ms = quantiles([took for _, took in there])
    drained = max((at + took for at, took in there), default=0.0) - sent.ended
    grown = growth(there)
    found.detail |= {
        "missing": missing,
        "drained_s": round(drained, 2),
        "growth": round(grown, 3),
        "written_late_ms": round(1000 * sent.late, 1),
    }
    found.kept_up = missing == 0 and drained <= DRAIN_SECONDS and grown <= GROWTH
    if found.doubled:
        found.faults.append(f"{found.doubled:,} effects came more than once")
    # Where a candidate has all cores and still falls behind, the writer can't keep its turns either.
    if found.kept_up:
        note_late_writing(found, sent)
    found.correct = not found.faults


def note_late_writing(found: Found, sent: Sent) -> None:
    """Note a fault where the traffic was not written at its rate."""
    if sent.late > LATE_SECONDS:
        found.faults.append(f"the records were not written at {sent.rate}/s: {sent.late:.1f} s late at the end")


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return milliseconds by the names of the shares, and the longest."""
    ordered = sorted(1000 * each for each in seconds)
    shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
    return {name: round(ordered[int(len(ordered) * share)], 1) for name, share in shares.items()} | {
        "max": round(ordered[-1], 1)
    }


def growth(effects: Sequence[tuple[float, float]]) -> float:
    """Return by how many seconds effects come later with each second of traffic.

    The medians of the first and the last third are compared. `effects` are (when due, how long it took) in seconds,
    sorted by when they were due.
    """
    third = len(effects) // 3
    if not third:
        return 0.0
    (began, before), (ended, after) = (
        (statistics.median(at for at, _ in part), statistics.median(took for _, took in part))
        for part in (effects[:third], effects[-third:])
    )
    return (after - before) / (ended - began) if ended > began else 0.0
