"""Alerts, their runbooks and the dashboards: whatever they name exists, each alert is raised, and stays quiet."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.telemetry.names import METRICS
from tests.telemetry.dashboards import DASHBOARDS, FOLDER, Dashboard, queries, written
from tests.telemetry.runbooks import LOOKS, SECTIONS

ROOT = Path(__file__).parents[2]
TELEMETRY = ROOT / "deploy/telemetry"
GROUPS = yaml.safe_load((TELEMETRY / "alerts.yaml").read_text())["groups"]
ALERTS: list[dict[str, Any]] = [rule for group in GROUPS for rule in group["rules"]]
METRIC = re.compile(r"\b(?:hub|process|python)_[a-z_]+\b")
TOLD_BY_THE_CLIENT = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
EXPOSED = {name for metric in METRICS for name in metric.exposed} | TOLD_BY_THE_CLIENT
LABELS = {label for metric in METRICS for label in metric.labels} | {"le", "instance"}
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None and os.environ.get("PROMTOOL") != "required",
    reason="no promtool on this machine: apt install prometheus",
)


def named_in(text: str) -> set[str]:
    """Return the metrics that a query names, whatever its quoted values say."""
    return set(METRIC.findall(re.sub(r'"[^"]*"', "", text)))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda each: each["alert"])
def test_an_alert_names_what_is_told_and_has_a_runbook(alert: dict[str, Any]) -> None:
    name = alert["alert"]
    assert named_in(alert["expr"])
    assert named_in(alert["expr"]) <= EXPOSED
    assert alert["labels"]["severity"] in {"page", "ticket"}
    assert alert["annotations"]["summary"].endswith(".")
    assert alert["annotations"]["runbook"] == f"docs/runbooks.md#{name.lower()}"
    assert "**Look**" in SECTIONS[name]
    assert "**Do**" in SECTIONS[name]


def test_each_runbook_is_of_an_alert_and_each_name_is_given_once() -> None:
    names = [alert["alert"] for alert in ALERTS]
    assert len(names) == len(set(names)) > 20
    assert set(SECTIONS) == set(names)


def test_each_alert_is_tried_both_ways() -> None:
    tried = [case["name"] for case in yaml.safe_load((TELEMETRY / "alerts.test.yaml").read_text())["tests"]]
    assert sorted(tried) == sorted(f"{each['alert']} {what}" for each in ALERTS for what in ("fires", "stays quiet"))


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda each: each.name)
def test_a_dashboard_is_as_written_and_names_what_is_told(dashboard: Dashboard) -> None:
    assert (FOLDER / f"{dashboard.name}.json").read_text() == written(dashboard), "python -m tests.telemetry"
    for query in queries(dashboard):
        assert named_in(query) <= EXPOSED, query
        by = {label.strip() for found in re.findall(r"by \(([^)]*)\)", query) for label in found.split(",")}
        assert by <= LABELS, query
    panels = json.loads(written(dashboard))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


def test_every_metric_of_the_hub_itself_is_watched() -> None:
    watched = "".join(query for dashboard in DASHBOARDS for query in queries(dashboard)) + json.dumps(ALERTS)
    unwatched = {metric.name for metric in METRICS if metric.name not in watched}
    assert unwatched <= {"hub_shard_running", "hub_batches"}, "put it on a dashboard"


@needs_promtool
def test_prometheus_takes_the_alerts_and_raises_each_as_it_should() -> None:
    assert "SUCCESS" in promtool("check", "rules", "alerts.yaml")
    assert "SUCCESS" in promtool("test", "rules", "alerts.test.yaml")


@needs_promtool
def test_prometheus_takes_every_query_of_the_dashboards(tmp_path: Path) -> None:
    asked = [query.replace("$__rate_interval", "5m") for dashboard in DASHBOARDS for query in queries(dashboard)]
    rules = [{"record": f"asked:{number}", "expr": query} for number, query in enumerate(asked)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "asked", "rules": rules}]}))
    assert f"{len(asked)} rules found" in promtool("check", "rules", str(tmp_path / "rules.yaml"))


def promtool(*command: str) -> str:
    """Return what promtool says, which must be content."""
    assert PROMTOOL is not None, "PROMTOOL is required, and not installed: apt install prometheus"
    done = subprocess.run([PROMTOOL, *command], cwd=TELEMETRY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_runbooks_look_in_ways_that_change_nothing() -> None:
    changing = {"retry", "resume", "pause", "apply", "--mend", "dismiss", "run", "skip", "edit", "archive"}
    assert len(LOOKS) > 10
    assert not [line for line in LOOKS if changing & set(line.split())]
    assert all(line.startswith("hub ") for line in LOOKS)
