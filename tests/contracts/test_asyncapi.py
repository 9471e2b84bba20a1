"""The AsyncAPI document is valid by the official schema and complete."""

import json
from typing import Any

import pytest

from contracts import asyncapi, generation, validation
from contracts.topics import TOPICS, Direction, Topic

DOCUMENT: dict[str, Any] = json.loads((generation.FOLDER / "schemas" / "asyncapi.json").read_bytes())


def test_the_document_keeps_the_official_schema() -> None:
    assert asyncapi.faults(DOCUMENT) == []


def test_a_document_that_breaks_the_official_schema_is_told() -> None:
    broken = {**DOCUMENT, "operations": {"receiveShopEvents": {"action": "listen"}}}

    assert asyncapi.faults(broken)


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        if reference.startswith("./"):
            assert (generation.FOLDER / "schemas" / reference).is_file()
        else:
            place: Any = DOCUMENT
            for step in reference.removeprefix("#/").split("/"):
                place = place[step]


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_is_a_channel_with_its_messages_and_the_operations_of_its_direction(topic: Topic) -> None:
    channel = DOCUMENT["channels"][topic.name]
    actions = {
        operation["action"]
        for operation in DOCUMENT["operations"].values()
        if operation["channel"]["$ref"] == f"#/channels/{topic.name}"
    }

    assert channel["address"] == topic.name
    assert set(channel["messages"]) == set(topic.by_type)
    assert channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] == [
        "compact" if topic.compacted else "delete"
    ]
    assert (
        actions
        == {
            Direction.INBOUND: {"receive"},
            Direction.OUTBOUND: {"send"},
            Direction.INTERNAL: {"receive", "send"},
        }[topic.direction]
    )


@pytest.mark.parametrize("name", DOCUMENT["components"]["messages"])
def test_a_message_has_an_example_whose_headers_keep_their_schema(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    example = message["examples"][0]

    assert validation.schema_faults(message["headers"], example["headers"]) == []
    assert example["headers"]["ce_type"] == message["name"]
    assert message["correlationId"] == {"$ref": "#/components/correlationIds/order"}
    assert message["bindings"]["kafka"]["key"]["type"] == "string"


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for part in node.values() for found in references(part)]
    return [found for part in node for found in references(part)] if isinstance(node, list) else []
