"""The AsyncAPI document is valid by the official schema and complete."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import asyncapi, generation, shapes, validation
from contracts.message import WHOSE, Request
from contracts.topics import COMMANDS, INBOUND, OUTBOUND, TOPICS, Direction, Topic
from contracts.wire import Record
from domain.aggregates import KINDS
from domain.orders.commands import TABLE
from producers.dead_letters import dead_letter
from producers.messages import TIMERS

DOCUMENT: dict[str, Any] = json.loads((generation.FOLDER / "schemas" / "asyncapi.json").read_bytes())
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]
OPERATIONS: list[dict[str, Any]] = list(DOCUMENT["operations"].values())


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


@pytest.mark.parametrize("topic", INBOUND, ids=lambda topic: topic.name)
def test_dead_letters_are_a_channel_that_says_where_the_reason_stands(topic: Topic) -> None:
    letters = DOCUMENT["channels"][topic.dead_letters]
    headers = letters["messages"]["deadLetter"]["headers"]
    record = Record(topic.name, 3, 7, b"o-1", (("hub-token", b"secret"),), b"{", 1)
    written = dead_letter(record, "data_invalid", "/reason: wrong", "hub", 3)

    assert {name for name, _ in written.headers} - {"hub-token"} == set(headers["required"])
    assert set(headers["required"]) < set(headers["properties"])
    assert any(each["channel"] == {"$ref": f"#/channels/{topic.dead_letters}"} for each in OPERATIONS)


def test_a_command_needs_its_token() -> None:
    for name, message in MESSAGES.items():
        needs = "hub-token" in message["headers"]["required"]
        assert needs == name.startswith("hub.commands."), name
        assert needs == ("hub-token" in message["examples"][0]["headers"]), name


@pytest.mark.rule("O-75")
def test_a_request_has_headers_by_which_it_is_found() -> None:
    for topic in OUTBOUND:
        for item in topic.messages:
            if issubclass(item, Request):
                message = MESSAGES[f"{topic.name}.{item.type()}"]
                example = message["examples"][0]
                for name in WHOSE:
                    assert (f"ce_{name}" in message["headers"]["properties"]) == (name in item.declared.hints)
                    assert example["headers"].get(f"ce_{name}") == example["payload"].get(name)


@pytest.mark.parametrize("topic", OUTBOUND, ids=lambda topic: topic.name)
def test_an_example_of_what_the_hub_writes_comes_from_where_it_really_comes_from(topic: Topic) -> None:
    sources = {kind.source for kind in KINDS.by_name.values()} | {TIMERS}
    for item in topic.messages:
        headers = MESSAGES[f"{topic.name}.{item.type()}"]["examples"][0]["headers"]
        assert headers["ce_source"] in sources
        assert headers["ce_id"].startswith(f"{headers['ce_subject']}:")
        assert ("ce_time" in headers) != topic.compacted


def test_whatever_is_asked_says_whether_it_may_come_again() -> None:
    for topic in OUTBOUND:
        for item in topic.messages:
            if "request_id" in item.declared.hints and issubclass(item, Request):
                assert "idempotency key" in MESSAGES[f"{topic.name}.{item.type()}"]["description"]


def test_a_reason_that_means_something_is_told_in_the_schema() -> None:
    for row in TABLE:
        told = json.dumps(shapes.schema(COMMANDS, row.kind))
        assert all(f"`{reason}`" in told for reason in row.reasons), row.name


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for part in node.values() for found in references(part)]
    return [found for part in node for found in references(part)] if isinstance(node, list) else []


def test_no_text_hangs_on_how_a_docstring_is_indented() -> None:
    """Python 3.13 takes the indents out of docstrings: what is published must be the same on every version."""
    published = [json.loads(content) for content in generation.documents().values()]

    indented = [text for text in _texts(published) if text != inspect.cleandoc(text)]

    assert indented == []


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for name, held in found.items():
            if name in ("description", "summary") and isinstance(held, str):
                yield held
            yield from _texts(held)
    elif isinstance(found, list):
        for each in found:
            yield from _texts(each)
