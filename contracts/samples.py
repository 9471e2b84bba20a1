"""Examples of every message: a valid one, and one with a single, known fault."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from contracts import shapes
from contracts.envelope import Envelope, schema_url
from contracts.internal import TimerDue
from contracts.sample_faults import faults
from contracts.sample_values import MOMENT, ORDER_ID, VALUES
from contracts.shapes import alternatives, resolve
from contracts.topics import CATALOGUE_EVENTS, CATALOGUE_STATUS, TOPICS, Direction, Topic

FAULTS: Final = "faults.json"
"""The file that names the field at fault in each invalid example, by `<topic>/<type>`."""


def valid(topic: Topic, event_type: str) -> Any:
    """Return the data of a valid message; every optional field is given."""
    schema = shapes.schema(topic, topic.by_type[event_type])
    return _Sample(event_type, schema.get("$defs", {})).value(schema, ())


def invalid(topic: Topic, event_type: str) -> tuple[Any, str]:
    """Return the data of a message with one fault, and the JSON pointer to it."""
    schema = shapes.schema(topic, topic.by_type[event_type])
    data = valid(topic, event_type)
    fault = min(faults(schema, schema.get("$defs", {}), data), key=lambda each: each.kind)
    place = data
    for step in fault.path[:-1]:
        place = place[step]
    place[fault.path[-1]] = fault.value
    return data, "/" + "/".join(map(str, fault.path))


def event(topic: Topic, event_type: str) -> Envelope:
    """Return the envelope of an example: its id and source are made as on the real topic."""
    return Envelope(
        id=_id(topic, event_type),
        source=_source(topic, event_type),
        type=event_type,
        subject=ORDER_ID,
        time=datetime(2026, 3, 14, 9, 26, 53, 589_000, tzinfo=UTC),
        dataschema=schema_url(topic.name, event_type),
        extensions={"correlationid": ORDER_ID},
    )


def _id(topic: Topic, event_type: str) -> str:
    if topic.direction is Direction.INBOUND:
        return str(uuid5(NAMESPACE_URL, schema_url(topic.name, event_type)))
    if event_type == TimerDue.type():
        return f"{ORDER_ID}:timer:{VALUES['timer_id']}:1773739613589"
    return f"{ORDER_ID}:7:status" if topic.compacted else f"{ORDER_ID}:7:0"


def _source(topic: Topic, event_type: str) -> str:
    if topic.direction is Direction.INBOUND:
        return f"/partners/{topic.writer.replace(' ', '-')}"
    if event_type == TimerDue.type():
        return "/hub/timers"
    return "/hub/wordlists" if topic in (CATALOGUE_EVENTS, CATALOGUE_STATUS) else "/hub/orders"


def files() -> dict[str, object]:
    """Return every published example by its path, and the table of faults."""
    found: dict[str, object] = {}
    pointers: dict[str, str] = {}
    for topic in TOPICS:
        for event_type in topic.by_type:
            name = f"{topic.name}/{event_type}"
            found[f"{name}.valid.json"] = valid(topic, event_type)
            found[f"{name}.invalid.json"], pointers[name] = invalid(topic, event_type)
    return found | {FAULTS: pointers}


class _Sample:
    """Builds a valid value from a schema: from `VALUES` where a value there fits, else made up."""

    def __init__(self, event_type: str, definitions: Mapping[str, Any]) -> None:
        self.event_type = event_type
        self.definitions = definitions

    def value(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
        schema = resolve(schema, self.definitions)
        match schema.get("type"):
            case "object":
                return {name: self.value(part, (*path, name)) for name, part in schema["properties"].items()}
            case "array":
                return [self.value(schema["items"], path)]
            case "boolean":
                return schema.get("default", False)
            case _:
                return self._scalar(schema, path)

    def _scalar(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> object:
        likely = next((VALUES[name] for name in self._names(path) if name in VALUES), None)
        words = schema.get("enum") or alternatives(schema.get("pattern", ""))
        if words:
            return likely if likely in words else words[0]
        if schema["type"] == "integer":
            return likely if isinstance(likely, int) else schema.get("minimum", 1)
        if schema.get("format") == "date-time":
            return likely if isinstance(likely, str) else MOMENT
        return likely if isinstance(likely, str) else f"{path[-1].replace('_', '-')}-1"

    def _names(self, path: tuple[str, ...]) -> Iterator[str]:
        field, part = path[-1], ":".join(path[-2:])
        if len(path) > 1:
            yield f"{self.event_type}:{part}"
        if len(path) == 1 or field == "amount":
            yield f"{self.event_type}:{field}"
        yield from (part, field)
