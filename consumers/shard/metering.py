"""Metering: what the shards of a process have done, as plain counts; whoever tells of it reads them when he is asked.

A batch costs a few additions, and a record one: nothing is looked up by labels, locked or sent here.
"""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from consumers.shard.reading import Read

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of what a stage of a batch takes."""
LATENCIES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
"""Bounds of the time from the log to the effect; in a backlog it is long."""
SIZES: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
"""Bounds of the number of records in a batch."""


class Stage(StrEnum):
    """What a batch goes through, in this order."""

    READ = "read"
    LOAD = "load"
    DECIDE = "decide"
    """With the wait for the turn: one shard of a process decides at a time."""
    FINISH = "finish"
    STORE = "store"
    """PostgreSQL's transaction; Kafka takes the messages meanwhile."""
    PUBLISH = "publish"
    """What is left of Kafka's transaction once PostgreSQL's has ended."""


class Distribution:
    """How many values there were up to each bound, the last one without a bound, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Meter:
    """The counts of one process, whichever shards it has: they go on where a shard goes elsewhere."""

    def __init__(self) -> None:
        self.sizes = Distribution(SIZES)
        self.stages = {stage: Distribution(SECONDS) for stage in Stage}
        self.latencies: dict[str, Distribution] = {}
        """By topic, from the log's own time to the effect; the records of a topic are counted by that, too."""
        self.counts: Counter[str] = Counter()
        """What shards counted that have gone elsewhere."""

    def spent(self, stage: Stage, since: float) -> float:
        """Count the time since a moment of `time.perf_counter` for a stage; return the moment now."""
        now = time.perf_counter()
        self.stages[stage].add(now - since)
        return now

    def stored(self, reads: Sequence[Read], now: float) -> None:
        """Count records that have taken effect at a moment, in seconds since 1970; those that waited are not counted.

        A log whose clock is ahead of ours has taken a record no earlier than now.
        """
        fresh = [read.record for read in reads if read.row is None]
        if not fresh:
            return
        self.sizes.add(len(fresh))
        latencies = self.latencies
        for record in fresh:
            topic = record.topic
            if topic not in latencies:
                latencies[topic] = Distribution(LATENCIES)
            latencies[topic].add(max(0.0, now - record.appended_at / 1000.0))

    def gone(self, counts: Iterable[Counter[str]]) -> None:
        """Keep what shards counted that this process has no more."""
        for each in counts:
            self.counts.update(each)
