"""Dead letters in the AsyncAPI document: a record that breaks its contract, byte for byte, and why."""

from typing import Any, Final

from contracts.asyncapi_messages import BINDING
from contracts.topics import Topic

_BYTES: Final = {"type": "string", "format": "binary"}
_HEADERS: Final[dict[str, tuple[dict[str, str], str]]] = {
    "hub_failure_code": ({"type": "string"}, "Why, as a stable code: data_invalid, order_missing, id_reused, ..."),
    "kafka_dlt-exception-message": ({"type": "string"}, "Why, in words: JSON pointers to what breaks the contract."),
    "hub_retryable": ({"type": "string"}, "Whether the same record may do better if it is written again: false."),
    "kafka_dlt-original-topic": ({"type": "string"}, "The topic that it was written to."),
    "kafka_dlt-original-partition": (_BYTES, "Its partition there: 4 bytes, big-endian."),
    "kafka_dlt-original-offset": (_BYTES, "Its offset there: 8 bytes, big-endian."),
    "kafka_dlt-original-timestamp": (_BYTES, "Its append time in milliseconds since 1970: 8 bytes, big-endian."),
    "kafka_dlt-original-timestamp-type": ({"type": "string"}, "LogAppendTime."),
    "kafka_dlt-original-consumer-group": ({"type": "string"}, "The hub's consumer group."),
    "kafka_dlt-exception-fqcn": ({"type": "string"}, "The code as a class name, for tools that group by it."),
    "hub_value_withheld": ({"type": "string"}, "There where the value was too large to be written again."),
}
_OPTIONAL: Final = ("hub_value_withheld",)


def channel(topic: Topic) -> dict[str, Any]:
    """Return the channel of a topic's dead letters."""
    return {
        "address": topic.dead_letters,
        "title": topic.dead_letters,
        "summary": f"Records of {topic.name} that break their contract.",
        "description": (
            f"Key, value and headers as the {topic.writer} wrote them, but for a token; the reason in further headers. "
            "Whoever writes the topic should read this one: nothing else tells that a record wasn't taken."
        ),
        "messages": {"deadLetter": _letter(topic)},
        "tags": [{"name": topic.name}, {"name": "dead letters"}],
        "bindings": {"kafka": {"topic": topic.dead_letters, "bindingVersion": BINDING}},
    }


def operation(topic: Topic) -> dict[str, Any]:
    """Return the operation by which the hub writes a topic's dead letters."""
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic.dead_letters}"},
        "title": f"Send {topic.dead_letters}",
        "summary": f"The hub writes {topic.dead_letters}.",
        "tags": [{"name": topic.name}],
        "messages": [{"$ref": f"#/channels/{topic.dead_letters}/messages/deadLetter"}],
        "bindings": {"kafka": {"bindingVersion": BINDING}},
    }


def _letter(topic: Topic) -> dict[str, Any]:
    headers = {name: {**kind, "description": said} for name, (kind, said) in _HEADERS.items()}
    return {
        "name": "deadLetter",
        "title": f"A dead letter of {topic.name}",
        "summary": "A record that breaks its contract, and why.",
        "headers": {
            "type": "object",
            "required": [name for name in _HEADERS if name not in _OPTIONAL],
            "properties": headers,
        },
        "payload": {"description": "The value as it was written, whatever it is."},
        "bindings": {"kafka": {"bindingVersion": BINDING}},
    }
