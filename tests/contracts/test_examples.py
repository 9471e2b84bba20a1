"""Every message has a valid and an invalid example, and its model and its published schema agree on both."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts import generation, validation
from contracts.judging import Refused
from contracts.message import fields_of
from tests.contracts import examples

each_message = pytest.mark.parametrize("name", examples.NAMES)


def schema_of(name: str) -> dict[str, object]:
    schema: dict[str, object] = json.loads((generation.FOLDER / "schemas" / f"{name}.json").read_bytes())
    return schema


def test_the_published_files_are_current() -> None:
    assert generation.stale() == []


@each_message
def test_the_schema_is_a_schema_and_names_itself(name: str) -> None:
    schema = schema_of(name)

    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://schemas.fulfilment-hub.example/{name}.json"


@each_message
def test_the_valid_example_is_valid_for_model_and_schema(name: str) -> None:
    _, model = examples.message(name)

    read = model.read(examples.content(name, "valid"))

    assert validation.schema_faults(schema_of(name), examples.data(name, "valid")) == []
    assert model.read(read.encoded()) == read
    assert fields_of(read).keys() == examples.data(name, "valid").keys()


@each_message
def test_the_invalid_example_breaks_model_and_schema_at_the_known_place_only(name: str) -> None:
    _, model = examples.message(name)
    pointer = examples.FAULTS[name]

    with pytest.raises(Refused) as caught:
        model.read(examples.content(name, "invalid"))

    assert re.findall(r"(?:^|; )(/[\w/]*): ", str(caught.value)) == [pointer]
    assert {at for at, _ in validation.schema_faults(schema_of(name), examples.data(name, "invalid"))} == {pointer}
    assert examples.place(examples.data(name, "invalid"), pointer) != examples.place(
        examples.data(name, "valid"), pointer
    )


@each_message
def test_a_field_that_nobody_knows_is_ignored(name: str) -> None:
    _, model = examples.message(name)
    extended = examples.data(name, "valid") | {"invented_since": {"deep": [1, 2]}}

    read = model.read(json.dumps(extended).encode())

    assert read == model.read(examples.content(name, "valid"))
    assert validation.schema_faults(schema_of(name), extended) == []


def test_no_example_uses_the_word_that_only_readers_use() -> None:
    assert [name for name in examples.NAMES if '"unknown"' in examples.content(name, "valid").decode()] == []


def test_a_changed_a_missing_and_a_superfluous_file_are_stale_until_written(tmp_path: Path) -> None:
    generation.write(tmp_path)
    changed = tmp_path / "schemas" / "shop.events" / "order.placed.v1.json"
    missing = tmp_path / "examples" / "shop.events" / "order.placed.v1.valid.json"
    superfluous = tmp_path / "schemas" / "shop.events" / "order.lost.v1.json"
    changed.write_text("{}")
    missing.unlink()
    superfluous.write_text("{}")

    assert set(generation.stale(tmp_path)) == {changed, missing, superfluous}
    assert set(generation.write(tmp_path)) == {changed, missing, superfluous}
    assert generation.stale(tmp_path) == []
    assert not superfluous.exists()


KEYWORDS = frozenset(
    {
        *("$schema", "$id", "$defs", "$ref", "$comment", "title", "description", "default", "type", "properties"),
        *("required", "items", "anyOf", "enum", "format", "pattern"),
        *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
    }
)
"""Keywords of JSON Schema: a strict compiler, such as Ajv, refuses any other."""


def keywords(schema: Any) -> Iterator[str]:
    """Yield the keywords of a schema, those of its parts included."""
    yield from schema
    for name in ("properties", "$defs"):
        for part in schema.get(name, {}).values():
            yield from keywords(part)
    for part in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])):
        yield from keywords(part)


@each_message
def test_a_strict_compiler_knows_every_keyword_of_a_schema(name: str) -> None:
    assert set(keywords(schema_of(name))) <= KEYWORDS
