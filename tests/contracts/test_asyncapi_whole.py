"""The AsyncAPI document that the API serves is valid, and whole: every reference leads to a place in it."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts import asyncapi, asyncapi_whole, samples, shapes
from contracts.asyncapi_whole import SchemasDiffer
from contracts.topics import TOPICS


def test_it_is_valid_and_each_reference_leads_into_it() -> None:
    told = asyncapi_whole.document()
    text = json.dumps(told)
    leads = {each.split('"')[0] for each in text.split('"$ref": "')[1:]}

    assert asyncapi.faults(told) == []
    assert "$defs" not in text
    assert len(leads) > 100
    for lead in leads:
        place: Any = told
        for step in lead.removeprefix("#/").split("/"):
            place = place[step]


def test_the_schemas_in_it_take_the_examples_as_those_in_their_files_do() -> None:
    told = asyncapi_whole.document()
    for topic in TOPICS:
        for name in topic.by_type:
            schema = {**told["components"]["schemas"][f"{topic.name}.{name}"], "components": told["components"]}
            broken, _ = samples.invalid(topic, name)

            assert Draft202012Validator(schema).is_valid(samples.valid(topic, name))
            assert Draft202012Validator(schema).is_valid(broken) is Draft202012Validator(
                shapes.schema(topic, topic.by_type[name])
            ).is_valid(broken)


def test_parts_of_one_name_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {f"t/{n}.v1.json": {"$defs": {"Part": {"type": kind}}} for n, kind in enumerate(("string", "object"))}
    monkeypatch.setattr(shapes, "schemas", lambda: odd)

    with pytest.raises(SchemasDiffer, match="Two messages have a part Part"):
        asyncapi_whole.document.__wrapped__()
