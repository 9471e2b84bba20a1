"""The examples of the repository, for the tests that go through all messages."""

import json
from typing import Any

from contracts import generation, samples
from contracts.message import Message
from contracts.topics import BY_NAME, TOPICS, Topic

NAMES = [f"{topic.name}/{event_type}" for topic in TOPICS for event_type in topic.by_type]
FAULTS: dict[str, str] = json.loads((generation.FOLDER / "examples" / samples.FAULTS).read_bytes())


def message(name: str) -> tuple[Topic, type[Message]]:
    topic, event_type = name.split("/")
    return BY_NAME[topic], BY_NAME[topic].by_type[event_type]


def content(name: str, kind: str) -> bytes:
    return (generation.FOLDER / "examples" / f"{name}.{kind}.json").read_bytes()


def data(name: str, kind: str) -> Any:
    return json.loads(content(name, kind))


def place(root: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        root = root[int(step)] if isinstance(root, list) else root[step]
    return root
