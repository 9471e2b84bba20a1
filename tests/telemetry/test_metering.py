"""Counts of the pipeline: which bound a value belongs to, and that nothing is lost where a shard goes elsewhere."""

from collections import Counter
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.metrics_core import Metric as Family

from consumers.shard.metering import Distribution, Meter
from hub.telemetry import names
from hub.telemetry.families import histogram


def buckets(family: Family) -> Mapping[float, float]:
    return {float(each.labels["le"]): each.value for each in family.samples if each.name.endswith("_bucket")}


@given(st.lists(st.floats(0, 20), max_size=50))
def test_a_histogram_counts_for_each_bound_what_is_not_above_it(values: list[float]) -> None:
    each = Distribution((0.5, 1.0, 10.0))
    for value in values:
        each.add(value)

    told = buckets(histogram(names.BATCH_RECORDS, [((), each)]))

    assert told == {bound: sum(value <= bound for value in values) for bound in (0.5, 1.0, 10.0, float("inf"))}
    assert each.total == sum(values)


def test_what_a_shard_counted_that_went_elsewhere_still_counts() -> None:
    meter = Meter()
    meter.gone([Counter(batches=3), Counter(batches=2, applied=1)])
    assert meter.counts == Counter(batches=5, applied=1)
