"""The AsyncAPI 3.0 document: servers, channels, operations and messages, as the hub sees them."""

import json
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from contracts import samples
from contracts.envelope import MAX_ATTRIBUTE_BYTES, SCHEMA_BASE, SPEC_VERSION, schema_url
from contracts.message import Message
from contracts.topics import TOPICS, Direction, Topic

VERSION: Final = "1.0.0"
"""The version of the contracts as a whole: raised when messages are added."""
BINDING: Final = "0.5.0"
GROUP: Final = "hub"
"""The consumer group under which the hub commits its offsets, where nothing else is configured."""
OFFICIAL: Final = Path(__file__).parent / "schemas" / "official" / "asyncapi-3.0.0.json"
SECURITY: Final = {
    "scram": {"type": "scramSha512", "description": "SASL/SCRAM-SHA-512: one user per partner."},
    "oauth": {
        "type": "oauth2",
        "description": "SASL/OAUTHBEARER with client credentials.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "https://login.fulfilment-hub.example/token",
                "availableScopes": {"messages": "Read and write the partner's own topics."},
            }
        },
    },
    "certificate": {"type": "X509", "description": "Mutual TLS: the certificate's subject is the partner."},
}


def document() -> dict[str, Any]:
    """Return the document; messages are named `<topic>.<type>`, since a type may live on two topics."""
    return {
        "asyncapi": "3.0.0",
        "id": f"{SCHEMA_BASE}/asyncapi.json",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {name: operation for topic in TOPICS for name, operation in _operations(topic).items()},
        "components": {
            "messages": {_name(topic, item): _message(topic, item) for topic in TOPICS for item in topic.messages},
            "securitySchemes": SECURITY,
            "correlationIds": {"order": _correlation()},
        },
    }


def faults(content: dict[str, Any]) -> list[tuple[str, str]]:
    """Return where and how a document breaks the official schema of AsyncAPI 3.0.0."""
    validator = Draft7Validator(json.loads(OFFICIAL.read_bytes()))
    found = (best_match([error]) or error for error in validator.iter_errors(content))
    return [("".join(f"/{step}" for step in error.absolute_path), error.message[:200]) for error in found]


def _info() -> dict[str, Any]:
    return {
        "title": "Fulfilment hub",
        "version": VERSION,
        "description": (
            "What shops, payment and fraud services, warehouses, the reorder desk, carriers and CSR tools exchange "
            "with the hub. Records are CloudEvents in Kafka's binary mode, keyed by order id; structured mode is read "
            "too. Readers ignore fields that they don't know; within a major version of a type every change is "
            "compatible both ways."
        ),
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        "tags": [{"name": topic.name, "description": topic.summary} for topic in TOPICS],
    }


def _servers() -> dict[str, Any]:
    broker = {"host": "{host}:{port}"}
    return {
        "production": broker
        | {
            "protocol": "kafka-secure",
            "description": "SASL over TLS: SCRAM-SHA-512 or OAUTHBEARER.",
            "variables": _place("kafka.fulfilment-hub.example", "9093"),
            "security": [_reference("securitySchemes/scram"), _reference("securitySchemes/oauth")],
        },
        "production-mtls": broker
        | {
            "protocol": "kafka-secure",
            "description": "Mutual TLS.",
            "variables": _place("kafka.fulfilment-hub.example", "9094"),
            "security": [_reference("securitySchemes/certificate")],
        },
        "local": broker
        | {
            "protocol": "kafka",
            "description": "The embedded broker of a development machine: plain text, on loopback alone.",
            "variables": _place("127.0.0.1", "9092"),
        },
    }


def _place(host: str, port: str) -> dict[str, Any]:
    return {
        "host": {"default": host, "description": "A bootstrap server."},
        "port": {"default": port, "description": "Its listener."},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "title": topic.name,
        "summary": topic.summary,
        "description": _channel_text(topic),
        "messages": {item.type(): _reference(f"messages/{_name(topic, item)}") for item in topic.messages},
        "tags": [{"name": topic.name}, {"name": topic.direction.value}],
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "topicConfiguration": {
                    "cleanup.policy": ["compact"] if topic.compacted else ["delete"],
                    "max.message.bytes": topic.max_bytes,
                },
                "bindingVersion": BINDING,
            }
        },
    }


def _channel_text(topic: Topic) -> str:
    place = "The partition is murmur2(order id) modulo the number of partitions, as Kafka's own clients choose it"
    if topic.direction is Direction.OUTBOUND:
        return f"Written by the hub in transactions: read it with isolation.level=read_committed. {place}."
    written = f"Written by the {topic.writer}. {place}; the topic has as many partitions as the hub has shards."
    return f"{written} Records that break their contract go to {topic.dead_letters}, byte for byte."


def _operations(topic: Topic) -> dict[str, Any]:
    noun = "".join(part.capitalize() for part in topic.name.replace("-", ".").split("."))
    found: dict[str, Any] = {}
    if topic.direction is not Direction.OUTBOUND:
        found[f"receive{noun}"] = _operation(topic, "receive", f"The hub reads {topic.name}.")
    if topic.direction is not Direction.INBOUND:
        found[f"send{noun}"] = _operation(topic, "send", f"The hub writes {topic.name}.")
    return found


def _operation(topic: Topic, action: str, summary: str) -> dict[str, Any]:
    binding: dict[str, Any] = {"bindingVersion": BINDING}
    if action == "receive":
        described = "The default; it names the committed offsets, the hub assigns its partitions itself."
        binding = {"groupId": {"type": "string", "default": GROUP, "description": described}} | binding
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "title": f"{action.capitalize()} {topic.name}",
        "summary": summary,
        "description": topic.summary,
        "tags": [{"name": topic.name}],
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{item.type()}"} for item in topic.messages],
        "bindings": {"kafka": binding},
    }


def _message(topic: Topic, item: type[Message]) -> dict[str, Any]:
    envelope = samples.event(topic, item.type())
    headers = {name: content.decode() for name, content in envelope.headers()}
    return {
        "name": item.type(),
        "title": item.type(),
        "summary": (item.__doc__ or "").strip(),
        "description": f"{item.name}, major version {item.major}, on {topic.name}. Required of its writer are the "
        "headers ce_specversion, ce_id, ce_source and ce_type.",
        "contentType": "application/json",
        "headers": _headers(topic, item),
        "payload": {"$ref": f"./{topic.name}/{item.type()}.json"},
        "correlationId": _reference("correlationIds/order"),
        "tags": [{"name": topic.name}],
        "bindings": {"kafka": {"key": _key(), "bindingVersion": BINDING}},
        "examples": [
            {
                "name": "valid",
                "summary": "Every optional field given.",
                "headers": headers,
                "payload": json.loads(json.dumps(samples.valid(topic, item.type()))),
            }
        ],
    }


def _headers(topic: Topic, item: type[Message]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
        "properties": {
            "content-type": {"type": "string", "default": "application/json"},
            "ce_specversion": {"type": "string", "const": SPEC_VERSION},
            "ce_id": _bounded("Unique within its source: source and id together name the event."),
            "ce_source": _bounded("Who wrote it, e.g. /partners/north-warehouse."),
            "ce_type": {"type": "string", "const": item.type()},
            "ce_subject": _bounded("The order id, or ref: and a reference where the writer doesn't know the order."),
            "ce_time": {"type": "string", "format": "date-time", "description": "When it happened, with an offset."},
            "ce_dataschema": {"type": "string", "format": "uri", "default": schema_url(topic.name, item.type())},
            "ce_correlationid": {"type": "string", "description": "The conversation: the order that it began with."},
            "ce_causationid": {"type": "string", "description": "The id of the event that caused this one."},
            "traceparent": {"type": "string", "description": "W3C trace context."},
        },
    }


def _bounded(description: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": MAX_ATTRIBUTE_BYTES, "description": description}


def _key() -> dict[str, Any]:
    return _bounded("The order id: all records of an order are in one partition, in their order.")


def _correlation() -> dict[str, Any]:
    return {"location": "$message.header#/ce_correlationid", "description": "The order that the conversation is about."}


def _name(topic: Topic, item: type[Message]) -> str:
    return f"{topic.name}.{item.type()}"


def _reference(path: str) -> dict[str, str]:
    return {"$ref": f"#/components/{path}"}
