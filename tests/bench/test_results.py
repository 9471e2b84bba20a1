"""The benchmark's figures: medians of correct runs only, and a reason for what is missing."""

from xml.etree import ElementTree

import pytest
from rich.console import Console

from bench import picture, tables
from bench.results import Found, Results


def found(candidate: str, rate: float, *, correct: bool = True, kind: str = "throughput") -> Found:
    """A run that read so many records a second."""
    return Found(
        candidate,
        kind,
        orders=100,
        records=1_000,
        correct=correct,
        faults=[] if correct else ["3 facts were never applied"],
        records_per_second=rate,
        orders_per_second=rate / 10,
        cpu_us={"candidate": 10.0, "kafka": 2.0, "postgres": 1.0},
    )


def test_a_ratio_compares_medians_of_the_fastest_hub() -> None:
    runs = [found("hub:1", 100), found("hub:2", 180), found("hub:2", 220), found("hub:2", 900), found("streams", 440)]

    figures = Results(runs, {}).summary()

    assert figures["fastest_hub"] == "hub:2"
    assert figures["throughput_vs_streams"] == pytest.approx(0.5)


def test_a_run_that_was_not_correct_counts_for_nothing() -> None:
    runs = [found("hub:1", 100), found("hub:1", 10_000, correct=False), found("careful", 50)]

    assert Results(runs, {}).summary()["throughput_vs_careful"] == pytest.approx(2.0)


def test_what_was_not_measured_is_null_with_its_reason() -> None:
    runs = [found("hub:1", 100), found("careful", 50, correct=False)]

    figures = Results(runs, {"streams": "the jars can't be downloaded"}).summary()

    assert figures["throughput_vs_streams"] is None
    assert figures["throughput_vs_careful"] is None
    assert figures["latency_300"] is None
    assert figures["recovery_s"] is None
    assert "the jars can't be downloaded" in figures["not_measured"]["throughput_vs_streams"]
    assert figures["not_measured"]["throughput_vs_careful"] == "no run of careful was correct"
    assert figures["not_measured"]["latency_300"] == "latency_300 was not measured"
    assert figures["not_measured"]["latency_3000"] == "latency_3000 was not measured"


def test_a_candidate_that_falls_behind_is_marked_and_not_drawn() -> None:
    slow, fast = found("careful", 1, kind="latency_300"), found("hub:1", 1, kind="latency_300")
    slow.kept_up, fast.kept_up = False, True
    slow.latency_ms = {"p50": 9_000.0, "p99": 12_000.0, "p99.9": 12_500.0, "max": 12_600.0}
    fast.latency_ms, fast.samples = {"p50": 20.0, "p99": 90.0, "p99.9": 120.0, "max": 130.0}, 700
    results = Results([slow, fast], {})

    figures = results.summary()
    drawn = picture.drawn(results, figures)

    assert figures["latency_300"]["careful"]["kept_up"] is False
    told = {"p50": 20, "p99": 90, "p99.9": 120, "max": 130, "effects": 700, "kept_up": True}
    assert figures["latency_300"]["hub:1"] == told
    assert "careful" not in drawn
    assert "20 / 90" in drawn


def live(candidate: str, rate: int, p50: float, *, kept_up: bool = True, correct: bool = True) -> Found:
    """A run of live traffic."""
    run = found(candidate, 0, kind=f"latency_{rate}", correct=correct)
    run.latency_ms = {"p50": p50, "p99": 2 * p50, "p99.9": 3 * p50, "max": 4 * p50}
    run.samples, run.kept_up = 1_000, kept_up
    return run


def test_latency_over_load_is_told_by_rate_and_drawn_as_lines_on_which_nobody_is_who_fell_behind() -> None:
    runs = [live("hub:2", rate, rate / 10) for rate in (100, 1_000)] + [live("hub:2", 3_000, 9_000, kept_up=False)]
    runs += [live("streams", rate, 20) for rate in (100, 1_000, 3_000)]
    results = Results(runs, {})
    figures = results.summary()

    drawn = ElementTree.fromstring(picture.drawn(results, figures))
    console = Console(width=200, record=True, stderr=True)
    tables.show(console, results, [], figures)

    assert results.rates() == [100, 1_000, 3_000]
    assert figures["latency_3000"]["hub:2"]["kept_up"] is False
    assert figures["latency_3000"]["streams"]["p99.9"] == pytest.approx(60)
    lines = [each.attrib["points"].split() for each in drawn.iter("{http://www.w3.org/2000/svg}polyline")]
    assert [len(each) for each in lines] == [2, 2, 3, 3]  # p50 and p99 of the hub, then of the peer
    heights = [float(point.split(",")[1]) for line in lines for point in line]
    assert heights[0] > heights[1], "ten times the latency is higher up"
    assert heights[2] < heights[0], "p99 is above p50"
    assert len([each for each in drawn.iter() if each.get("class") == "behind"]) == 1
    assert "\u00d7 fell behind at 3,000" in [each.text for each in drawn.iter()]
    assert console.export_text().count("FELL BEHIND") == 1


def test_who_is_so_far_behind_that_no_effect_comes_has_no_latency_and_is_named() -> None:
    lost = live("hub:2", 3_000, 0, kept_up=False)
    lost.latency_ms, lost.samples = None, 0
    results = Results([live("hub:2", 100, 10), lost], {})
    figures = results.summary()

    assert figures["latency_3000"]["hub:2"]["p50"] is None
    assert figures["latency_3000"]["hub:2"]["kept_up"] is False
    assert "fell behind at 3,000" in picture.drawn(results, figures)


def test_latencies_of_a_run_that_was_not_correct_count_for_nothing() -> None:
    figures = Results([live("hub:2", 300, 10), live("hub:2", 300, 1, correct=False)], {}).summary()

    assert figures["latency_300"]["hub:2"]["p50"] == pytest.approx(10)


def test_one_rate_alone_is_no_curve() -> None:
    results = Results([live("hub:2", 300, 10)], {})

    assert "Latency over load" not in picture.drawn(results, results.summary())


def test_the_hubs_own_lifecycle_is_told_by_processes_and_stays_out_of_the_ratios() -> None:
    runs = [found("hub:1", 100), found("streams", 200), found("hub:1", 50, kind="lifecycle")]
    runs += [found("hub:2", 90, kind="lifecycle"), found("hub:2", 9_000, kind="lifecycle", correct=False)]
    results = Results(runs, {})
    figures = results.summary()
    console = Console(width=200, record=True, stderr=True)

    tables.show(console, results, [], figures)

    assert figures["throughput_vs_streams"] == pytest.approx(0.5)
    assert figures["lifecycle"]["hub:1"]["records_per_second"] == 50
    assert figures["lifecycle"]["hub:1"]["cpu_us_per_record"]["all"] == 13
    assert figures["lifecycle"]["hub:2"]["records_per_second"] == 90
    assert figures["lifecycle"]["hub:2"]["correct"] == "1/2"
    assert "full lifecycle" in console.export_text()
    assert "full lifecycle" in picture.drawn(results, figures)


def test_without_a_correct_run_of_the_lifecycle_there_is_a_reason() -> None:
    figures = Results([found("b_recording", 0, kind="lifecycle", correct=False)], {}).summary()

    assert figures["lifecycle"] is None
    assert figures["not_measured"]["lifecycle"] == "no run of lifecycle was correct"


def test_picture_and_tables_show_every_candidate_that_ran() -> None:
    killed = found("hub:1", 0, kind="kill")
    killed.recovery_seconds, killed.finished_seconds, killed.killed_at = 2.0, 4.0, 0.4
    results = Results([found("hub:1", 100), found("streams", 200), killed], {"quix": "uv is not there"})
    figures = results.summary()
    console = Console(width=200, record=True, quiet=False, file=None, stderr=True)

    tables.show(console, results, [], figures)

    shown = console.export_text()
    drawn = ElementTree.fromstring(picture.drawn(results, figures))
    assert "hub:1" in shown
    assert "uv is not there" in shown
    assert [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")].count("streams") == 2
