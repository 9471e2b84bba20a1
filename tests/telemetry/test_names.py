"""The table of metrics: names as Prometheus has them, one meaning each, and a page that says what they are."""

import re

import pytest

from hub.telemetry.names import METRICS, Kind, Metric
from tests.telemetry.page import PAGE, page


@pytest.mark.parametrize("metric", METRICS, ids=lambda each: each.name)
def test_a_name_is_one_that_prometheus_takes(metric: Metric) -> None:
    assert re.fullmatch(r"hub_[a-z]+(_[a-z]+)*", metric.name)
    assert not metric.name.endswith(("_total", "_count", "_sum", "_bucket", "_ms", "_milliseconds"))
    assert metric.says.endswith(".")
    assert metric.says.count("Seconds") == 0 or metric.name.endswith("_seconds")
    assert metric.kind is not Kind.HISTOGRAM or "le" not in metric.labels


def test_no_name_is_exposed_twice() -> None:
    exposed = [name for metric in METRICS for name in metric.exposed]
    assert len(exposed) == len(set(exposed)) > 30


def test_the_page_of_metrics_is_current() -> None:
    assert PAGE.read_text() == page(), "write it anew: python -m tests.telemetry"
