"""Reasons are in the hub's own words: whatever is wrong with a record, nothing that its writer wrote is repeated."""

import json
from typing import Final

import pytest

from contracts import samples
from contracts.decoding import BrokenContract, decode
from contracts.message import Message
from contracts.topics import INBOUND, TOPICS, Topic
from tests.contracts.marked import MARK, marked

BROKEN: Final = (MARK, f"{MARK}\x00", MARK * 200, [MARK], {MARK: MARK}, [{MARK: MARK}], f"2026-03-14T09:26:53 {MARK}")
"""The mark in each way to break a contract; as a plain text some fields take it."""
CASES: Final = [
    pytest.param(topic, kind, id=f"{topic.name}-{kind.type()}") for topic in INBOUND for kind in topic.messages
]


def told(topic: Topic, headers: list[tuple[str, bytes | None]], value: bytes | None) -> str:
    """What is said of a record that can't be read; nothing of one that can."""
    try:
        decode(topic, topic.by_type, b"o-1", headers, value)
    except BrokenContract as broken:
        return f"{broken.code} {broken.detail} {broken} {broken!r} {broken.faults}"
    return ""


@pytest.mark.parametrize(("topic", "kind"), CASES)
def test_no_reason_repeats_a_value_of_the_data(topic: Topic, kind: type[Message]) -> None:
    headers: list[tuple[str, bytes | None]] = list(samples.event(topic, kind.type()).headers())
    refused = 0
    for content in marked(topic, kind, *BROKEN):
        why = told(topic, headers, content)
        refused += why != ""

        assert MARK not in why
    assert refused > 0 or not kind.declared.hints


ATTRIBUTES: Final = ("specversion", "id", "source", "type", "subject", "time", "dataschema", MARK.lower())
BYTES: Final = tuple(
    each.encode() if isinstance(each, str) else each
    for each in (MARK, MARK * 40, f"{MARK}\x00", f"{MARK} é", MARK.encode() + b"\xff", None)
)


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@pytest.mark.parametrize("value", BYTES)
def test_no_reason_repeats_an_attribute_of_binary_mode(attribute: str, value: bytes | None) -> None:
    topic = TOPICS[0]
    event_type = topic.messages[0].type()
    headers: dict[str, bytes | None] = dict(samples.event(topic, event_type).headers())
    headers[f"ce_{attribute}"] = value

    assert MARK.lower() not in told(topic, list(headers.items()), b"{}").lower()


@pytest.mark.parametrize("attribute", ATTRIBUTES)
@pytest.mark.parametrize("value", [MARK, MARK * 40, f"{MARK}\x00", f"{MARK}\ud800", [MARK], {MARK: MARK}, 4711.5])
def test_no_reason_repeats_an_attribute_of_structured_mode(attribute: str, value: object) -> None:
    topic = TOPICS[0]
    event = {"specversion": "1.0", "id": "e-1", "source": "/s", "type": topic.messages[0].type(), "data": {}}
    content = json.dumps(event | {attribute: value}).encode()

    assert MARK.lower() not in told(topic, [("content-type", b"application/cloudevents+json")], content).lower()


@pytest.mark.parametrize("content_type", [MARK, f"application/cloudevents+{MARK}", "application/cloudevents+json"])
@pytest.mark.parametrize("value", [MARK, f'{{"specversion": "{MARK}"}}', f'{{"a": {MARK}', f'["{MARK}"]', f'"{MARK}"'])
def test_no_reason_repeats_a_content_type_or_what_is_no_event(content_type: str, value: str) -> None:
    why = told(TOPICS[0], [("content-type", content_type.encode())], value.encode())

    assert why != ""
    assert MARK.lower() not in why.lower()
