"""The AsyncAPI 3.0 document: servers, channels, operations and messages, as the hub sees them."""

import json
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from contracts import asyncapi_dead_letters as letters
from contracts.asyncapi_messages import BINDING, message
from contracts.envelope import SCHEMA_BASE
from contracts.message import Message
from contracts.topics import INBOUND, TOPICS, Direction, Topic

VERSION: Final = "1.0.0"
"""The version of the contracts as a whole: raised when messages are added."""
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
        "channels": {topic.name: _channel(topic) for topic in TOPICS}
        | {topic.dead_letters: letters.channel(topic) for topic in INBOUND},
        "operations": {name: operation for topic in TOPICS for name, operation in _operations(topic).items()}
        | {_noun("send", topic.dead_letters): letters.operation(topic) for topic in INBOUND},
        "components": {
            "messages": {_name(topic, item): message(topic, item) for topic in TOPICS for item in topic.messages},
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
            "too, under a content-type that begins with application/cloudevents+json. Readers ignore fields that they "
            "don't know; within a major version of a type every change is compatible both ways. A field that isn't "
            "required may be left out or null, which is the same, and then holds its default. The hub reads records "
            "that are compressed with gzip, snappy, lz4 or zstd, and writes zstd where nothing else is set. What "
            "breaks its contract is in the topic's dead letters, `<topic>.dlt`, with the reason in headers. A few "
            "names are a fact that a partner tells and an event that the hub tells of it, on two topics: "
            "return.received, refund.executed and refund.failed; refund.requested is an event and a request."
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
    found: dict[str, Any] = {}
    if topic.direction is not Direction.OUTBOUND:
        found[_noun("receive", topic.name)] = _operation(topic, "receive", f"The hub reads {topic.name}.")
    if topic.direction is not Direction.INBOUND:
        found[_noun("send", topic.name)] = _operation(topic, "send", f"The hub writes {topic.name}.")
    return found


def _noun(action: str, topic: str) -> str:
    return action + "".join(part.capitalize() for part in topic.replace("-", ".").split("."))


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


def _correlation() -> dict[str, Any]:
    return {"location": "$message.header#/ce_correlationid", "description": "The order that the conversation is about."}


def _name(topic: Topic, item: type[Message]) -> str:
    return f"{topic.name}.{item.type()}"


def _reference(path: str) -> dict[str, str]:
    return {"$ref": f"#/components/{path}"}
