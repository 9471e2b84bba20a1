"""Examples of bodies: valid by their schemas, with as little in them as may be."""

import re
from collections.abc import Mapping
from typing import Any, Final

from contracts import samples, shapes
from contracts.topics import COMMANDS
from hub.api.acts import TABLE

Schema = Mapping[str, Any]
ACTS: Final = {(row.method, f"/v1{row.path}"): row for row in TABLE}
TELLING: Final = ("reason", "why")
"""Members that stand in an example though they might be left out: people should know of them."""
MOMENT: Final = "2026-11-29T12:00:00Z"
LIKELY: Final = {
    "url": "https://tool.example/hook",
    "source": "/shops/lille",
    "topics": ["shop.events"],
    "why": "the warehouse asked for it",
    "type": "order.created.v1",
    "order": "W-4018227",
    "policy": {"availability_answer": "PT4H"},
    "since": "2026-11-29T11:00:00Z",
    "query": "store=lille&overdue=true",
}
"""What says more than what could be made up."""
TEXTS: Final = ("example", "1", "EUR", "FR", "x")
EVENT: Final = {"specversion": "1.0", "id": "e-1", "source": "/shops/lille", "type": "cancellation.requested.v1"} | {
    "subject": "o-1",
    "datacontenttype": "application/json",
    "data": {"reason": "customer_choice"},
}
CLOUD_EVENTS: Final = frozenset({"/v1/events", "/v1/contracts/validate"})


class NoExample(Exception):
    """Nothing was found that {schema} takes: name one in LIKELY or TEXTS of hub/api/reference/examples.py."""

    def __init__(self, schema: Schema) -> None:
        super().__init__((self.__doc__ or "").format(schema=schema))


def body_of(method: str, path: str, schema: Schema, named: Schema) -> Any:
    """Return an example of a route's body; raises NoExample."""
    if path in CLOUD_EVENTS:
        return EVENT
    schema = _followed(schema, named)
    row = ACTS.get((method, path))
    if row is None:
        return _value("", schema, named)
    schema = schema.get("anyOf", [schema])[0]
    whole = {"order": LIKELY["order"], **samples.valid(COMMANDS, row.command.type())}
    shown = [*schema.get("required", ()), *(name for name in TELLING if name in schema.get("properties", {}))]
    return {name: whole[name] for name in dict.fromkeys(shown)}


def _followed(schema: Schema, named: Schema) -> Schema:
    while "$ref" in schema:
        schema = named[schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def _value(name: str, schema: Schema, named: Schema) -> Any:
    schema = _followed(schema, named)
    if "anyOf" in schema:
        schema = _followed(next(each for each in schema["anyOf"] if each.get("type") != "null"), named)
    if name in LIKELY and _is_likely(name, schema):
        return LIKELY[name]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return _object(schema, named)
        case "array":
            return [_value(name, schema["items"], named)]
        case "boolean":
            return True
        case "integer" | "number":
            return schema.get("minimum", 1)
        case _:
            return _text(schema)


def _is_likely(name: str, schema: Schema) -> bool:
    return isinstance(LIKELY[name], list) == (schema.get("type") == "array")


def _object(schema: Schema, named: Schema) -> dict[str, Any]:
    properties = schema.get("properties", {})
    shown = schema.get("required", ()) or [name for name in TELLING if name in properties] or list(properties)[:1]
    return {name: _value(name, properties[name], named) for name in shown}


def _text(schema: Schema) -> str:
    if schema.get("format") == "date-time":
        return MOMENT
    pattern, least, most = schema.get("pattern", ""), schema.get("minLength", 0), schema.get("maxLength", 1000)
    for each in (*shapes.alternatives(pattern), *TEXTS):
        if re.search(pattern, each) and least <= len(each) <= most:
            return each
    raise NoExample(schema)
