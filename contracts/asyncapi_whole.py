"""The AsyncAPI document in one piece: every schema is in it, so that nothing else has to be fetched."""

from functools import cache
from typing import Any, Final

from contracts import asyncapi, shapes

OWN: Final = frozenset({"$schema", "$id", "$defs"})
"""What a schema has as a file of its own, and lacks as a part of a document."""
PLACE: Final = "#/components/schemas/"


class SchemasDiffer(Exception):
    """Two messages have a part {name}, and not the same one: give one of them another name."""

    def __init__(self, name: str) -> None:
        super().__init__((self.__doc__ or "").format(name=name))


@cache
def document() -> dict[str, Any]:
    """Return the document with all schemas among its components; it is shared, so don't change it.

    Raises SchemasDiffer.
    """
    told = asyncapi.document()
    schemas: dict[str, Any] = {}
    for path, schema in shapes.schemas().items():
        for name, part in schema.get("$defs", {}).items():
            moved = _moved(part)
            if schemas.setdefault(name, moved) != moved:
                raise SchemasDiffer(name)
        schemas[_name(path)] = _moved({word: held for word, held in schema.items() if word not in OWN})
    for message in told["components"]["messages"].values():
        message["payload"] = {"$ref": PLACE + _name(message["payload"]["$ref"].removeprefix("./"))}
    told["components"]["schemas"] = dict(sorted(schemas.items()))
    return told


def _name(path: str) -> str:
    return path.removesuffix(".json").replace("/", ".")


def _moved(part: Any) -> Any:
    """Return a part of a schema, its references leading to where the parts are now."""
    if isinstance(part, dict):
        return {
            word: held.replace("#/$defs/", PLACE) if word == "$ref" and isinstance(held, str) else _moved(held)
            for word, held in part.items()
        }
    return [_moved(each) for each in part] if isinstance(part, list) else part
