"""The messages of the AsyncAPI document: what stands in their headers, who writes them, whether they may come again."""

import inspect
import json
from typing import Any, Final

from contracts import samples
from contracts.commands import Command
from contracts.envelope import MAX_ATTRIBUTE_BYTES, SPEC_VERSION, schema_url
from contracts.message import WHOSE, Event, Message, Request
from contracts.topics import COMMANDS, INTERNAL, Direction, Topic
from contracts.wire import HEADER_REPEAT, HEADER_TOKEN

BINDING: Final = "0.5.0"
REQUIRED: Final = ("ce_specversion", "ce_id", "ce_source", "ce_type")
TOKEN: Final = "eyJ2IjoxLCJzdWIiOiJsLm1hcmNoZXR0aSJ9.c2lnbmF0dXJl"  # noqa: S105 - of an example, good for nothing
_ANSWERS: Final = ("command.accepted", "command.rejected")


def message(topic: Topic, item: type[Message]) -> dict[str, Any]:
    """Return a message as the document has it, with an example as it really lies on its topic."""
    return {
        "name": item.type(),
        "title": item.type(),
        "summary": inspect.cleandoc(item.__doc__ or ""),  # Python 3.13 takes the indents out itself
        "description": " ".join(_described(topic, item)),
        "contentType": "application/json",
        "headers": _headers(topic, item),
        "payload": {"$ref": f"./{topic.name}/{item.type()}.json"},
        "correlationId": {"$ref": "#/components/correlationIds/order"},
        "tags": [{"name": topic.name}],
        "bindings": {"kafka": {"key": _key(topic), "bindingVersion": BINDING}},
        "examples": [
            {
                "name": "valid",
                "summary": "Every optional field given.",
                "headers": _example(topic, item),
                "payload": json.loads(json.dumps(samples.valid(topic, item.type()))),
            }
        ],
    }


def _described(topic: Topic, item: type[Message]) -> list[str]:
    told = [f"{item.name}, major version {item.major}, on {topic.name}."]
    if topic.direction is Direction.OUTBOUND:
        told.append("Its ce_id stays the same if the hub publishes it again after a crash: source and id name it.")
    elif topic is INTERNAL:
        told.append("Written by the hub alone, and signed by it.")
    else:
        told.append(f"Required of its writer are the headers {', '.join(_required(topic))}; ce_subject or the key.")
        told.append("Said again under the same source and id it changes nothing.")
    if issubclass(item, Request) and "request_id" in item.declared.hints:
        told.append("request_id is the idempotency key: if the same request comes again, do nothing twice, and answer.")
    if issubclass(item, Command):
        told.append("It is answered on the events of what it is about: command.accepted.v1 or command.rejected.v1.")
    return told


def _required(topic: Topic) -> tuple[str, ...]:
    return (*REQUIRED, HEADER_TOKEN) if topic is COMMANDS else REQUIRED


def _example(topic: Topic, item: type[Message]) -> dict[str, str]:
    headers = {name: content.decode() for name, content in samples.event(topic, item.type()).headers()}
    if topic.compacted:
        del headers["ce_time"]
    if topic is COMMANDS:
        headers[HEADER_TOKEN] = TOKEN
    if issubclass(item, Request):
        held = samples.valid(topic, item.type())
        headers |= {f"ce_{name}": held[name] for name in WHOSE if name in held}
    return headers


def _headers(topic: Topic, item: type[Message]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(_required(topic)),
        "properties": {
            "content-type": {"type": "string", "default": "application/json"},
            "ce_specversion": {"type": "string", "const": SPEC_VERSION},
            "ce_id": _bounded("Unique within its source: source and id together name the event."),
            "ce_source": _bounded("Who wrote it, e.g. /partners/north-warehouse."),
            "ce_type": {"type": "string", "const": item.type()},
            "ce_subject": _bounded(_subject(topic)),
            "ce_time": {"type": "string", "format": "date-time", "description": "When it happened, with an offset."},
            "ce_dataschema": {"type": "string", "format": "uri", "default": schema_url(topic.name, item.type())},
            "ce_correlationid": {"type": "string", "description": "The conversation: the order that it began with."},
            "ce_causationid": {"type": "string", "description": "The id of the event that caused this one."},
            "traceparent": {
                "type": "string",
                "description": "W3C trace context. What a record leads to at once belongs to the record's trace.",
            },
            **_own(topic, item),
        },
    }


def _own(topic: Topic, item: type[Message]) -> dict[str, Any]:
    """Return the headers that only some messages have."""
    found: dict[str, Any] = {}
    if topic is COMMANDS:
        found[HEADER_TOKEN] = {"type": "string", "description": "The signed token of its author: hub token create."}
    if issubclass(item, Event) and item.name in _ANSWERS:
        found[HEADER_REPEAT] = {"type": "string", "const": "true", "description": "A stored answer, given once more."}
    if issubclass(item, Request):
        found |= {
            f"ce_{name}": _bounded(f"The {name} that it is for, as in the data: filter by it without parsing.")
            for name in WHOSE
            if name in item.declared.hints
        }
    return found


def _subject(topic: Topic) -> str:
    if topic.direction is Direction.OUTBOUND:
        return "What it is about, as the key: an order's id, or <kind>:<id> of anything else."
    return "The order id; without it the key counts. ref: and a reference where the writer doesn't know the order."


def _bounded(description: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": MAX_ATTRIBUTE_BYTES, "description": description}


def _key(topic: Topic) -> dict[str, Any]:
    said = "The order id: all records of an order are in one partition, in their order."
    reference = " Or ref: and a reference, such as ref:1Z999AA1."
    return _bounded(said if topic.direction is Direction.OUTBOUND else said + reference)
