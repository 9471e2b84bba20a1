"""The group's committed offsets, asked for in the way whose answer is old least often.

aiokafka asks with version 3 of OffsetFetch and doesn't look at the answer's own error: while a broker loads its
group, "not yet" reads like "no offsets", and just after loading a plain question was answered from before it. Since
version 7 a question can require stable offsets: the coordinator then answers behind a write of its own, with all that
was committed, or names the partitions on which a transaction isn't settled.

Even that answer can be old. A broker that comes back quickly is made coordinator twice; when its first loading ends,
it answers, while the second one still replays the log from its start. No error says so. What it answers was committed
once: it is never too new.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import BrokerResponseError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)
from aiokafka.structs import OffsetAndMetadata

API_KEY: Final = 9
API_VERSION: Final = 7
UNSETTLED: Final = 88
NOT_YET: Final = frozenset({14, 15, 16})
"""The group is loading, has no coordinator, or has another one."""


class NotYet(BrokerResponseError):
    """The coordinator can't say yet what is committed."""

    retriable = True


class _Answer(Response):
    API_KEY = API_KEY
    API_VERSION = API_VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("topic", CompactString("utf-8")),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("offset", Int64),
                        ("leader_epoch", Int32),
                        ("metadata", CompactString("utf-8")),
                        ("error_code", Int16),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("error_code", Int16),
        ("tags", TaggedFields),
    )


class _Question(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = API_KEY
    API_VERSION = API_VERSION
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        ("group_id", CompactString("utf-8")),
        (
            "topics",
            CompactArray(
                ("topic", CompactString("utf-8")),
                ("partitions", CompactArray(Int32)),
                ("tags", TaggedFields),
            ),
        ),
        ("require_stable", Boolean),
        ("tags", TaggedFields),
    )


class _Request(Request[_Question]):
    API_KEY = API_KEY

    def __init__(self, group: str, partitions: Sequence[TopicPartition], *, stable: bool) -> None:
        wanted: dict[str, list[int]] = {}
        for partition in partitions:
            wanted.setdefault(partition.topic, []).append(partition.partition)
        self._group = group
        self._topics: list[tuple[str, list[int], dict[int, bytes]]] = [
            (topic, numbers, {}) for topic, numbers in wanted.items()
        ]
        self._stable = stable

    def build(self, request_struct_class: type[_Question]) -> _Question:
        return request_struct_class(self._group, self._topics, self._stable, {})


@dataclass(frozen=True, slots=True)
class Offsets:
    """What a group has committed, and the partitions on which a transaction isn't settled; others have nothing."""

    settled: dict[TopicPartition, OffsetAndMetadata]
    unsettled: list[TopicPartition]


async def offsets(
    admin: AIOKafkaAdminClient, group: str, partitions: Sequence[TopicPartition], *, stable: bool = True
) -> Offsets:
    """Ask what a group has committed for these partitions.

    Raises NotYet, which passes, else the error of the broker.
    """
    try:
        coordinator = await admin.find_coordinator(group)
    except AssertionError as error:  # the broker it asked last was just starting, and named no broker at all
        await admin._client.force_metadata_update()
        raise NotYet(f"{group}: no broker is known") from error
    answer: Any = await admin._send_request(_Request(group, partitions, stable=stable), coordinator)
    _check(answer.error_code, group)
    found = Offsets({}, [])
    for topic, rows, _ in answer.topics:
        for partition, offset, _, metadata, code, _ in rows:
            if code == UNSETTLED:
                found.unsettled.append(TopicPartition(topic, partition))
                continue
            _check(code, f"{topic}/{partition}")
            if offset >= 0:
                found.settled[TopicPartition(topic, partition)] = OffsetAndMetadata(offset, metadata or "")
    return found


def _check(code: int, where: str) -> None:
    if code in NOT_YET:
        raise NotYet(f"{where}: {for_code(code).__name__}")
    if code:
        raise for_code(code)(where)
