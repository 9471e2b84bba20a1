"""The report counts all and lists the first; marks of partitions and shards that disagree are named."""

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from verification import table
from verification.positions import Marks, compare
from verification.report import Findings

PLACE = ("shop.events", 0)


def test_nothing_found_is_ok() -> None:
    findings = Findings(limit=3)
    findings.count("orders", 5)

    report = findings.report()

    assert report.ok
    assert [(check.name, check.counted, check.differences) for check in report.checks] == [("orders", 5, 0)]


def test_all_differences_are_counted_and_the_first_are_listed() -> None:
    findings = Findings(limit=2)
    for number in range(5):
        findings.differ("messages", "lost", f"message {number}", "not in the log")
    findings.differ("messages", "doubled", "message 9", "twice")
    findings.differ("orders", "replay", "order 1", "differs")

    report = findings.report()

    assert not report.ok
    assert (report.lost, report.doubled, report.out_of_order) == (5, 1, 0)
    assert [each.where for each in report.differences] == ["message 0", "message 1", "order 1"]


def test_the_report_is_json_and_a_table_that_names_the_differences() -> None:
    findings = Findings(limit=2)
    findings.differ("orders", "replay", "order [1]", "document: /lines differs")
    findings.by_outcome["applied"] = 3
    report = findings.report()
    screen = StringIO()
    Console(file=screen, width=200).print(table(report))

    assert json.loads(json.dumps(report.to_json()))["differences"][0]["where"] == "order [1]"
    assert report.to_json()["ok"] is False
    assert "order [1]" in screen.getvalue()
    assert "/lines differs" in screen.getvalue()


def position(**other: object) -> dict[str, Any]:
    return {"next_offset": 10, "shard": 0, "paused": None, **other}


def shard(**other: object) -> dict[str, Any]:
    return {"k": 0, "batch": 4, "emitted": 4, "stopped": None, **other}


def faults(row: dict[str, Any] | None, one: dict[str, Any], committed: tuple[int, int] = (10, 4)) -> list[str]:
    findings = Findings(limit=9)
    marks = Marks({PLACE: 2}, {PLACE: 12}, {PLACE: committed})
    compare(marks, {} if row is None else {PLACE: row}, [one], findings, running=False)
    return [each.where for each in findings.report().differences]


def test_marks_that_agree_have_no_fault() -> None:
    assert faults(position(), shard()) == []


@pytest.mark.parametrize(
    "row",
    [
        position(next_offset=13),
        position(next_offset=1),
        position(next_offset=9),
        position(shard=1),
        position(paused="poison"),
        None,
    ],
)
def test_a_partition_whose_marks_disagree_is_named(row: dict[str, Any] | None) -> None:
    assert set(faults(row, shard())) == {"shop.events/0"}


@pytest.mark.parametrize("one", [shard(batch=3), shard(emitted=5), shard(stopped="the log was made anew")])
def test_a_shard_whose_batches_disagree_or_that_stopped_is_named(one: dict[str, Any]) -> None:
    assert faults(position(), one) == ["shard 0"]
