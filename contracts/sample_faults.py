"""The ways to break an example: each invalid example has one known fault."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from contracts.declaring import LABEL
from contracts.shapes import alternatives, reads_unknown, resolve


class FaultKind(IntEnum):
    """How a value breaks its contract; an invalid example has the first kind that its message allows."""

    NEGATIVE = 0
    WORD = 1
    TIME = 2
    BELOW_MINIMUM = 3
    SPACE = 4
    NUL = 5
    TYPE = 6


@dataclass(frozen=True, slots=True)
class Fault:
    """A value that breaks its contract, and the path to its field."""

    kind: FaultKind
    path: tuple[str | int, ...]
    value: object


def faults(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], value: Any, path: tuple[str | int, ...] = ()
) -> Iterator[Fault]:
    """Yield every way to break one field of a valid value."""
    schema = resolve(schema, definitions)
    match schema.get("type"):
        case "object":
            for name, part in schema["properties"].items():
                yield from faults(part, definitions, value[name], (*path, name))
        case "array":
            yield from faults(schema["items"], definitions, value[0], (*path, 0))
        case "boolean":
            yield Fault(FaultKind.TYPE, path, "yes")
        case "integer":
            negative = path[-1] in {"amount", "quantity"}
            kind = FaultKind.NEGATIVE if negative else FaultKind.BELOW_MINIMUM
            yield Fault(kind, path, schema.get("minimum", 0) - 1)
        case _:
            yield _text_fault(schema, str(value), path)


def _text_fault(schema: Mapping[str, Any], value: str, path: tuple[str | int, ...]) -> Fault:
    pattern = schema.get("pattern", "")
    if reads_unknown(schema):
        return Fault(FaultKind.TYPE, path, 7)
    if "enum" in schema or alternatives(pattern):
        return Fault(FaultKind.WORD, path, "something_else")
    if schema.get("format") == "date-time":
        return Fault(FaultKind.TIME, path, "2026-03-14T09:26:53")
    if pattern and "x00" not in pattern:
        return Fault(FaultKind.SPACE, path, f" {value}" if pattern == LABEL else f"{value} ")
    return Fault(FaultKind.NUL, path, f"{value}\x00")
