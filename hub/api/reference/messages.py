"""What the page of the messages shows: topics with their messages, what stands in headers, and the types."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.topics import BY_NAME
from hub.api.reference.wording import Field, fields_of, slug

_CE: Final = "specversion id source type subject time dataschema correlationid causationid".split()
OF_ALL: Final = ("content-type", *(f"ce_{name}" for name in _CE), "traceparent")
"""Headers that every message has, told once."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a topic; `headers` are those that others lack."""

    anchor: str
    type: str
    summary: str
    text: str
    headers: Sequence[Field]
    fields: Sequence[Field]
    example: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic: who writes it, and what may be on it."""

    anchor: str
    name: str
    writer: str
    direction: str
    summary: str
    text: str
    messages: Sequence[Message]


def channels_of(document: Mapping[str, Any]) -> list[Channel]:
    """Return the topics that have messages of their own; dead letters are told with their topic."""
    return [
        Channel(
            slug(f"topic {name}"),
            name,
            BY_NAME[name].writer,
            BY_NAME[name].direction.value,
            channel["summary"],
            channel["description"],
            [_message(name, each, document) for each in channel["messages"]],
        )
        for name, channel in document["channels"].items()
        if name in BY_NAME
    ]


def headers_of_all(document: Mapping[str, Any]) -> list[Field]:
    """Return the headers that every message has."""
    first = next(iter(document["components"]["messages"].values()))["headers"]
    shown = {name: each for name, each in first["properties"].items() if name in OF_ALL}
    shown["ce_type"] = {"type": "string", "description": "The type, which says what the data are."}
    return fields_of({"properties": shown, "required": first["required"]})


def _message(topic: str, type_: str, document: Mapping[str, Any]) -> Message:
    told = document["components"]["messages"][f"{topic}.{type_}"]
    own = {name: each for name, each in told["headers"]["properties"].items() if name not in OF_ALL}
    return Message(
        slug(f"{topic} {type_}"),
        type_,
        told["summary"],
        told["description"],
        fields_of({"properties": own, "required": told["headers"]["required"]}),
        fields_of(document["components"]["schemas"][f"{topic}.{type_}"]),
        json.dumps(told["examples"][0]["payload"], indent=2, ensure_ascii=False),
    )
