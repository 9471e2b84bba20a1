"""The JSON Schema of every message, made from its model: what a partner writes, and what the hub promises to write."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from contracts.envelope import schema_url
from contracts.judging import model
from contracts.message import Message
from contracts.topics import TOPICS, Topic

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
READS_UNKNOWN: Final = "Readers take a word that they don't know for `unknown`; writers never send that word."
"""Marks an enumeration, as a comment: a keyword of our own would be an error to strict compilers of schemas."""
_MARKED: Final = "x-reads-unknown"
"""How such an enumeration was marked in release 1.0."""


class _Published(GenerateJsonSchema):
    """Schemas as writers should read them: closed enumerations, no titles made of field names, no null defaults."""

    schema_dialect = DIALECT

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        published = super().enum_schema(schema)
        if "unknown" in published.get("enum", ()):
            published["enum"] = [word for word in published["enum"] if word != "unknown"]
            published["$comment"] = READS_UNKNOWN
        return published

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        published = super().default_schema(schema)
        if published.get("default", ...) is None:
            published.pop("default")
        return published

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def reads_unknown(schema: Mapping[str, Any]) -> bool:
    """Tell whether a schema is one of an enumeration whose readers take a word they don't know for `unknown`."""
    return schema.get("$comment") == READS_UNKNOWN or _MARKED in schema


@cache
def schema(topic: Topic, message: type[Message]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a message's data on a topic; it is shared, so don't change it."""
    body = model(message).model_json_schema(schema_generator=_Published)
    head = {"$schema": DIALECT, "$id": schema_url(topic.name, message.type()), "title": message.type()}
    return head | {name: content for name, content in body.items() if name != "title"}


def schemas() -> dict[str, dict[str, Any]]:
    """Return every schema by its path, `<topic>/<type>.json`."""
    return {
        f"{topic.name}/{message.type()}.json": schema(topic, message) for topic in TOPICS for message in topic.messages
    }


def resolve(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with its reference followed, and without the null of an optional field."""
    if "anyOf" in schema:
        given = [option for option in schema["anyOf"] if option.get("type") != "null"]
        return {**resolve(given[0], definitions), **{k: v for k, v in schema.items() if k != "anyOf"}}
    if "$ref" in schema:
        named = definitions[schema["$ref"].rsplit("/", 1)[-1]]
        return {**resolve(named, definitions), **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


def alternatives(pattern: str) -> list[str]:
    """Return the words of a pattern that only lists words, such as `^(one|two)$`."""
    return pattern[2:-2].split("|") if pattern.startswith("^(") and pattern.endswith(")$") else []
