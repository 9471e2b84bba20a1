"""The figures of a process of `hub run`, read from its shards when somebody asks."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from consumers.shard.metering import Meter
from consumers.shard.ownership import Ownership
from hub.telemetry import names
from hub.telemetry.families import histogram, numbers
from hub.telemetry.names import Metric

_BY_WORD: Final[Mapping[str, Metric]] = {
    "batches": names.BATCHES,
    "messages": names.MESSAGES,
    "takeovers": names.TAKE_OVERS,
    "published again": names.PUBLISHED_AGAIN,
}
"""Counts of shards that are metrics of their own; all others are outcomes."""
_FAILED: Final = "failed: "


class Pipeline(Collector):
    """Tells what the shards do that `ownership` has, once there is one, and what `meter` has counted."""

    def __init__(self, meter: Meter, ownership: Callable[[], Ownership | None]) -> None:
        self._meter, self._ownership = meter, ownership

    def collect(self) -> Iterator[Family]:
        """Return the figures as they are now."""
        meter = self._meter
        yield histogram(names.RECORD_SECONDS, (((topic,), each) for topic, each in sorted(meter.latencies.items())))
        yield histogram(names.BATCH_RECORDS, [((), meter.sizes)])
        yield histogram(names.STAGE_SECONDS, (((stage.value,), each) for stage, each in meter.stages.items()))
        ownership = self._ownership()
        if ownership is None:
            return
        yield from _counts(ownership.counts())
        shards = ownership.report()["shards"]
        yield numbers(names.SHARD_RUNNING, (([k], told["state"] == "running") for k, told in shards.items()))
        yield numbers(names.SHARD_IDLE, (([k], told["idle"]) for k, told in shards.items()))
        lags = sorted(ownership.lag().items())
        yield numbers(names.PARTITION_LAG, (((topic, str(number)), lag) for (topic, number), lag in lags))
        yield numbers(names.LEASE_AGE, [((), ownership.renewed_seconds)])


def _counts(counts: Mapping[str, int]) -> Iterator[Family]:
    for word, metric in _BY_WORD.items():
        yield numbers(metric, [((), counts.get(word, 0))])
    failed = sorted(word for word in counts if word.startswith(_FAILED))
    yield numbers(names.BATCH_FAILURES, (([word.removeprefix(_FAILED)], counts[word]) for word in failed))
    others = sorted(counts.keys() - _BY_WORD.keys() - set(failed))
    yield numbers(names.OUTCOMES, (([word.replace(" ", "_")], counts[word]) for word in others))
