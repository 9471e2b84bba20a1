"""A mark that stands in a record and should stand nowhere else, and messages that have it in one place each."""

import json
from collections.abc import Iterator
from typing import Any, Final

from contracts import samples
from contracts.message import Message
from contracts.topics import Topic

MARK: Final = "Zaphod-4711"
Path = tuple[str | int, ...]


def places(data: Any, path: Path = ()) -> Iterator[Path]:
    """Every place of a message's data, lists and parts included."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in pairs:
        yield (*path, step)
        yield from places(inner, (*path, step))


def marked(topic: Topic, kind: type[Message], *values: object) -> Iterator[bytes]:
    """Messages that are right but for one place, at which one of the values stands."""
    for path in places(samples.valid(topic, kind.type())):
        for value in values:
            data = place = samples.valid(topic, kind.type())
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
            yield json.dumps(data).encode()
