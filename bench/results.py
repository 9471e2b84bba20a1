"""What one run found, and the file that all runs of a benchmark end in."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Found:
    """One run of one candidate; what this kind of run doesn't measure is None."""

    candidate: str
    kind: str
    repeat: int = 0
    orders: int = 0
    records: int = 0
    correct: bool = False
    faults: list[str] = field(default_factory=list)
    """What was wrong, one sentence each."""
    records_per_second: float | None = None
    """Input records by the time from the first to the last visible effect."""
    records_per_second_from_launch: float | None = None
    orders_per_second: float | None = None
    start_seconds: float | None = None
    """From the launch to the first visible effect."""
    cpu_us: dict[str, float] | None = None
    """CPU microseconds per input record: `candidate`, `kafka`, `postgres`."""
    peak_megabytes: float | None = None
    others_cores: float | None = None
    """Cores that were busy with something else meanwhile: a machine at rest has less than 0.1."""
    loop_ms: float | None = None
    latency_ms: dict[str, float] | None = None
    """`p50`, `p99`, `p99.9`, `max` from the last record that an effect needs to the effect, read committed."""
    samples: int | None = None
    recovery_seconds: float | None = None
    """From the start after the kill to the next visible effect."""
    finished_seconds: float | None = None
    """From the start after the kill to the last visible effect."""
    killed_at: float | None = None
    """The share of all effects that was visible at the kill."""
    lost: int = 0
    doubled: int = 0
    detail: dict[str, Any] = field(default_factory=dict)
