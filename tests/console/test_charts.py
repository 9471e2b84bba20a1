"""Charts, troubles and indented records: pure functions that pages are made with."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hub.console.charts import BASE, LEFT, RIGHT, TOP, drawn
from hub.console.indenting import indented
from hub.console.navigation import PLACES, nearest
from hub.console.troubles import ADVICE, advice, is_at_work, reasons, shard_look, troubles
from hub.console.words import LOOKS

ROOT = Path(__file__).parents[2]
ROOMS = ("consumers", "adapters", "producers", "hub/desk")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
ROW: dict[str, Any] = {"number": 5, "stopped": None, "trouble": None, "lag": 3}


def seconds(*ago: float) -> list[datetime]:
    return [NOW - timedelta(seconds=each) for each in ago]


def test_a_line_goes_from_the_left_to_now_below_a_whole_scale() -> None:
    chart = drawn(seconds(300, 150, 0), 60, 300, NOW, [("in", [0.0, 40.0, 85.0])])

    assert chart.rises == [(BASE, 0), (84.0, 30), (48.0, 60), (TOP, 90)]
    assert chart.lines[0].path == "M36.0,120.0L276.0,72.0L516.0,18.0"
    assert chart.lines[0].area == "M36.0,120.0L276.0,72.0L516.0,18.0L516.0,120L36.0,120Z"
    assert [x for x, _ in chart.marks] == [LEFT, 132, 228, 324, 420, RIGHT]
    assert chart.marks[-1][1] == NOW
    assert chart.lines[0].values == [0, 0, 40, 40, 85, 85]


@pytest.mark.parametrize(("most", "top"), [(0, 3), (3, 3), (4, 6), (85, 90), (91, 120), (418, 600), (1000, 1200)])
def test_the_scale_has_whole_numbers_at_every_rise(most: float, top: float) -> None:
    assert drawn(seconds(0), 1, 300, NOW, [("in", [most])]).rises[-1] == (TOP, top)


def test_a_line_is_broken_off_where_nobody_knows() -> None:
    chart = drawn(seconds(100, 99, 98, 40, 39), 1, 300, NOW, [("in", [1.0, None, 1.0, 1.0, 1.0])])

    assert chart.lines[0].path.count("M") == 2
    assert chart.lines[0].values[0] is None


def test_nothing_is_drawn_of_what_is_not_known() -> None:
    chart = drawn(seconds(1), 1, 300, NOW, [("in", [None])])
    none = drawn([], 1, 300, NOW, [("in", [])])

    assert {(each.lines[0].path, each.lines[0].area, each.lines[0].most) for each in (chart, none)} == {("", "", None)}


def test_labels_stand_apart() -> None:
    chart = drawn(seconds(0), 1, 300, NOW, [("a", [0.0]), ("b", [0.0]), ("c", [0.0]), ("d", [3.0])])

    heights = sorted(each.label for each in chart.lines)
    assert all(after - before >= 12 for before, after in pairwise(heights))
    assert heights[-1] <= BASE


def overview(*why: str, notes: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    health = {"ready": not why, "live": True, "reasons": list(why), "notes": list(notes), "processes": 1, "shards": 8}
    sample = {"at": NOW.isoformat(), "figures": {"lag": 0.0}}
    listing = {"state": "current", "behind_seconds": 0.1, "percent": None}
    return {"health": health, "sample": sample, "failed": [], "paused": [], "listing": listing} | more


@pytest.mark.parametrize(
    ("row", "why", "state"),
    [
        ({}, "", "works"),
        ({"stopped": "paused by ann: a look"}, "stopped: paused by ann: a look", "paused"),
        ({"stopped": "KeyError"}, "stopped: KeyError", "stopped"),
        ({}, "no process works on it", "unattended"),
        ({}, "held up: carrier.events/5 can't be read past 9", "held_up"),
        ({"trouble": "no Kafka"}, "", "held_up"),
    ],
)
def test_a_shard_is_shown_by_why_it_stands(row: dict[str, Any], why: str, state: str) -> None:
    told = overview(*([f"shard 5: {why}"] if why else []))

    assert shard_look(ROW | row, reasons(told["health"])).state == state
    assert state in LOOKS["shard"]
    assert [(each.state, each.filled) for each in troubles(told, [ROW | row], NOW)] == (
        [] if state == "works" else [(state, {"shard": 5})]
    )


def test_every_trouble_says_what_to_do() -> None:
    told = overview(
        "no hub process has given a sign of life",
        notes=(
            "shop.events/1 is paused: paused by ann: look: why",
            "shop.events/2 is paused: paused by ann: look: why",
        ),
        paused=[{"source": "/p", "who": "ann", "why": "w", "kept": 3}],
        listing={"state": "building", "behind_seconds": 1.0, "percent": 40},
        sample={"at": (NOW - timedelta(minutes=1)).isoformat(), "figures": {"lag": None}},
    )

    found = troubles(told, [], NOW)

    assert [each.title.format(**each.filled) for each in found] == [
        "The hub does not work",
        "shop.events is read no further: partitions 1, 2",
        "/p is held back, 3 records are kept",
        "Lists and search are being built: 40 %",
        "The figures are old",
        "Nobody knows the lag",
    ]
    assert found[1].because == "paused by ann: look: why"
    assert all(each.do for each in found)


def test_the_hub_is_at_work_while_one_shard_is() -> None:
    seven = tuple(f"shard {number}: no process works on it" for number in range(7))

    assert is_at_work(overview())
    assert is_at_work(overview(*seven))
    assert not is_at_work(overview(*seven, "shard 7: no process works on it"))


@pytest.mark.parametrize(
    ("reason", "accept"),
    [
        ("stopped: x/1 starts at 9 but was read only to 4: retention removed records", "loss"),
        ("stopped: x/1 ends at 3 but was read to 9", "loss"),
        ("stopped: x/1 was published to 9 but stored only to 3: the database is an older copy", "restore"),
        ("stopped: paused by ann: a look", None),
        ("stopped: KeyError", None),
    ],
)
def test_what_may_be_accepted_depends_on_why_a_shard_has_stopped(reason: str, accept: str | None) -> None:
    assert advice(reason).accept == accept


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"a":1.10,"b":[],"a":{"x,}":[1]}}',
            '{\n  "a": 1.10,\n  "b": [],\n  "a": {\n    "x,}": [\n      1\n    ]\n  }\n}',
        ),
        ("[]", "[]"),
        ('{"a":', '{"a":'),
        ("[" * 5000, "[" * 5000),
        ('"\\u00e9"', '"\\u00e9"'),
    ],
)
def test_a_record_is_indented_with_every_word_as_it_came(text: str, shown: str) -> None:
    assert indented(text) == shown


@pytest.mark.parametrize("says", [each.says for each in ADVICE])
def test_advice_is_about_reasons_that_the_hub_gives(says: str) -> None:
    written = "".join(path.read_text("utf-8") for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    parts = re.split(r"\.\*|\|", re.sub(r"\((\w+ \w+)\|(\w+ \w+)\) (\w+)", r"\1 \3|\2 \3", says))

    assert [part.strip() for part in parts if part.strip() not in written] == []


def test_a_page_is_at_the_nearest_place() -> None:
    assert [nearest(PLACES, path) for path in ("/ops", "/ops/shards/3", "/orders/o-1/edit", "/nowhere")] == [
        "/ops",
        "/ops/shards",
        "/orders",
        "",
    ]
