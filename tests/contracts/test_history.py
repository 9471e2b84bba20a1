"""What has changed in a message is told release by release, and nothing else is."""

from pathlib import Path
from typing import Any

import pytest

from contracts import history, releases, shapes
from contracts.topics import CATALOGUE_STATUS, SHOP, TOPICS


def record(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
LISTED = {"type": "array", "items": {"$ref": "#/$defs/Line"}}
MAYBE = {"anyOf": [TEXT, {"type": "null"}]}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (record(), record(a=TEXT), [("/a", "is new, and may be left out")]),
        (record(), record(("a",), a=TEXT), [("/a", "is new, and has to be given")]),
        (record(a=TEXT), record(), [("/a", "is gone")]),
        (record(("a",), a=TEXT), record(a=MAYBE), [("/a", "may be left out")]),
        (record(a=TEXT), record(("a",), a=TEXT), [("/a", "has to be given")]),
        (record(("a",), a=TEXT), record(("a",), a=MAYBE), [("/a", "may be null")]),
        (record(("a",), a=MAYBE), record(("a",), a=TEXT), [("/a", "may not be null any more")]),
        (record(a=TEXT), record(a=NUMBER), [("/a", 'type was "string", and is "integer"')]),
        (record(a=NUMBER | {"maximum": 5}), record(a=NUMBER), [("/a", "maximum was 5, and is nothing")]),
        (
            record(a=TEXT | {"enum": ["x", "y"]}),
            record(a=TEXT | {"enum": ["y", "z"]}),
            [("/a", "may also be z"), ("/a", "may not be x any more")],
        ),
        (record(a=TEXT), record(a=TEXT | {"enum": ["x"]}), [("/a", "may only be x")]),
        (record(a=TEXT | {"enum": ["x"]}), record(a=TEXT), [("/a", "may be any text")]),
        (
            record(a=LISTED) | {"$defs": {"Line": record()}},
            record(a=LISTED) | {"$defs": {"Line": record(b=TEXT)}},
            [("/a/*/b", "is new, and may be left out")],
        ),
        (record(a=TEXT | {"description": "x"}), record(a=TEXT | {"description": "y"}), []),
    ],
)
def test_every_change_is_told_where_it_is(
    old: dict[str, Any], new: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    assert [(each.pointer, each.what) for each in history.changes_between(old, new)] == told


def test_a_schema_is_no_different_from_itself() -> None:
    for schema in shapes.schemas().values():
        assert list(history.changes_between(schema, schema)) == []


def test_every_type_begins_with_the_release_that_brought_it() -> None:
    for topic in TOPICS:
        for name in topic.by_type:
            first, *later = history.steps(topic, name)
            assert first.changes == (history.Change("", "is new"),)
            assert all(step.changes for step in later)

    assert history.steps(SHOP, "order.placed.v1")[0].release == "1.0"
    assert history.steps(CATALOGUE_STATUS, "wordlist.status.v1")[0].release == "1.1"


def test_what_no_release_has_yet_is_told_as_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "1.0").symlink_to(releases.RELEASED / "1.0")
    monkeypatch.setattr(history, "RELEASED", tmp_path)
    steps = history.steps.__wrapped__

    assert steps(CATALOGUE_STATUS, "wordlist.status.v1")[0].release is None
    assert [step.release for step in steps(SHOP, "order.placed.v1")] == ["1.0", None]
