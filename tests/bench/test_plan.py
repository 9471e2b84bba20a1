"""What a benchmark measures of whom, and what counts as falling behind."""

from pathlib import Path

import pytest

from bench import __main__ as command
from bench.lateness import GROWTH, growth, quantiles
from bench.plan import KINDS, Plan, all_candidates


def plan(*, everyone: bool = False) -> Plan:
    """A plan of all kinds."""
    return Plan(100, 2, all_candidates(), KINDS, (100, 300, 3_000), 15, everyone=everyone)


def names(plan: Plan, kind: str, rate: int = 0, repeat: int = 0) -> list[str]:
    """Return who is measured in a step, in turn."""
    return [each.label for each in plan.in_turn(kind, rate, repeat)]


def test_a_whole_run_has_every_kind_and_every_rate() -> None:
    steps = list(plan().steps())

    assert {kind for kind, _, _ in steps} == set(KINDS)
    assert {rate for kind, rate, _ in steps if kind == "latency"} == {100, 300, 3_000}
    assert sum(kind == "throughput" for kind, _, _ in steps) == 2
    assert sum(kind == "start" for kind, _, _ in steps) == 1


def test_all_candidates_are_measured_at_the_usual_rate_and_two_at_the_others() -> None:
    every = [each.label for each in all_candidates()]

    assert names(plan(), "latency", 300) == every
    assert names(plan(), "latency", 3_000) == ["hub:2", "streams"]
    assert names(plan(everyone=True), "latency", 3_000) == every
    assert names(plan(), "throughput") == every
    assert names(plan(), "lifecycle") == ["hub:1", "hub:2"]


def test_each_repeat_begins_with_another_candidate() -> None:
    assert names(plan(), "latency", 3_000, 1) == ["streams", "hub:2"]
    assert names(plan(), "throughput", 0, 1)[0] == "hub:2"


def test_part_of_a_benchmark_never_takes_the_place_of_a_whole_one(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(command.LATEST).read_bytes()

    assert command.main(["--kinds", "throughput", "--out", str(command.LATEST)]) == 2
    assert "is for whole runs" in capsys.readouterr().err
    assert Path(command.LATEST).read_bytes() == before


def test_quantiles_are_milliseconds() -> None:
    assert quantiles([number / 1_000 for number in range(1, 1_001)]) == {
        "p50": 501,
        "p99": 991,
        "p99.9": 1_000,
        "max": 1_000,
    }


def test_a_queue_that_grows_is_told_from_one_that_only_varies() -> None:
    steady = [(number / 100, 0.1 + (number % 7) / 20) for number in range(1_500)]
    growing = [(at, took + 0.2 * at) for at, took in steady]

    assert growth(steady) < GROWTH < growth(growing)
    assert growth(growing) == pytest.approx(0.2, abs=0.01)
    assert growth([(1.0, 0.1)]) == 0
