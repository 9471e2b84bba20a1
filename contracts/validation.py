"""Does a message keep its contract? Checked offline, with a JSON pointer for every fault."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError as SchemaError

from contracts import envelope, shapes, times
from contracts.envelope import EnvelopeError
from contracts.judging import Refused
from contracts.message import Message
from contracts.personal import mark_at
from contracts.topics import TOPICS, Direction, Topic

MAX_SHOWN: Final = 200
"""How many characters of a fault's text are shown."""
_STRUCTURED: Final = (("content-type", b"application/cloudevents+json"),)


def faults(source: Path | bytes, event_type: str | None = None) -> list[str]:
    """Return what is wrong with a message, each fault as `pointer: what`; an empty list means it is valid.

    Without `event_type` the source is a structured CloudEvent in JSON. With it (`order.placed.v1`, or
    `shop.events/order.placed.v1` where a type lives on two topics) the source is the data alone.
    """
    try:
        content = source.read_bytes() if isinstance(source, Path) else source
    except OSError as error:
        return [f"{error.filename} can't be read: {error.strerror}; give the path of a JSON file"]
    if event_type is not None:
        return _by_name(content, event_type)
    try:
        event, data = envelope.read(_STRUCTURED, content)
    except EnvelopeError as error:
        return [f"{error.detail} ({error.code}); a file of bare data needs its type"]
    if data is None:
        return [f"/data: a {event.type} needs data"]
    return _by_name(data, event.type, event.dataschema, "/data")


def schema_faults(schema: dict[str, Any], data: object, kind: type[Message] | None = None) -> list[tuple[str, str]]:
    """Return the JSON pointer and the text of everything in `data` that breaks `schema`.

    With the message's class, marks of personal data stand in place of what they mark.
    """
    validator = Draft202012Validator(schema, format_checker=_formats())
    return sorted({fault for error in validator.iter_errors(data) for fault in _told(error, kind)})


def places(event_type: str, dataschema: str | None = None) -> list[Topic]:
    """Return the topics that hold a type: the one that `dataschema` names, else those that the hub reads first."""
    topic_name, _, name = event_type.rpartition("/")
    found = [topic for topic in TOPICS if name in topic.by_type and topic_name in {"", topic.name}]
    named = [topic for topic in found if envelope.schema_url(topic.name, name) == dataschema]
    return named or sorted(found, key=lambda topic: topic.direction is Direction.OUTBOUND)


def _by_name(content: bytes, event_type: str, dataschema: str | None = None, root: str = "") -> list[str]:
    topics = places(event_type, dataschema)
    if not topics:
        return [f"{event_type!r} is not a type of any topic; the folders of contracts/schemas list them all"]
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        return [f"{root or '/'}: not JSON: {error}"]
    model = topics[0].by_type[event_type.rpartition("/")[2]]
    told = schema_faults(shapes.schema(topics[0], model), data, model)
    if told:
        return [f"{root}{pointer}: {text}" for pointer, text in told]
    try:
        model.read(content)
    except Refused as refused:
        return [f"{root}{refused}"]
    return []


def _told(error: SchemaError, kind: type[Message] | None) -> Iterator[tuple[str, str]]:
    pointer = "".join(f"/{_escaped(step)}" for step in error.absolute_path)
    if error.validator == "required":
        required, given = cast("list[str]", error.validator_value), cast("dict[str, object]", error.instance)
        yield from ((f"{pointer}/{name}", "is missing") for name in required if name not in given)
    elif error.validator == "anyOf":
        yield from (fault for part in error.context for fault in _told(part, kind) if part.validator != "type")
        if all(part.validator == "type" for part in error.context):
            yield pointer or "/", _text(error, kind)
    else:
        yield pointer or "/", _text(error, kind)


def _text(error: SchemaError, kind: type[Message] | None) -> str:
    """Return what is wrong; of an object or a list not what is in it, of a personal text its mark."""
    rest = error.message.removeprefix(repr(error.instance))
    if isinstance(error.instance, dict | list):
        return ("the object" if isinstance(error.instance, dict) else "the list") + rest[:MAX_SHOWN]
    mark = None if kind is None else mark_at(kind, error.absolute_path)
    return error.message[:MAX_SHOWN] if mark is None else f"{mark}{rest}"[:MAX_SHOWN]


def _escaped(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())

    @checker.checks("date-time")
    def _moment(value: object) -> bool:
        return not isinstance(value, str) or times.is_one(value)

    return checker
