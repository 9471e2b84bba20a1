"""Within a major version nothing may change that an old or a new reader can't live with."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts import compatibility, releases, shapes
from contracts.__main__ import main

MONEY = {"type": "object", "properties": {"amount": {"type": "integer", "minimum": 0}}, "required": ["amount"]}


def text(**keywords: Any) -> dict[str, Any]:
    return {"type": "string", **keywords}


def record(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def words(*known: str, tolerant: bool = False) -> dict[str, Any]:
    return text(enum=list(known)) | ({"$comment": shapes.READS_UNKNOWN} if tolerant else {})


def money(**keywords: Any) -> dict[str, Any]:
    amount = {"type": "integer", "minimum": 0, **keywords}
    defined = {"type": "object", "properties": {"amount": amount}, "required": ["amount"]}
    return {**record(total={"$ref": "#/$defs/Money"}), "$defs": {"Money": defined}}


def items(of: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return record(lines={"type": "array", "items": of, **keywords})


BACKWARD, FORWARD = compatibility.BACKWARD, compatibility.FORWARD
BREAKS = {
    "a required field is added": (record(), record(("a",), a=text()), "required_added", BACKWARD),
    "an optional field becomes required": (record(a=text()), record(("a",), a=text()), "required_added", BACKWARD),
    "a required field is removed": (record(("a",), a=text()), record(), "required_removed", FORWARD),
    "a required field becomes optional": (record(("a",), a=text()), record(a=text()), "required_relaxed", FORWARD),
    "a type changes": (record(a=text()), record(a={"type": "integer"}), "type_changed", BACKWARD),
    "a type widens": (
        record(a={"type": "integer"}),
        record(a={"type": ["integer", "string"]}),
        "type_changed",
        FORWARD,
    ),
    "a field may be null now": (record(a=text()), record(a=maybe(text())), "type_changed", FORWARD),
    "a field may not be null any more": (record(a=maybe(text())), record(a=text()), "type_changed", BACKWARD),
    "a word is gone": (record(a=words("x", "y")), record(a=words("x")), "enum_narrowed", BACKWARD),
    "a word is new": (record(a=words("x")), record(a=words("x", "y")), "enum_widened", FORWARD),
    "a word is new where only new readers read unknown": (
        record(a=words("x")),
        record(a=words("x", "y", tolerant=True)),
        "enum_widened",
        FORWARD,
    ),
    "a word is gone and readers stop reading unknown": (
        record(a=words("x", "y", tolerant=True)),
        record(a=words("x")),
        "enum_narrowed",
        BACKWARD,
    ),
    "a text becomes an enumeration": (record(a=text()), record(a=words("x")), "enum_closed", BACKWARD),
    "an enumeration becomes a text": (record(a=words("x")), record(a=text()), "enum_opened", FORWARD),
    "a pattern changes": (record(a=text(pattern="^a$")), record(a=text(pattern="^b$")), "pattern_changed", BACKWARD),
    "a pattern is dropped": (record(a=text(pattern="^a$")), record(a=text()), "pattern_changed", FORWARD),
    "a format is added": (record(a=text()), record(a=text(format="date-time")), "format_changed", BACKWARD),
    "a maximum sinks": (money(maximum=10), money(maximum=9), "bound_narrowed", BACKWARD),
    "a maximum rises": (money(maximum=10), money(maximum=11), "bound_widened", FORWARD),
    "a maximum is added": (money(), money(maximum=9), "bound_narrowed", BACKWARD),
    "a maximum is dropped": (money(maximum=9), money(), "bound_widened", FORWARD),
    "a minimum rises": (money(), money(minimum=1), "bound_narrowed", BACKWARD),
    "a minimum sinks": (money(), money(minimum=-1), "bound_widened", FORWARD),
    "a text may be longer": (record(a=text(maxLength=5)), record(a=text(maxLength=6)), "bound_widened", FORWARD),
    "a list must be longer": (items(text()), items(text(), minItems=1), "bound_narrowed", BACKWARD),
    "the items change": (items(text()), items({"type": "integer"}), "type_changed", BACKWARD),
    "a field of a part gets required": (
        items(record(a=text())),
        items(record(("a",), a=text())),
        "required_added",
        BACKWARD,
    ),
    "a bound behind a null changes": (
        record(a=maybe(text(maxLength=5))),
        record(a=maybe(text(maxLength=4))),
        "bound_narrowed",
        BACKWARD,
    ),
    "a default changes": (record(a=text(default="x")), record(a=text(default="y")), "default_changed", BACKWARD),
    "an object is closed": (
        record(),
        record() | {"additionalProperties": False},
        "additionalProperties_changed",
        BACKWARD,
    ),
}
PASSES = {
    "nothing changes": (money(), money()),
    "an optional field is added": (record(), record(a=text(pattern="^x$"))),
    "an optional field is removed": (record(a=text()), record()),
    "a word is new where readers read unknown": (
        record(a=words("x", tolerant=True)),
        record(a=words("x", "y", tolerant=True)),
    ),
    "a word is gone where readers read unknown": (
        record(a=words("x", "y", tolerant=True)),
        record(a=words("x", tolerant=True)),
    ),
    "a description changes": (record(a=text(description="x")), record(a=text(description="y"))),
    "a part is named otherwise": (
        money(),
        {**record(total={"$ref": "#/$defs/Sum"}), "$defs": {"Sum": MONEY}},
    ),
}


@pytest.mark.parametrize(("old", "new", "rule", "direction"), BREAKS.values(), ids=BREAKS.keys())
def test_a_break_is_found_with_its_rule_and_direction(
    old: dict[str, Any], new: dict[str, Any], rule: str, direction: str
) -> None:
    found = compatibility.differences(old, new)

    assert [(change.rule, change.direction) for change in found] == [(rule, direction)]


@pytest.mark.parametrize(("old", "new"), PASSES.values(), ids=PASSES.keys())
def test_what_both_readers_can_live_with_passes(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert compatibility.differences(old, new) == []


def test_a_recursive_schema_is_compared_to_its_end() -> None:
    def tree(limit: int) -> dict[str, Any]:
        node = record(next=maybe({"$ref": "#/$defs/Node"}), name=text(maxLength=limit))
        return {**record(root={"$ref": "#/$defs/Node"}), "$defs": {"Node": node}}

    assert [change.rule for change in compatibility.differences(tree(5), tree(4))] == ["bound_narrowed"]


def test_the_models_are_compatible_with_every_release() -> None:
    assert releases.breaking() == []


def test_every_release_counts_not_only_the_last(tmp_path: Path) -> None:
    keep(tmp_path / "1.0", record(a=text()))
    keep(tmp_path / "1.1", record())

    found = releases.breaking(tmp_path, {"shop.events/order.placed.v1.json": record(a={"type": "integer"})})

    assert [(item.release, item.rule) for item in found] == [("1.0", "type_changed")]
    assert "shop.events/order.placed.v1 at /properties/a/type" in str(found[0])
    assert "order.placed.v2" in str(found[0])


@pytest.mark.parametrize(
    ("topic", "rules"), [("shop.events", []), ("warehouse.requests", ["required_relaxed", "type_changed"])]
)
@pytest.mark.rule("A-90")
def test_only_what_the_hub_alone_reads_may_become_more_lenient(tmp_path: Path, topic: str, rules: list[str]) -> None:
    keep(tmp_path / "1.0", record(("a",), a=text()), topic)

    found = releases.breaking(tmp_path, {f"{topic}/order.placed.v1.json": record(a=maybe(text()))})

    assert sorted(item.rule for item in found) == rules


def test_a_message_that_is_gone_breaks_its_release(tmp_path: Path) -> None:
    keep(tmp_path / "1.0", record())

    assert [item.rule for item in releases.breaking(tmp_path, {})] == ["message_removed"]


def test_a_release_is_kept_once_and_only_while_nothing_breaks(tmp_path: Path) -> None:
    written = releases.release("1.0", tmp_path)

    assert len(written) == len(shapes.schemas())
    assert releases.breaking(tmp_path) == []
    with pytest.raises(releases.ReleaseIsAlreadyThere, match=r"Release 1\.0 is in"):
        releases.release("1.0", tmp_path)
    with pytest.raises(releases.VersionIsNoNumber, match="latest is no version"):
        releases.release("latest", tmp_path)
    path = tmp_path / "1.0" / "shop.events" / "order.placed.v1.json"
    older = json.loads(path.read_bytes())
    older["required"].append("promised")
    path.write_text(json.dumps(older))
    with pytest.raises(releases.ReleaseWouldBreak, match="would break 1 things"):
        releases.release("1.1", tmp_path)


def test_the_command_tells_success_and_failure_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check"]) == 0
    assert main(["release", "latest"]) == 1
    assert "latest is no version of a release" in capsys.readouterr().err
    file = tmp_path / "message.json"
    file.write_text('{"reason": ""}')
    assert main(["validate", str(file), "--type", "cancellation.requested.v1"]) == 1
    assert "/reason" in capsys.readouterr().err


def keep(folder: Path, schema: dict[str, Any], topic: str = "shop.events") -> None:
    (folder / topic).mkdir(parents=True)
    (folder / topic / "order.placed.v1.json").write_text(json.dumps(schema))
