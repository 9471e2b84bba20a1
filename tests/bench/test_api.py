"""The benchmark of the API: each part at its smallest, and that its checks notice what is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.api.__main__ import asked
from bench.api.acting import STEPS, Answered, faults_of, waiting_orders
from bench.api.asked import PARTS, Asked
from bench.api.console import faults_of as faults_of_consoles
from bench.api.questions import OPENED, PAGE, TWO, TYPED
from bench.api.readers import Reader
from bench.api.run import Measuring
from bench.api.search import faults_of as faults_of_page
from bench.api.streams import faults_of as faults_of_readers
from bench.api.table import show
from bench.ground.ground import Ground

TIMES = {"p50", "p99", "p99.9", "max", "samples"}
SMALLEST: dict[str, Any] = {
    "acts": 4,
    "facts": 30,
    "seconds": 1,
    "warm": 1,
    "orders": 2_000,
    "questions": 2,
    "turns": 1,
    "readers": 3,
    "consoles": 3,
}
DONE = [{"event_id": "c-1", "outcome": "applied"}, {"event_id": "c-2", "outcome": "applied"}]


def answered(command_id: str, status: int = 200) -> Answered:
    return Answered(0.0, 0.01, status, command_id)


def test_an_act_that_was_refused_lost_or_doubled_is_noticed() -> None:
    two = [answered("c-1"), answered("c-2")]

    assert faults_of(two, DONE) == []
    assert faults_of([answered("c-1"), answered("c-2", 202)], DONE) == ["1 acts were answered with 202"]
    assert faults_of(two, DONE[:1]) == ["1 acts are not in the journal"]
    assert faults_of(two[:1], DONE) == ["1 commands are in the journal that no answer told of"]
    assert faults_of(two, [*DONE, DONE[0]]) == ["1 commands are in the journal twice"]
    assert faults_of([*two, two[0]], DONE) == ["1 answers told of the same command as another one"]
    refused = [DONE[0], {"event_id": "c-2", "outcome": "refused"}]
    assert faults_of(two, refused) == ["1 acts are not in the journal"]


def test_a_page_with_other_rows_than_there_are_or_of_another_store_is_noticed() -> None:
    page = {"items": [{"store": TWO[0]}] * 3}

    assert list(faults_of_page("a", page, 3, TWO)) == []
    assert list(faults_of_page("a", {"items": page["items"] * 20}, 3, None)) == ["a: 60 rows, not 3"]
    assert list(faults_of_page("a", page, PAGE + 1, None)) == [f"a: 3 rows, not {PAGE}"]
    assert list(faults_of_page("a", {"items": [{"store": "store-1"}]}, 1, TWO)) == ["a: rows of other stores"]
    assert list(faults_of_page("a", {}, 1, None)) == ["a: 0 rows, not 1"]


async def test_a_reader_counts_each_event_once_however_the_bytes_are_cut_and_notices_a_goodbye() -> None:
    said = b'retry: 3000\nid: a\n\nid: b\nevent: order.created.v1\ndata: {"event": "x"}\n\n:\nid: b\n\n'
    said += b"id: c\nevent: tracking.noted.v1\ndata: {}\n\n"
    for size in (1, 7, len(said)):
        reader = Reader(b"")
        reader.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
        for start in range(0, len(said), size):
            reader.data_received(said[start : start + size])
        assert (reader.events, reader.gone) == (2, False)
        assert faults_of_readers([reader], 2) == []
        assert faults_of_readers([reader], 3) == ["1 readers were not told the 3 events once"]
        reader.data_received(b'id: d\nevent: bye\ndata: {"reason":"slow"}\n\n')
        assert "1 readers were sent away" in faults_of_readers([reader], 2)


async def test_a_console_that_was_told_nothing_or_sent_away_is_noticed() -> None:
    well, silent, gone = Reader(b""), Reader(b""), Reader(b"")
    well.events, gone.events, gone.gone = 3, 3, True

    assert faults_of_consoles([well]) == []
    faults = faults_of_consoles([well, silent, gone])
    assert faults == ["1 consoles were sent away", "1 consoles were told of no change"]


def test_people_work_on_orders_that_only_wait_for_their_warehouse() -> None:
    orders, records = waiting_orders(10)

    assert len(orders) == len(set(orders)) == 10
    assert {each.key for each in records} == set(orders)
    assert {each.topic for each in records} == {"shop.events", "payment.events", "fraud.events"}


def test_parts_are_chosen_by_name_and_run_in_their_order() -> None:
    assert asked([])[0] == Asked()
    assert asked(["--only", "streams,acts", "--json"]) == (Asked(only=("acts", "streams")), True)
    for wrong in (["--only", "archive"], ["--readers", "0"], ["--seconds", "1000"]):
        with pytest.raises(SystemExit):
            asked(wrong)


@pytest.mark.e2e
@pytest.mark.parametrize("part", PARTS)
async def test_each_part_runs_at_its_smallest_is_correct_and_tells_its_figures(
    ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    measuring = Measuring(Asked(only=(part,), **SMALLEST))

    await measuring.run(ground, tmp_path)

    document = measuring.document()
    told = document["parts"][part]
    assert told["faults"] == []
    assert measuring.correct()
    assert document["asked"]["only"] == (part,)
    SHAPES[part](told)
    show(document)
    assert capsys.readouterr().out.startswith(f"\n{part}, others used")


def _acts(told: dict[str, Any]) -> None:
    for name in ("acts_alone", "acts_beside_facts"):
        assert told[name].keys() == TIMES | {"a_second"}
        assert told[name]["samples"] == len(STEPS)  # so many a second, for a second
    for name in ("facts_alone", "facts_beside_acts"):
        assert told[name].keys() == TIMES | {"a_second"}


def _search(told: dict[str, Any]) -> None:
    for caller in ("all stores", "two stores"):
        assert told[caller]["searches"].keys() == {each.name for each in TYPED}
        assert told[caller]["lists"].keys() == {each.name for each in OPENED}
        asked_for = [each for kind in told[caller].values() for each in kind.values()]
        assert {each["samples"] for each in asked_for} == {2}
        assert all(each.keys() == TIMES | {"rows"} for each in asked_for)
    assert told["all stores"]["searches"]["number"]["rows"] == 1
    assert told["all stores"]["searches"]["name many have"]["rows"] == PAGE


def _projector(told: dict[str, Any]) -> None:
    assert [each["kind"] for each in told["turns"]] == ["without", "with"]
    assert "samples" in told["with"]
    assert "samples" in told["without"]


def _streams(told: dict[str, Any]) -> None:
    assert told["deliveries"] > 0
    assert told["deliveries"] % SMALLEST["readers"] == 0
    assert told["with"].keys() == told["without"].keys() == {"megabytes", "cores_idle", "cores_flowing"}
    alone = {"kilobytes_a_reader", "cores_of_readers_idle", "cores_of_readers_flowing", "microseconds_a_delivery"}
    assert alone < told.keys()


def _console(told: dict[str, Any]) -> None:
    assert told["pages"].keys() == {"a blank page", "the list", "an order", "a peek at it", "the navigation's figures"}
    assert all(each.keys() == TIMES | {"p95", "of_a_blank_page"} for each in told["pages"].values())
    assert told["open"].keys() == told["closed"].keys() == {"megabytes", "cores_idle", "cores_flowing"}


SHAPES: dict[str, Callable[[dict[str, Any]], None]] = {
    "acts": _acts,
    "search": _search,
    "projector": _projector,
    "streams": _streams,
    "console": _console,
}
