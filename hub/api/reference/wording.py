"""Schemas in words: what a value may be, part by part, each with the anchor of what it leads to."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]
Said = tuple[str, str | None]
"""Some words, and the anchor of the type that they name."""

BOUNDS: Final = (
    ("minLength", "maxLength", "characters"),
    ("minItems", "maxItems", "items"),
    ("minimum", "maximum", ""),
)
OPEN_WORDS: Final = re.compile(r"\^\(([\w|-]+)\)\$")
"""A pattern that only lists words."""


@dataclass(frozen=True, slots=True)
class Field:
    """A member or a parameter: its name, whether it has to be given, what it may be, and what it means."""

    name: str
    required: bool
    said: Sequence[Said]
    text: str = ""
    default: str | None = None
    place: str = ""


def anchor_of(name: str) -> str:
    """Return the anchor of a type."""
    return f"type-{name}"


def slug(text: str) -> str:
    """Return a text as a part of an address: its letters and digits, with dashes between."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def said(schema: Schema) -> list[Said]:
    """Return what a value may be."""
    options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return [(name, anchor_of(name))]
    if options:
        return _joined([said(each) for each in options])
    if schema.get("type") == "array":
        return [("list of ", None), *said(schema.get("items", {})), *_bounds(schema)]
    if isinstance(schema.get("type"), list):
        return [(" or ".join(schema["type"]), None), *_bounds(schema)]
    return [*_scalar(schema), *_bounds(schema)]


def _joined(options: Sequence[list[Said]]) -> list[Said]:
    found: list[Said] = []
    for each in options:
        found += [(" or ", None), *each] if found else each
    return found


def _scalar(schema: Schema) -> list[Said]:
    words = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    listed = OPEN_WORDS.fullmatch(schema.get("pattern", ""))
    if listed:
        words = listed[1].split("|")
    if words:
        return [("one of " if len(words) > 1 else "always ", None), (", ".join(map(str, words)), None)]
    kind = str(schema.get("type", "anything"))
    values = schema.get("additionalProperties")
    if kind == "object" and isinstance(values, Mapping) and values:
        return [("object of ", None), *said(values)]
    return [(f"{kind} ({schema['format']})" if "format" in schema else kind, None)]


def _bounds(schema: Schema) -> list[Said]:
    found: list[Said] = []
    for least, most, unit in BOUNDS:
        low, high = schema.get(least), schema.get(most)
        if low is None and high is None:
            continue
        span = (
            f"{low} to {high}" if None not in (low, high) else f"at least {low}" if high is None else f"at most {high}"
        )
        found.append((f", {span} {unit}".rstrip(), None))
    return found


def fields_of(schema: Schema) -> list[Field]:
    """Return the members of an object."""
    needed = schema.get("required", ())
    return [
        Field(name, name in needed, said(each), each.get("description", ""), default_of(each))
        for name, each in schema.get("properties", {}).items()
    ]


def default_of(schema: Schema) -> str | None:
    """Return what a value is where it is left out, as JSON has it; None where that is nothing."""
    default = schema.get("default")
    return None if default in (None, [], {}) else default if isinstance(default, str) else json.dumps(default)
