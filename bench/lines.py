"""A run in one line, for whoever waits."""

import time

from bench.results import Found


def line(found: Found) -> str:
    """Return a run in one line."""
    parts = [f"{time.strftime('%H:%M:%S')} {found.kind:<12} {found.candidate:<8}"]
    if found.records_per_second is not None:
        parts.append(f"{found.records_per_second:,.0f} records/s")
    if found.start_seconds is not None:
        parts.append(f"first effect after {found.start_seconds:.1f} s")
    if found.latency_ms:
        parts.append(", ".join(f"{name} {value:,.0f} ms" for name, value in found.latency_ms.items()))
    if found.kept_up is False:
        parts.append("FELL BEHIND")
    if found.recovery_seconds is not None:
        parts.append(f"goes on after {found.recovery_seconds:.1f} s, done after {found.finished_seconds:.1f} s")
    if orders := found.detail.get("orders"):
        parts.append(f"{orders['another_end']} of {orders['compared']:,} orders took another end")
    if found.others_cores is not None:
        parts.append(f"others {found.others_cores:.1f} cores")
    return "  ".join([*parts, "correct" if found.correct else f"NOT CORRECT: {'; '.join(found.faults)}"])
