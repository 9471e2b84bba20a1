"""Links of the OpenAPI document lead from what an answer has to what a route asks for, and every route is reached."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from hub.api.application import application
from hub.api.links import SOURCES
from hub.settings import Settings

NAMED_OTHERWISE = {"{topic}", "{process}", "{source}", "{type}", "{seq}", "{problem}", "{job}"}
"""What people know without having been told: names of topics, types and sources; what counts from one; an error."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return application(Settings()).openapi()


def alternatives(schema: dict[str, Any], document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas that a value may follow."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        yield from alternatives(document["components"]["schemas"][name], document)
    elif "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from alternatives(each, document)
    else:
        yield schema


def found(schema: dict[str, Any], pointer: str, document: dict[str, Any]) -> bool:
    """Whether values of a schema have something at a pointer."""
    if not pointer:
        return True
    part, _, rest = pointer.partition("/")
    for each in alternatives(schema, document):
        inner = each.get("items") if part.isdigit() else each.get("properties", {}).get(part)
        if inner is None and each.get("additionalProperties") is True:
            return True  # an object of the contracts, which their own schema describes
        if inner is not None and found(inner, rest, document):
            return True
    return False


@pytest.mark.parametrize("source", SOURCES, ids=" ".join)
def test_an_answer_has_what_its_links_take_from_it(source: tuple[str, str, str], document: dict[str, Any]) -> None:
    method, path, status = source
    answer = document["paths"][path][method.lower()]["responses"][status]
    schema = answer["content"]["application/json"]["schema"]

    missing = [pointer for pointer in SOURCES[source].values() if not found(schema, pointer, document)]

    assert missing == []
    assert answer["links"]


def test_every_route_is_reached_by_a_link_or_named_by_what_people_know(document: dict[str, Any]) -> None:
    linked = {
        link["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    }
    lonely = [
        (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if (parts := set(re.findall(r"\{\w+\}", path)))
        and not parts & NAMED_OTHERWISE
        and operation["operationId"] not in linked
    ]

    assert lonely == []
