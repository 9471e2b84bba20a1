"""Sight: whether this hub can read what it is there to read, asked when much of a partition can't be read.

A name on garbage proves nothing, and neither does its amount: whoever may write to a topic can write as much as he
likes under any name. So the hub is asked for what it can do, on records of which it knows that they are good.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

from consumers.shard.poison import TooMuch
from consumers.shard.reading import Reader
from consumers.shard.sources import SOURCE_UNKNOWN
from consumers.shard.specimen import SOURCE, SPECIMENS
from contracts import samples
from contracts.sample_values import ORDER_ID
from contracts.topics import BY_NAME, INTERNAL
from contracts.wire import Record, json_bytes

BLIND: Final = "That is this hub, not its partners: check the last deploy"


@cache
def examples(topic: str) -> Sequence[Record]:
    """Return a good record of each type of a topic, as `contracts/examples` shows it."""
    found, told = [], BY_NAME[topic]
    for offset, event_type in enumerate(told.by_type):
        event = samples.event(told, event_type)
        value = json_bytes(samples.valid(told, event_type))
        found.append(Record(topic, 0, offset, ORDER_ID.encode(), tuple(event.headers()), value, 1))
    return found


def blindness(reader: Reader, much: TooMuch) -> str | None:
    """Return what this hub can't read though it should; None where it reads as well as ever."""
    topic, _ = much.place
    if any(reader.read(specimen).source != SOURCE for specimen in SPECIMENS):
        return "nor can this hub tell who wrote a record that names its source"
    if not much.source:
        return None
    if topic == INTERNAL.name:
        return "the hub itself wrote them"
    for example in examples(topic):
        fault = reader.read(example).fault
        if fault is not None and fault[0] != SOURCE_UNKNOWN:
            return f"nor can this hub read its own example of {(example.header('ce_type') or b'').decode()}"
    return None
