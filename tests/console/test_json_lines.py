"""JSON line by line with its faults, what is different between two documents, and small charts."""

import json
from typing import Any

import pytest

from hub.console import json_lines
from hub.console.indenting import indented
from hub.console.sparks import bars, spark


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, {"a.b.1": 3}),
        ({"a": 1}, {"a": 1, "b": None}, {"b": None}),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [1, 2]}),
        ({"a": 1, "b": 2}, {"a": 1}, None),
        ({"a.b": 1}, {"a.b": 2}, None),
        ([1], {"a": 1}, None),
        ({"a": 1}, {"a": True}, {"a": True}),
    ],
)
def test_what_is_different_is_said_by_fields_where_fields_can_say_it(before: Any, after: Any, fields: Any) -> None:
    assert json_lines.changed(before, after) == fields


def test_a_fault_stands_at_its_line_and_one_about_what_is_missing_at_the_nearest() -> None:
    faults = [{"pointer": "/data/a/b/0", "detail": "is odd"}, {"pointer": "/data/a/c", "detail": "is missing"}]

    lines = json_lines.lines({"a": {"b": [1]}, "d/e": {}}, faults)

    assert json.loads("".join(each.text for each in lines)) == {"a": {"b": [1]}, "d/e": {}}
    assert {each.text.strip(): list(each.faults) for each in lines if each.faults} == {
        "1": ["is odd"],
        '"a": {': ["/c is missing"],
    }
    assert "/data/d~1e" in {each.pointer for each in lines}


def test_lines_and_bars_are_as_high_as_the_largest() -> None:
    assert spark([0, 4, 2]) == "M2.0,18.0L36.0,2.0L70.0,10.0"
    assert spark([]) == ""
    assert [(each.height, each.bad) for each in bars([(4, 1), (2, 2), (0, 0)], 30, 40)] == [(40, 10), (20, 20), (0, 0)]


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("depth", [json_lines.DEEPEST + 1, 900, 100_000])
def test_what_is_nested_deeper_than_anybody_reads_stays_the_text_that_it_is(depth: int) -> None:
    text = nested(depth)

    assert json_lines.read(text) is json_lines.MISSING
    assert json_lines.pretty(text) == text
    assert indented(text) == text


def test_what_is_nested_as_deep_as_may_be_is_shown() -> None:
    assert json_lines.read(nested(json_lines.DEEPEST)) is not json_lines.MISSING


def test_of_a_long_document_the_beginning_is_shown_and_that_it_is_one() -> None:
    held = list(range(500_000))

    found = json_lines.lines(held, [{"pointer": "/data/499999", "detail": "too large"}])

    assert len(found) == json_lines.MOST + 1
    assert found[-1].text == "…"
    assert found[0].faults == ["/499999 too large"]
    assert json_lines.pretty(str(held)) == str(held)
