"""From the hub's own counts to what the Prometheus library writes."""

import math
from collections.abc import Iterable, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family

from consumers.shard.metering import Distribution
from hub.telemetry.names import Kind, Metric

Values = Iterable[tuple[Sequence[str], float]]
"""Values, each with those of its labels, in the metric's order."""


def numbers(metric: Metric, values: Values) -> Family:
    """Return a counter or a gauge with its values."""
    family = (CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily)(
        metric.name, metric.says, labels=metric.labels
    )
    for labels, value in values:
        family.add_metric(labels, value)
    return family


def histogram(metric: Metric, values: Iterable[tuple[Sequence[str], Distribution]]) -> Family:
    """Return a histogram: what lies below each bound, all that lies below lesser ones included."""
    family = HistogramMetricFamily(metric.name, metric.says, labels=metric.labels)
    for labels, each in values:
        buckets, sum_ = [], 0
        for bound, count in zip((*each.bounds, math.inf), each.counts, strict=True):
            sum_ += count
            buckets.append(("+Inf" if bound == math.inf else str(bound), sum_))
        family.add_metric(labels, buckets, each.total)
    return family
